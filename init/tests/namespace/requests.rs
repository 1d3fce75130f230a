//! Requests: CONT, INT and PWR in each stage, with and without their files.

use crate::ours;
use crate::process::{children, stat, wait_until};
use crate::setup::UNTIL_GO;
use crate::system::{Ended, System};
use protocol::control::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A script of ctrl-alt-del that waits for the test.
const WAITING: &str = "echo cad";

fn mode(system: &System, path: &str) -> u32 {
    fs::metadata(system.path(path)).expect("a request file").permissions().mode() & 0o7777
}

/// Stage 2 runs, and process 1 has nothing to do.
fn assert_in_stage_2(system: &System) {
    system.settle();
    let living = children(system.first());
    assert_eq!(living.len(), 1, "stage 2 alone lives");
    assert!(stat(living[0]).is_some_and(|stat| !stat.is_zombie));
}

#[test]
fn a_cont_without_stopit_is_ignored() {
    let mut system = ours().boot();
    system.wait_for("two");
    system.signal(Signal::CONT);
    assert_in_stage_2(&system);
    system.setup().file("etc/runit/stopit", "without the owner's x bit");
    system.signal(Signal::CONT);
    assert_in_stage_2(&system);
    system.stop();
    assert_eq!(system.end(), Ended::Off);
    assert_eq!(system.transcript().iter().filter(|line| line.contains("leave stage: /etc/runit/2")).count(), 1);
}

#[test]
fn a_stopit_from_before_the_boot_waits_for_its_cont_and_is_then_taken_back() {
    let mut system = ours().set("etc/runit/stopit").boot();
    system.wait_for("two");
    assert_in_stage_2(&system);
    assert_eq!(mode(&system, "etc/runit/stopit"), 0o100);
    system.signal(Signal::CONT);
    assert_eq!(system.end(), Ended::Off);
    assert_eq!(mode(&system, "etc/runit/stopit"), 0);
}

#[test]
fn request_files_may_be_links() {
    let setup = ours().without("run");
    fs::create_dir(setup.path("run")).expect("a directory");
    for name in ["stopit", "reboot"] {
        std::os::unix::fs::symlink(format!("/run/{name}"), setup.path(&format!("etc/runit/{name}"))).expect("a link");
    }
    let mut system = setup.boot();
    system.wait_for("two");
    for name in ["run/reboot", "run/stopit"] {
        system.request(name);
    }
    system.signal(Signal::CONT);
    assert_eq!(system.end(), Ended::Restart);
    assert_eq!((mode(&system, "run/stopit"), mode(&system, "run/reboot")), (0, 0o100));
}

#[test]
fn a_reboot_file_without_its_x_bit_powers_off() {
    let mut system = ours().set("etc/runit/reboot").mode("etc/runit/reboot", 0).boot();
    system.wait_for("two");
    system.stop();
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn ctrlaltdel_without_a_script_is_ignored() {
    let mut system = ours().boot();
    system.wait_for("two");
    system.signal(Signal::INT);
    assert_in_stage_2(&system);
    let setup = system.setup();
    setup.file("etc/runit/ctrlaltdel", "#!/bin/sh\necho not executable\n");
    system.signal(Signal::INT);
    assert_in_stage_2(&system);
    system.stop();
    assert_eq!(system.end(), Ended::Off);
    assert!(!system.transcript().iter().any(|line| line.contains("ctrl")));
}

#[test]
fn ctrlaltdel_that_asks_for_nothing_leaves_stage_2_alone() {
    let mut system = ours().stage("ctrlaltdel", "echo cad; exit 3").boot();
    system.wait_for("two");
    for _ in 0..2 {
        system.signal(Signal::INT);
        for line in ["ctrl-alt-del request...", "enter stage: /etc/runit/ctrlaltdel", "cad", "leave stage"] {
            system.wait_for(line);
        }
        assert_in_stage_2(&system);
    }
    system.stop();
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn orphans_are_reaped_while_ctrlaltdel_runs() {
    let mut system = ours().stage("ctrlaltdel", &format!("(sleep 0.1 &); {WAITING}; {UNTIL_GO}")).boot();
    system.wait_for("two");
    system.signal(Signal::INT);
    system.wait_for("cad");
    wait_until("stage 2 and the script alone", || (children(system.first()).len() == 2).then_some(()));
    system.setup().go();
    system.wait_for("leave stage: /etc/runit/ctrlaltdel");
}

#[test]
fn a_stop_is_heeded_while_ctrlaltdel_runs() {
    let mut system = ours().stage("ctrlaltdel", &format!("{WAITING}; {UNTIL_GO}")).boot();
    system.wait_for("two");
    system.signal(Signal::INT);
    system.wait_for("cad");
    system.stop();
    system.wait_for("leave stage: /etc/runit/2");
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn signals_in_stage_1_and_3_are_refused() {
    let script = |says: &str| format!("echo {says}; {UNTIL_GO}; rm /tmp/go");
    let setup = ours().stage("1", &script("one")).stage("2", "exit 0").stage("3", &script("three"));
    let mut system = setup.set("etc/runit/stopit").set("etc/runit/pwrfail").stage("ctrlaltdel", "echo cad").boot();
    for stage in ["one", "three"] {
        system.wait_for(stage);
        for signal in [Signal::CONT, Signal::INT, Signal::PWR] {
            system.signal(signal);
            system.wait_for("- runit: warning: signals only work in stage 2.");
        }
        system.setup().go();
    }
    assert_eq!(system.end(), Ended::Off);
    let transcript = system.transcript();
    assert_eq!(transcript.iter().filter(|line| line.contains("signals only work")).count(), 6);
    assert!(!transcript.contains(&"cad".to_owned()));
    assert_eq!(mode(&system, "etc/runit/stopit"), 0o100, "nobody has taken the request");
}

#[test]
fn power_fail_needs_its_file() {
    let mut system = ours().boot();
    system.wait_for("two");
    system.signal(Signal::PWR);
    assert_in_stage_2(&system);
    system.request("etc/runit/pwrfail");
    system.signal(Signal::PWR);
    assert_eq!(system.end(), Ended::Off);
    assert_eq!(system.transcript().last().map(String::as_str), Some("- runit: power off..."));
}

#[test]
fn every_other_signal_is_ignored() {
    let mut system = ours().boot();
    system.wait_for("two");
    // KILL and STOP reach process 1 from outside its namespace only; 32 and 33 belong to C libraries.
    let heeded = [Signal::KILL, Signal::STOP, Signal::INT, Signal::CONT, Signal::PWR].map(|signal| signal.0);
    for number in (1..=64).filter(|number| !heeded.contains(number)) {
        system.signal(Signal(number));
    }
    assert_in_stage_2(&system);
    system.stop();
    assert_eq!(system.end(), Ended::Off);
}
