//! Beside the original: the same input and configuration give the same files, byte for byte, and the same alerts.
//!
//! The original is the svlogd in the directory that PILOTLIGHT_REFERENCE names, or below target/reference where `cargo bench`
//! puts Debian's; without one there is nothing to compare. What is mended on purpose is left out of the input: lines
//! without an end, `+` in patterns, lines longer than `-l`, bytes to replace beyond that length.

use crate::bench::{Log, Running};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;

fn reference() -> Option<PathBuf> {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/reference/usr/bin");
    let directory = std::env::var_os("PILOTLIGHT_REFERENCE").map_or(unpacked, PathBuf::from);
    Some(directory.join("svlogd")).filter(|program| program.exists())
}

type Result = (Vec<(u32, String)>, Vec<u8>, Option<i32>);

fn result(program: &Path, options: &[String], config: &str, input: &[u8]) -> Result {
    let log = Log::new(config);
    let mut command = Command::new(program);
    command.args(options).arg(&log.path);
    let mut running = Running::start(command);
    running.write(input);
    let output = running.end();
    let files = log.old("").into_iter().chain(["current".to_owned()]);
    (files.map(|name| (log.mode(&name), log.read(&name))).collect(), output.stderr, output.status.code())
}

fn configs() -> impl Strategy<Value = String> {
    let size = prop::sample::select(&["", "s0\n", "s2000\n", "s2500\n", "s5000\n"][..]);
    let keep = prop::sample::select(&["n0\n", "n1\n", "n3\n", "n0\nN2\n"][..]);
    let prefix = prop::sample::select(&["", "pprefix: \n", "p  \n"][..]);
    let rules = prop::collection::vec("[-+eE][ab*c]{0,5}(\\*|a\\*)?\n", 0..4);
    (size, keep, prefix, rules).prop_map(|(size, keep, prefix, rules)| [size, keep, prefix, &rules.concat()].concat())
}

fn options() -> impl Strategy<Value = Vec<String>> {
    let lists = [&[][..], &["-r", "_"], &["-R", "bc"], &["-r", "a", "-R", " "], &["-b", "4000"]];
    prop::sample::select(lists.to_vec()).prop_map(|list| list.iter().map(|word| (*word).to_owned()).collect())
}

fn inputs() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![8 => prop::sample::select(&b"abc"[..]), 1 => prop::sample::select(&b" \t\x01\xff*+"[..])];
    let line =
        prop_oneof![3 => prop::collection::vec(byte, 0..40), 1 => (0usize..950).prop_map(|length| vec![b'a'; length])];
    prop::collection::vec(line, 0..120)
        .prop_map(|lines| lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn files_and_alerts_are_those_of_the_original(config in configs(), options in options(), input in inputs()) {
        let Some(reference) = reference() else { return Ok(()) };
        let ours = result(Path::new(env!("CARGO_BIN_EXE_svlogd")), &options, &config, &input);
        prop_assert_eq!(ours, result(&reference, &options, &config, &input));
    }
}
