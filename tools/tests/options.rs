//! How option words are read: the rules of getopt(3) without permutation. Duty: `pilotlight_tools::options`.

use pilotlight_tools::options::{Misuse, Opt, Options, base_name};
use std::ffi::{OsStr, OsString};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

/// Reads a line as sv does (`v` alone, `w` with a value, the long word json): its options, then its operands.
fn read(words: &[OsString]) -> (Vec<Result<Opt<'_>, Misuse<'_>>>, &[OsString]) {
    let mut options = Options::new("vw:", &["json"], words);
    let found = options.by_ref().collect();
    (found, options.operands())
}

fn value(text: &str) -> Result<Opt<'_>, Misuse<'_>> {
    Ok(Opt::Value(b'w', OsStr::new(text)))
}

#[test]
fn a_value_is_attached_or_the_next_word_and_flags_may_share_a_dash() {
    let v = Ok(Opt::Flag(b'v'));
    assert_eq!(read(&words("-w5 up")).0, [value("5")]);
    assert_eq!(read(&words("-w 5 up")).0, [value("5")]);
    assert_eq!(read(&words("-vvw5 up")).0, [v, v, value("5")]);
    assert_eq!(read(&words("-vw 5 up")).0, [v, value("5")]);
    assert_eq!(read(&words("-w -v up")).0, [value("-v")]);
}

#[test]
fn reading_stops_at_the_first_word_that_is_no_option() {
    assert_eq!(read(&words("-v up -v")), (vec![Ok(Opt::Flag(b'v'))], words("up -v").as_slice()));
    assert_eq!(read(&words("-v - -v")), (vec![Ok(Opt::Flag(b'v'))], words("- -v").as_slice()));
    assert_eq!(read(&words("-v -- -v up")), (vec![Ok(Opt::Flag(b'v'))], words("-v up").as_slice()));
    assert_eq!(read(&[OsString::new()]), (vec![], [OsString::new()].as_slice()));
}

#[test]
fn a_long_word_is_an_option_only_if_the_program_names_it() {
    assert_eq!(read(&words("--json status")), (vec![Ok(Opt::Long("json"))], words("status").as_slice()));
    assert_eq!(read(&words("--jsn")).0, [Err(Misuse::Illegal(b"jsn"))]);
}

#[test]
fn misuse_reads_as_in_the_original() {
    assert_eq!(Misuse::Illegal(b"z").sentence(b"sv"), b"sv: illegal option -- z\n");
    assert_eq!(Misuse::NoValue(b'w').sentence(b"sv"), b"sv: option requires an argument -- w\n");
    assert_eq!(read(&words("-vz")).0.pop(), Some(Err(Misuse::Illegal(b"z"))));
    assert_eq!(read(&words("-:")).0, [Err(Misuse::Illegal(b":"))]);
    assert_eq!(read(&words("-vw")).0.pop(), Some(Err(Misuse::NoValue(b'w'))));
}

#[test]
fn a_program_is_called_by_the_last_part_of_its_path() {
    for (path, name) in [("/usr/bin/sv", "sv"), ("sv", "sv"), ("./sv", "sv"), ("", "")] {
        assert_eq!(base_name(OsStr::new(path)), name.as_bytes());
    }
}
