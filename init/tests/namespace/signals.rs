//! Every signal, 1 to 64, at process 1: in each stage, several at once, and in floods.

use crate::ours;
use crate::process::{children, stat, wait_until};
use crate::setup::Setup;
use crate::system::{Ended, System};
use pilotlight_qemu_tests::signals;
use protocol::control::Signal;
use std::num::NonZeroU32;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

/// Sends process 1 each signal from within its system, where not even KILL and STOP reach it.
const ALL_FROM_WITHIN: &str = "for signal in $(seq 64); do until kill -$signal 1 2>/dev/null; do :; done; done";
/// The signals that the kernel handles itself; from outside of its namespace they do reach process 1.
const UNBLOCKABLE: [Signal; 2] = [Signal::KILL, Signal::STOP];

/// Sends process 1 every signal that it can block.
fn send_all(system: &System) {
    let first = system.first();
    for number in signals::ALL.filter(|number| !UNBLOCKABLE.contains(&Signal(*number))) {
        // A flood in another test may leave no room for one more signal of the same user.
        wait_until("room for a signal", || sys::process::kill(first, number).ok());
    }
}

/// A script that sends process 1 every signal from within, and then waits for the test.
fn beset(setup: Setup, stage: &str) -> Setup {
    let until_told = format!("while ! [ -e /tmp/{stage} ]; do sleep 0.02; done");
    setup.stage(stage, &format!("{ALL_FROM_WITHIN}; echo {stage} stands; {until_told}; echo {stage} goes"))
}

#[test]
fn every_signal_is_survived_in_each_stage_and_requests_are_answered_afterwards() {
    let mut system = ["1", "2", "3", "ctrlaltdel"].into_iter().fold(ours(), beset).boot();
    for stage in ["1", "2", "3"] {
        system.wait_for(&format!("{stage} stands"));
        send_all(&system);
        system.settle();
        if stage == "2" {
            // INT was among them, so it runs beside stage 2.
            system.setup().file("tmp/ctrlaltdel", "");
            system.wait_for("leave stage: /etc/runit/ctrlaltdel");
            system.settle();
            send_all(&system);
            system.settle();
        }
        system.setup().file(&format!("tmp/{stage}"), "");
        system.wait_for(&format!("leave stage: /etc/runit/{stage}"));
    }
    assert_eq!(system.end(), Ended::Off);
    let lines = system.lines();
    let refused = lines.iter().filter(|line| line.contains("signals only work in stage 2")).count();
    // In stages 1 and 3, each of the three that ask for something; signals of one number merge while they wait.
    assert!(refused >= 6, "{lines:?}");
}

#[test]
fn every_signal_is_survived_while_stage_2_waits_for_its_restart_and_while_it_is_being_stopped() {
    let script = "trap 'echo termed' TERM; if [ -e /tmp/again ]; then echo two; while :; do sleep 1; done; fi;
        : >/tmp/again; exit 111";
    let mut system = ours().stage("2", script).boot();
    system.wait_for("killing all processes in stage 2");
    send_all(&system);
    system.settle();
    system.wait_for("two");
    system.stop();
    system.wait_for("termed");
    send_all(&system);
    system.wait_for("stage 2 not terminated, sending sigkill");
    assert_eq!(system.end(), Ended::Off);
}

/// Floods process 1, from several processes that live as long as it, in sessions of their own.
fn flood(signals: &[u8]) -> String {
    let one = |signal: &u8| format!("setsid sh -c 'while :; do kill -{signal} 1 2>/dev/null; done' & ");
    signals.iter().map(one).collect()
}

/// The queue of a real-time signal never empties, and a flood of a low number stands before every other signal; still
/// orphans are reaped, requests heeded, and what does not end is killed in its time.
fn a_flood_stops_nothing(signals: &[u8]) {
    let flood = flood(signals);
    let script =
        format!("trap 'echo termed' TERM; {flood}(sleep 0.1 &); echo two; while :; do read x </tmp/none; done");
    // Of a user of its own, for the kernel counts the signals that wait for each user.
    let setup = ours().unprivileged().environment("RUNIT_STAGE3_LIMIT", "1").stage("2", &script);
    setup.fifo("tmp/none");
    let mut system = setup.stage("3", "trap '' TERM; echo three; while :; do sleep 1; done").boot();
    system.wait_for("two");
    wait_until("stage 2 alone", || (children(system.first()).len() == 1).then_some(()));
    assert!(children(system.first()).iter().all(|pid| stat(*pid).is_some_and(|stat| !stat.is_zombie)));
    system.stop();
    system.wait_for("stage 2 not terminated, sending sigkill");
    system.wait_for("three");
    system.wait_for("stage 3 not terminated, sending sigkill");
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn a_flood_of_real_time_signals_stops_nothing() {
    a_flood_stops_nothing(&[34, 40, 50, 64]);
}

#[test]
fn a_flood_of_low_numbers_stops_nothing() {
    a_flood_stops_nothing(&[1, 1, 3, 10]);
}

#[test]
fn every_signal_at_runit_init_and_at_a_runit_that_is_not_process_1() {
    for (program, code) in [(crate::RUNIT_INIT, 0), (crate::RUNIT, 111)] {
        for number in signals::ALL {
            let mut child = Command::new(program).stderr(Stdio::null()).process_group(0).spawn().expect("it runs");
            let pid = NonZeroU32::new(child.id()).expect("not 0");
            sys::process::kill(pid, number).expect("it lives, or waits to be reaped");
            // It may be stopped.
            sys::process::kill(pid, Signal::CONT.0).expect("it lives, or waits to be reaped");
            let status = child.wait().expect("a child");
            let is_expected = status.code() == Some(code) || status.signal() == Some(number.into());
            assert!(is_expected, "{program}: signal {number}: {status}");
        }
    }
}
