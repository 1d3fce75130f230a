//! What the tools hand on to what they start: sv to a check, svlogd to a processor, chpst to its program.
//!
//! Whoever starts them is answered for by runsv, which gives its services descriptors 0, 1, 2 alone; what a person's shell had
//! open beyond, these three hand on, and add nothing.

use crate::bench::{Log, Running, until};
use crate::fixture::{Services, run};
use pilotlight_qemu_tests::helper::with_rubbish;
use protocol::control::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// Tells of the process itself: its descriptors, with that of the list, and its signals.
const TELL: &str = "ls /proc/self/fd; grep -E 'SigBlk|SigIgn' /proc/self/status";
/// No signal.
const NONE: &str = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n";

/// The descriptors that were told of, and what was told of the signals.
fn told(text: &str) -> (BTreeSet<u32>, String) {
    let (numbers, signals): (Vec<&str>, Vec<&str>) =
        text.split_inclusive('\n').partition(|line| line.trim_end().parse::<u32>().is_ok());
    (numbers.iter().filter_map(|line| line.trim_end().parse().ok()).collect(), signals.concat())
}

/// What a command tells on standard output.
fn told_by(command: &mut Command) -> (BTreeSet<u32>, String) {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    told(&String::from_utf8_lossy(&output.stdout))
}

/// The descriptors that a command has that is started with rubbish by this test, whatever that was started with.
fn rubbish() -> BTreeSet<u32> {
    let (descriptors, signals) = told_by(with_rubbish("sh").args(["-c", TELL]));
    assert!([0, 1, 2, 5, 9].iter().all(|number| descriptors.contains(number)), "{descriptors:?}");
    assert!(!signals.contains(NONE), "there is no rubbish: {signals}");
    descriptors
}

#[test]
fn a_check_starts_with_clean_signals_whatever_sv_inherits() {
    let services = Services::new();
    let web = services.add("web", run(500));
    web.script("check", &format!("#!/bin/sh\n{{ {TELL}; }} >told\n"));
    let mut sv = with_rubbish(env!("CARGO_BIN_EXE_sv"));
    let checked = sv.args(["check", "web"]).env("SVDIR", services.path()).output().expect("sv runs");
    assert!(checked.status.success(), "{checked:?}");
    let text = fs::read_to_string(web.file("told")).expect("the check ran");
    assert_eq!(told(&text), (rubbish(), NONE.to_owned()));
}

#[test]
fn a_processor_has_its_five_descriptors_and_clean_signals_whatever_svlogd_inherits() {
    let log = Log::new(&format!("!cat >/dev/null; {TELL}\n"));
    let mut command = with_rubbish(env!("CARGO_BIN_EXE_svlogd"));
    command.arg(&log.path);
    let mut svlogd = Running::start(command);
    svlogd.write(b"one\n");
    until("the line is logged", || log.current() == "one\n");
    svlogd.signal(Signal::ALRM.0);
    until("it is processed", || log.old(".s").len() == 1);
    svlogd.end();
    let mut expected = rubbish();
    expected.extend([4, 5]);
    assert_eq!(told(&log.read(&log.old(".s")[0])), (expected, NONE.to_owned()));
}

#[test]
fn chpst_adds_nothing_and_takes_nothing() {
    let plain = told_by(Command::new("sh").args(["-c", TELL]));
    let through = told_by(Command::new(env!("CARGO_BIN_EXE_chpst")).args(["sh", "-c", TELL]));
    assert_eq!(through, plain);
    let rubbish = told_by(with_rubbish("sh").args(["-c", TELL]));
    let through = told_by(with_rubbish(env!("CARGO_BIN_EXE_chpst")).args(["sh", "-c", TELL]));
    assert_eq!(through, rubbish);
}
