//! Beside the original: the same input and configuration give the same files, byte for byte, and the same alerts.
//!
//! What is mended on purpose is left out of the input: lines without an end, `+` in patterns, lines longer than `-l`, bytes
//! to replace beyond that length.

use crate::bench::{Log, Running};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The original's svlogd. Without it the comparison fails; it is never left out.
fn reference() -> &'static Path {
    static REFERENCE: OnceLock<PathBuf> = OnceLock::new();
    REFERENCE.get_or_init(|| match pilotlight_qemu_tests::reference::root() {
        Ok(root) => root.join("usr/bin/svlogd"),
        Err(reason) => panic!("there is no original to compare with: {reason:#}"),
    })
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
        let ours = result(Path::new(env!("CARGO_BIN_EXE_svlogd")), &options, &config, &input);
        prop_assert_eq!(ours, result(reference(), &options, &config, &input));
    }
}
