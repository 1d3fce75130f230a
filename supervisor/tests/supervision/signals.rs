//! Every signal, 1 to 64, at runsv and runsvdir: what they handle, and the default action of all others.
//!
//! Whatever becomes of a supervisor, what it supervises lives on, unless the signal asks for its end.

use crate::fixture::{IDLE, Service, Supervisor, eventually, eventually_equal, is_alive, signal, spawn};
use crate::services::Services;
use pilotlight_qemu_tests::signals::{self, Fate};
use protocol::control::Signal;
use std::os::unix::process::ExitStatusExt;

/// What both handle besides what asks for their end.
const HANDLED: [Signal; 2] = [Signal::CHLD, Signal::PIPE];

/// Sends a signal; whether the supervisor lives on. One that is stopped is told to go on.
fn outlives(supervisor: &mut Supervisor, number: u8) -> bool {
    let is_handled = HANDLED.contains(&Signal(number));
    let fate = if is_handled { Fate::Lives } else { signals::by_default(supervisor.pid(), number) };
    supervisor.signal(number);
    match fate {
        Fate::Lives => {}
        Fate::Stops => {
            eventually("a stop", || signals::is_stopped(supervisor.pid()));
            supervisor.signal(Signal::CONT.0);
        }
        Fate::Dies => assert_eq!(supervisor.ended().signal(), Some(number.into())),
    }
    fate != Fate::Dies
}

/// Sends runsv one signal.
fn at_runsv(number: u8, has_log: bool) {
    let service = Service::new(IDLE);
    if has_log {
        service.script("log/run", IDLE);
    }
    let mut runsv = service.start();
    let mut supervised = vec![service.pid()];
    supervised.extend(has_log.then(|| service.log_pid()));
    if number == Signal::TERM.0 {
        runsv.terminate();
        // A log service ends when its input does, which this one does not read.
        eventually("the end of the service", || !is_alive(supervised[0]));
        supervised.iter().for_each(|pid| signal(*pid, Signal::KILL.0));
        assert_eq!(runsv.ended().code(), Some(0));
        assert_eq!(service.stat(), "down");
        return;
    }
    if outlives(&mut runsv, number) {
        service.send("d");
        service.expect_stat("down");
        assert!(!runsv.has_ended(), "signal {number}");
        supervised.remove(0);
    }
    assert!(supervised.into_iter().all(is_alive), "signal {number}");
}

#[test]
fn every_signal_at_runsv() {
    signals::ALL.for_each(|number| at_runsv(number, false));
}

#[test]
fn every_signal_at_runsv_with_a_log() {
    signals::ALL.for_each(|number| at_runsv(number, true));
}

/// Sends runsvdir, called with these arguments, one signal.
fn at_runsvdir(number: u8, arguments: &[&str]) {
    let services = Services::new();
    services.add("services/web");
    let mut runsvdir = Supervisor::new(spawn(&mut services.command(arguments)));
    let mut runsvs = vec![services.supervisor("services/web")];
    match Signal(number) {
        Signal::TERM => {
            runsvdir.terminate();
            assert_eq!(runsvdir.ended().code(), Some(0));
        }
        Signal::HUP => {
            runsvdir.signal(number);
            assert_eq!(runsvdir.ended().code(), Some(111));
            eventually("the end of runsv", || !is_alive(runsvs[0]));
            assert_eq!(services.stat("services/web"), "down");
            return;
        }
        _ => {
            if outlives(&mut runsvdir, number) {
                services.add("services/new");
                runsvs.push(services.supervisor("services/new"));
            }
        }
    }
    assert!(runsvs.iter().all(|runsv| is_alive(*runsv)), "signal {number}");
    eventually_equal(|| services.stat("services/web"), "run");
    // With -P they are in no group that ends with the test; and a runsvdir that lives would start others.
    runsvdir.signal(Signal::HUP.0);
    runsvdir.ended();
    runsvs.iter().for_each(|runsv| signal(*runsv, Signal::TERM.0));
    eventually("the end of every runsv", || !runsvs.iter().any(|runsv| is_alive(*runsv)));
}

#[test]
fn every_signal_at_runsvdir() {
    signals::ALL.for_each(|number| at_runsvdir(number, &["services"]));
}

#[test]
fn every_signal_at_runsvdir_whose_runsvs_lead_sessions() {
    signals::ALL.for_each(|number| at_runsvdir(number, &["-P", "services"]));
}

#[test]
fn every_signal_at_runsvdir_with_a_log_in_its_title() {
    signals::ALL.for_each(|number| at_runsvdir(number, &["services", "log: ......................"]));
}
