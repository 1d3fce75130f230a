//! The hooks below `control/`: what they are given, what their answer means, and what goes on meanwhile.

use crate::fixture::{IDLE, Service, eventually, eventually_some, is_alive, read, signal, write_file};
use std::process::Command;

/// A service that tells when it is ready and each of these signals.
fn listener() -> Service {
    let traps: String = ["HUP", "USR1"].map(|it| format!("trap 'echo {it} >>journal' {it}\n")).concat();
    let body =
        "trap 'echo TERM >>journal; exit 0' TERM\necho ready >>journal\nwhile :; do sleep 1000 & wait; kill $!; done";
    Service::new(&(traps + body))
}

fn make_fifo(service: &Service, name: &str) {
    assert!(Command::new("mkfifo").arg(service.path(name)).status().expect("mkfifo").success());
}

/// Lets a script go on that waits to read the fifo.
fn release(service: &Service, name: &str) {
    std::fs::write(service.path(name), "\n").expect("somebody waits");
}

#[test]
fn a_hook_gets_the_pid_as_its_argument() {
    let service = listener();
    service.script("control/h", "echo \"$0 $# $1\" >>journal");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h");
    service.expect_line(&format!("control/h 1 {}", service.pid()));
}

#[test]
fn a_hook_that_exits_0_replaces_the_signal() {
    let service = listener();
    service.script("control/h", "echo hook >>journal; exit 0");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h1");
    service.expect_journal(&["ready", "hook", "USR1"]);
}

#[test]
fn a_hook_that_exits_otherwise_is_followed_by_the_signal() {
    let service = listener();
    service.script("control/h", "echo hook >>journal; exit 1");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h");
    service.expect_journal(&["ready", "hook", "HUP"]);
}

#[test]
fn a_hook_that_dies_by_a_signal_has_handled_nothing() {
    let service = listener();
    service.script("control/h", "echo hook >>journal; kill -KILL $$");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h");
    service.expect_journal(&["ready", "hook", "HUP"]);
}

#[test]
fn a_hook_that_cannot_be_run_has_handled_nothing() {
    let service = listener();
    write_file(&service.path("control/h"), "#!/no/such/interpreter\n", 0o755);
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h");
    service.expect_journal(&["ready", "HUP"]);
    assert_eq!(service.messages(), "runsv web: fatal: unable to run control/?: file does not exist\n");
}

#[test]
fn a_hook_counts_only_with_its_owners_x_bit() {
    let service = listener();
    write_file(&service.path("control/h"), "#!/bin/sh\necho hook >>journal\n", 0o655);
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h");
    service.expect_journal(&["ready", "HUP"]);
}

#[test]
fn every_signal_letter_has_its_hook() {
    let service = listener();
    let letters = ["h", "i", "q", "1", "2", "a", "p", "c", "t", "k"];
    for letter in letters {
        service.script(&format!("control/{letter}"), "echo \"$0\" >>journal");
    }
    let _runsv = service.start();
    service.expect_line("ready");
    let process = service.pid();
    let mut expected = vec!["ready".to_string()];
    for letter in letters {
        service.send(letter);
        expected.push(format!("control/{letter}"));
        service.expect_line(&format!("control/{letter}"));
    }
    assert_eq!(service.journal(), expected);
    assert!(is_alive(process) && service.pid() == process);
}

#[test]
fn down_runs_the_hook_of_t_then_that_of_d() {
    let service = listener();
    service.script("control/t", "echo t $# >>journal; exit 1");
    service.script("control/d", "echo d >>journal; exit 1");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("d");
    service.expect_stat("down");
    eventually("both hooks and the signal", || service.journal().len() == 4);
    let journal = service.journal();
    let place =
        |line: &str| journal.iter().position(|it| it == line).unwrap_or_else(|| panic!("{line} of {journal:?}"));
    assert!(place("t 1") < place("d") && place("t 1") < place("TERM"));
}

#[test]
fn a_hook_of_t_that_exits_0_leaves_the_service_running_without_a_mark() {
    let service = listener();
    service.script("control/t", "echo t >>journal");
    service.script("control/d", "echo d >>journal");
    let _runsv = service.start();
    service.expect_line("ready");
    let process = service.pid();
    service.send("d");
    service.expect_journal(&["ready", "t", "d"]);
    service.expect_stat("run, want down");
    assert!(is_alive(process));
}

