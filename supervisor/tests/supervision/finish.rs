//! How a service ends and what `./finish` is told.

use crate::fixture::{IDLE, Service, eventually};

/// Runs a service once, whose `run` is this script; the line that its `./finish` wrote of its arguments.
fn finish_arguments(run: &str) -> String {
    let service = Service::new(run);
    service.script("finish", "echo \"$# $*\" >>journal");
    service.file("down", "");
    let _runsv = service.start();
    service.send("o");
    eventually("finish has run", || !service.journal().is_empty());
    service.journal().remove(0)
}

#[test]
fn finish_gets_code_and_byte() {
    assert_eq!(finish_arguments("exit 0"), "2 0 0");
    assert_eq!(finish_arguments("exit 3"), "2 3 0");
    assert_eq!(finish_arguments("exit 255"), "2 255 0");
}

#[test]
fn finish_after_a_signal_gets_minus_one_and_its_number() {
    assert_eq!(finish_arguments("kill -TERM $$"), "2 -1 15");
    assert_eq!(finish_arguments("kill -KILL $$"), "2 -1 9");
}

#[test]
fn finish_after_a_core_dump_gets_128_more() {
    // Whether a core is really written is the machine's business; the byte is that of wait(2).
    let line = finish_arguments("ulimit -c unlimited; kill -SEGV $$");
    assert!(["2 -1 139", "2 -1 11"].contains(&line.as_str()), "{line}");
}

#[test]
fn finish_after_a_run_that_cannot_be_executed_gets_111() {
    let service = Service::new("");
    service.file("run", "not a program");
    service.script("finish", "echo \"$*\" >>journal");
    service.file("down", "");
    let _runsv = service.start();
    service.send("o");
    service.expect_journal(&["111 0"]);
    assert_eq!(service.messages(), "runsv web: fatal: unable to start ./run: access denied\n");
}

#[test]
fn a_finish_that_cannot_be_executed_does_not_keep_the_service_from_down() {
    let service = Service::new(IDLE);
    service.file("finish", "not a program");
    let _runsv = service.start();
    service.expect_stat("run");
    service.send("d");
    service.expect_stat("down");
    assert_eq!(service.messages(), "runsv web: fatal: unable to start ./finish: access denied\n");
}

#[test]
fn finish_is_shown_with_its_pid_and_can_be_killed() {
    let service = Service::new("exit 0");
    service.script("finish", "echo finish >>journal; exec sleep 1000");
    service.file("down", "");
    let _runsv = service.start();
    service.send("o");
    service.expect_line("finish");
    service.expect_stat("finish, want down");
    assert_ne!(service.status().pid, 0);
    service.send("k");
    service.expect_stat("down");
    service.expect_journal(&["finish"]);
}

#[test]
fn letters_during_finish_only_change_what_is_wanted() {
    let service = Service::new("echo run >>journal; read line <again");
    service.script("finish", "trap 'echo signal >>journal' TERM HUP; echo finish >>journal; read line <go");
    let fifo =
        |name: &str| assert!(std::process::Command::new("mkfifo").arg(service.path(name)).status().unwrap().success());
    fifo("again");
    fifo("go");
    let _runsv = service.start();
    service.expect_line("run");
    service.send("k");
    service.expect_stat("finish");
    service.expect_line("finish");
    service.send("dth");
    service.expect_stat("finish, want down");
    service.send("uo");
    service.expect_stat("finish, want down");
    std::fs::write(service.path("go"), "\n").unwrap();
    service.expect_stat("down");
    service.expect_journal(&["run", "finish"]);
}

#[test]
fn exit_waits_for_finish() {
    let service = Service::new(IDLE);
    service.script("finish", "echo finish >>journal");
    let mut runsv = service.start();
    service.expect_stat("run");
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
    service.expect_journal(&["finish"]);
    assert_eq!(service.stat(), "down");
}
