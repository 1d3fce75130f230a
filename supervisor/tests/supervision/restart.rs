//! When a service is started again, and what is answered meanwhile.

use crate::fixture::{Service, eventually};

/// Writes into the journal when the process was made, in hundredths of a second since boot.
const NOTE_START: &str = "read -r stat </proc/$$/stat; set -- ${stat##*) }; eval echo \\${20} >>journal";
/// A second, less the rounding of the kernel's hundredths.
const SECOND: u64 = 99;

fn starts(service: &Service, count: usize) -> Vec<u64> {
    eventually("enough starts", || service.journal().len() >= count);
    service.journal().iter().map(|line| line.parse().expect("a time")).collect()
}

#[track_caller]
fn assert_apart(starts: &[u64]) {
    for pair in starts.windows(2) {
        assert!(pair[1] - pair[0] >= SECOND, "{starts:?}");
    }
}

#[test]
fn two_starts_are_never_less_than_a_second_apart() {
    let service = Service::new(NOTE_START);
    service.script("finish", "exit 0");
    let _runsv = service.start();
    assert_apart(&starts(&service, 4));
}

#[test]
fn letters_do_not_shorten_the_second() {
    let service = Service::new(NOTE_START);
    let _runsv = service.start();
    for count in 1..4 {
        starts(&service, count);
        service.expect_stat("down");
        service.send("dududouud");
        service.send("u");
    }
    assert_apart(&starts(&service, 4));
}

#[test]
fn a_service_that_ran_for_long_is_started_at_once() {
    let service = Service::new(&format!("{NOTE_START}\nsleep 1.2"));
    let _runsv = service.start();
    let starts = starts(&service, 3);
    // Run, restart and run again within what two pauses of a second more would need.
    assert!(starts[2] - starts[0] < 2 * 120 + 2 * SECOND, "{starts:?}");
}

#[test]
fn a_control_byte_is_answered_while_a_restart_waits() {
    let service = Service::new("echo run >>journal");
    let _runsv = service.start();
    service.expect_line("run");
    service.expect_stat("down");
    service.send("d");
    eventually("want down", || service.status().want == protocol::status::Want::Down);
    // The original is blind for this second, and has started it again.
    service.expect_journal(&["run"]);
}

#[test]
fn exit_is_answered_while_a_restart_waits() {
    let service = Service::new("echo run >>journal");
    let mut runsv = service.start();
    service.expect_line("run");
    service.expect_stat("down");
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
    service.expect_journal(&["run"]);
}

#[test]
fn a_killed_service_comes_back_as_another_process() {
    let service = Service::new("exec sleep 1000");
    let _runsv = service.start();
    let first = service.pid();
    crate::fixture::signal(first, 9);
    let second = service.pid_after(first);
    assert!(crate::fixture::is_alive(second) && !crate::fixture::is_alive(first));
}
