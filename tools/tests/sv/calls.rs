//! How many system calls a service costs that is reported, counted by strace.
//!
//! Its one law: the number is exact, so that each call that comes or goes is seen here and has its reason.

use crate::fixture::{SV, Services, run};
use pilotlight_qemu_tests::host;
use std::fs;
use std::process::Command;

/// Entering the directory; opening and closing `ok`; opening, reading and closing the status; asking for `down` and `log`.
const A_SERVICE: usize = 8;

/// The calls of sv from within the services directory.
fn calls(services: &Services, words: &[&str]) -> usize {
    let trace = services.path().join(".trace");
    let mut strace = Command::new(host::require("strace", &["strace"]).expect("strace"));
    strace.args(["-qq", "-e", "signal=none", "-o"]).arg(&trace).arg(SV).args(words);
    strace.current_dir(services.path()).env("SVDIR", services.path());
    let output = strace.output().expect("strace runs");
    assert!(output.status.success(), "{output:?}");
    fs::read_to_string(trace).expect("a trace").lines().count()
}

#[test]
fn a_service_costs_as_many_calls_as_it_must() {
    let services = Services::new();
    let _kept = ["a", "b", "c"].map(|name| services.add(name, run(500)));
    let one = calls(&services, &["status", "a"]);
    assert_eq!(calls(&services, &["status", "a", "b"]), one + A_SERVICE);
    // From a relative path the way leads back first.
    assert_eq!(calls(&services, &["status", "a", "./b"]), one + A_SERVICE + 1);
}

#[test]
fn a_log_costs_as_many_calls_as_a_service() {
    let services = Services::new();
    let _kept = ["a", "b", "b/log"].map(|name| services.add(name, run(500)));
    let plain = calls(&services, &["status", "a"]);
    // A log has no log.
    assert_eq!(calls(&services, &["status", "b"]), plain + A_SERVICE - 1);
}

#[test]
fn what_the_directory_tells_to_be_a_directory_is_not_asked() {
    let services = Services::new();
    let _kept = ["a", "b"].map(|name| services.add(name, run(500)));
    let two = calls(&services, &["status"]);
    let _more = ["c", "d"].map(|name| services.add(name, run(500)));
    assert_eq!(calls(&services, &["status"]), two + 2 * A_SERVICE);
}
