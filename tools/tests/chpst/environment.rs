//! The environment from a directory, against the rules of chpst(8), and for bytes of every kind.

use crate::{called, told};
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use temp_dir::TempDir;

fn seen(name: &str, directory: &Path, options: &[&str], variable: &str) -> (Option<i32>, String, String) {
    let mut command = called(name, options);
    command.arg(directory).args(["sh", "-c", &format!("printf '%s' \"${{{variable}-unset}}\"")]);
    told(command.env("GIVEN", "before").output().unwrap())
}

#[test]
fn a_file_is_a_variable_and_its_first_line_the_value() {
    let root = TempDir::new().unwrap();
    for (text, value) in [
        ("plain", "plain"),
        ("first\nsecond\n", "first"),
        ("  kept, cut \t \n", "  kept, cut"),
        ("nul\0here\n", "nul\nhere"),
        ("\n", ""),
        (" \t", ""),
        ("", "unset"),
    ] {
        fs::write(root.path().join("GIVEN"), text).unwrap();
        for (name, options) in [("chpst", &["-e"][..]), ("envdir", &[])] {
            assert_eq!(seen(name, root.path(), options, "GIVEN").1, value, "{text:?}");
        }
    }
}

#[test]
fn what_is_no_variable_is_left_out() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join(".hidden"), "x").unwrap();
    fs::create_dir(root.path().join("SUB")).unwrap();
    let warning = format!("chpst: warning: unable to read {}/SUB: is a directory\n", root.path().display());
    assert_eq!(seen("chpst", root.path(), &["-e"], "SUB"), (Some(0), "unset".into(), String::new()));
    assert_eq!(seen("chpst", root.path(), &["-v", "-e"], "SUB"), (Some(0), "unset".into(), warning.clone()));
    let fatal = warning.replace("warning", "fatal");
    assert_eq!(seen("envdir", root.path(), &[], "SUB"), (Some(111), String::new(), fatal));
}

#[test]
fn a_name_with_an_equals_sign_is_not_a_variable() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("GIVEN=x"), "y").unwrap();
    assert_eq!(seen("chpst", root.path(), &["-e"], "GIVEN").1, "before");
    assert_eq!(seen("envdir", root.path(), &[], "GIVEN").0, Some(111));
}

#[test]
fn the_program_is_looked_for_where_chpst_looks() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("PATH"), "/nonexistent").unwrap();
    let (code, text, _) = seen("chpst", root.path(), &["-e"], "PATH");
    assert_eq!((code, text.as_str()), (Some(0), "/nonexistent"));
}

/// The rules in the plainest words: one byte after the other.
fn model(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() {
        return None;
    }
    let mut value = Vec::new();
    for byte in text {
        if *byte == b'\n' {
            break;
        }
        value.push(*byte);
    }
    while matches!(value.last(), Some(b' ' | b'\t')) {
        value.pop();
    }
    Some(value.into_iter().map(|byte| if byte == 0 { b'\n' } else { byte }).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_file_gives_what_the_rules_say(text in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b" \t\n\0="[..])], 0..40)) {
        let root = TempDir::new().unwrap();
        fs::write(root.path().join("GIVEN"), &text).unwrap();
        let mut command = called("chpst", &["-e"]);
        let output = command.arg(root.path()).args(["env", "-0"]).env_clear().env("GIVEN", "before").output().unwrap();
        let expected = model(&text).map(|value| [b"GIVEN=", OsStr::from_bytes(&value).as_bytes(), b"\0"].concat());
        prop_assert_eq!(output.stdout, expected.unwrap_or_default());
    }
}