#[test]
fn exit_runs_the_hook_of_t_then_that_of_x() {
    let service = listener();
    service.script("control/t", "echo t >>journal; exit 1");
    service.script("control/x", "echo x >>journal");
    let mut runsv = service.start();
    service.expect_line("ready");
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
    let mut journal = service.journal();
    journal.sort();
    assert_eq!(journal, ["TERM", "ready", "t", "x"]);
}

#[test]
fn a_term_to_runsv_runs_the_hooks_of_exit() {
    let service = listener();
    service.script("control/x", "echo x >>journal");
    let mut runsv = service.start();
    service.expect_line("ready");
    runsv.terminate();
    assert_eq!(runsv.ended().code(), Some(0));
    assert!(service.journal().iter().any(|line| line == "x"));
}

#[test]
fn the_hook_of_u_runs_before_each_start() {
    let service = Service::new("echo run >>journal; exec sleep 1000");
    service.script("finish", "echo finish >>journal");
    service.script("control/u", "echo u $# >>journal; exit 1");
    let _runsv = service.start();
    service.expect_journal(&["u 0", "run"]);
    service.send("k");
    service.expect_journal(&["u 0", "run", "finish", "u 0", "run"]);
    service.send("d");
    // A script may write its line before what is published tells of it: `down` alone could be that of before the second start.
    service.expect_journal(&["u 0", "run", "finish", "u 0", "run", "finish"]);
    service.expect_stat("down");
    service.send("o");
    service.expect_journal(&["u 0", "run", "finish", "u 0", "run", "finish", "u 0", "run"]);
}

#[test]
fn hooks_do_not_run_for_a_service_that_is_down() {
    let service = Service::new(IDLE);
    service.file("down", "");
    for letter in ["h", "i", "q", "1", "2", "a", "p", "c", "t", "k", "d", "x"] {
        service.script(&format!("control/{letter}"), "echo \"$0\" >>journal");
    }
    let mut runsv = service.start();
    service.send("hiq12apctkdx");
    assert_eq!(runsv.ended().code(), Some(0));
    assert_eq!(service.journal(), [""; 0]);
}

#[test]
fn letters_wait_while_a_hook_runs() {
    let service = listener();
    service.script("control/h", "echo hook >>journal; read line <go; echo done >>journal");
    make_fifo(&service, "go");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h1p");
    service.expect_line("hook");
    assert_eq!(service.stat(), "run");
    release(&service, "go");
    service.expect_stat("run, paused");
    service.send("c");
    service.expect_line("USR1");
    let journal = service.journal();
    assert_eq!(journal[..3], ["ready", "hook", "done"]);
}

#[test]
fn a_service_that_dies_while_a_hook_runs_is_seen_at_once() {
    let service = Service::new("echo run >>journal; exec sleep 1000");
    service.script("finish", "echo finish >>journal");
    service.script("control/h", "echo hook >>journal; read line <go");
    make_fifo(&service, "go");
    let _runsv = service.start();
    service.expect_line("run");
    let process = service.pid();
    service.send("h");
    service.expect_line("hook");
    signal(process, 9);
    service.expect_line("finish");
    service.expect_stat("down");
    eventually("it is reaped", || !std::path::Path::new(&format!("/proc/{process}")).exists());
    // No start while the hook runs, and none of the signal to whoever is next.
    release(&service, "go");
    service.expect_journal(&["run", "hook", "finish", "run"]);
    service.expect_stat("run");
}

#[test]
fn the_other_service_is_answered_while_a_hook_runs() {
    let service = listener();
    service.script("log/run", IDLE);
    service.script("control/h", "echo hook >>journal; read line <go; exit 1");
    make_fifo(&service, "go");
    let _runsv = service.start();
    service.expect_line("ready");
    service.log_pid();
    service.send("h");
    service.expect_line("hook");
    service.send_log("d");
    service.expect_log_stat("down");
    release(&service, "go");
    service.expect_line("HUP");
}

#[test]
fn a_hook_writes_into_the_log() {
    let service = listener();
    service.script("log/run", "exec cat >>lines");
    service.script("control/h", "echo of the hook");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("h");
    let line = eventually_some("the line", || Some(read(service.path("log/lines"))).filter(|lines| !lines.is_empty()));
    assert_eq!(line, "of the hook\n");
}
