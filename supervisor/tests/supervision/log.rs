//! The log service: its pipe, its own life, and the end of both services.

use crate::fixture::{IDLE, Service, eventually, eventually_equal, is_alive, read, signal};
use std::fs;

/// A service with a log service that keeps the lines.
fn logged(run: &str) -> Service {
    let service = Service::new(run);
    service.script("log/run", "exec cat >>lines");
    service
}

fn expect_lines(service: &Service, lines: &[&str]) {
    eventually_equal(|| read(service.path("log/lines")).lines().map(String::from).collect::<Vec<_>>(), lines);
}

/// Writes lines on USR1, one more each time.
const TALKER: &str = "n=0\ntrap 'n=$((n+1)); echo line $n; echo $n >>journal' USR1\n\
    echo ready >>journal\nwhile :; do sleep 1000 & wait; kill $!; done";

#[test]
fn what_the_service_writes_reaches_the_log() {
    let service = logged("echo of run; echo not this >&2; exec sleep 1000");
    service.script("finish", "echo of finish");
    let _runsv = service.start();
    expect_lines(&service, &["of run"]);
    service.send("d");
    expect_lines(&service, &["of run", "of finish"]);
    assert_eq!(service.messages(), "not this\n");
}

#[test]
fn the_log_stays_while_the_service_is_restarted() {
    let service = logged("echo run; exec sleep 1000");
    let _runsv = service.start();
    expect_lines(&service, &["run"]);
    let log = service.log_pid();
    service.send("k");
    expect_lines(&service, &["run", "run"]);
    assert_eq!(service.log_pid(), log);
    assert!(is_alive(log));
}

#[test]
fn no_line_is_lost_while_the_log_is_down() {
    let service = logged(TALKER);
    let _runsv = service.start();
    service.expect_line("ready");
    let process = service.pid();
    service.send("1");
    expect_lines(&service, &["line 1"]);
    service.send_log("d");
    service.expect_log_stat("down");
    service.send("1");
    service.expect_line("2");
    service.send("1");
    service.expect_line("3");
    service.send_log("u");
    expect_lines(&service, &["line 1", "line 2", "line 3"]);
    assert_eq!(service.pid(), process);
}

#[test]
fn no_line_is_lost_when_the_log_is_killed() {
    let service = logged(TALKER);
    let _runsv = service.start();
    service.expect_line("ready");
    let log = service.log_pid();
    signal(log, 9);
    // A reader that is being killed still takes what comes at that moment.
    eventually("its end", || !is_alive(log));
    for count in ["1", "2", "3"] {
        service.send("1");
        service.expect_line(count);
    }
    assert_ne!(service.log_pid_after(log), log);
    expect_lines(&service, &["line 1", "line 2", "line 3"]);
}

#[test]
fn a_log_that_ends_by_itself_comes_back() {
    let service = Service::new("for i in 1 2 3; do echo $i; done; exec sleep 1000");
    // The shell reads a line byte by byte, so what follows stays in the pipe.
    service.script("log/run", "read -r line; echo $line >>lines");
    let _runsv = service.start();
    expect_lines(&service, &["1", "2", "3"]);
}

#[test]
fn letters_to_the_log_are_its_own() {
    let service = Service::new(IDLE);
    service.script(
        "log/run",
        "trap 'echo HUP >>lines' HUP; echo ready >>lines; while :; do sleep 1000 & wait; kill $!; done",
    );
    service.script("log/control/h", "echo hook >>lines");
    service.script("log/finish", "echo finish >>lines");
    let _runsv = service.start();
    let process = service.pid();
    expect_lines(&service, &["ready"]);
    service.send_log("h");
    expect_lines(&service, &["ready", "HUP"]);
    service.send_log("p");
    service.expect_log_stat("run, paused");
    service.send_log("dc");
    service.expect_log_stat("down");
    // It has no hooks and no ./finish.
    expect_lines(&service, &["ready", "HUP"]);
    assert_eq!((service.pid(), service.stat().as_str()), (process, "run"));
}

#[test]
fn exit_to_the_log_is_ignored() {
    let service = logged("echo run; exec sleep 1000");
    let mut runsv = service.start();
    expect_lines(&service, &["run"]);
    let log = service.log_pid();
    service.send_log("xpc");
    service.send_log("p");
    service.expect_log_stat("run, paused");
    service.send_log("c");
    service.expect_log_stat("run");
    assert!(service.log_pid() == log && !runsv.has_ended());
}

#[test]
fn a_down_file_keeps_the_log_down() {
    let service = logged("echo run; exec sleep 1000");
    service.file("log/down", "");
    let _runsv = service.start();
    service.expect_stat("run");
    service.expect_log_stat("down");
    service.send_log("u");
    expect_lines(&service, &["run"]);
}

#[test]
fn exit_lets_the_log_read_to_the_end() {
    let service = Service::new(
        "trap 'echo last words; exit 0' TERM; echo ready >>journal; while :; do sleep 1000 >&2 & wait; done",
    );
    service.script(
        "log/run",
        "trap 'echo signal >>lines' TERM HUP; while read -r line; do echo $line >>lines; done; echo end >>lines",
    );
    service.script("finish", "echo of finish");
    let mut runsv = service.start();
    service.expect_line("ready");
    service.log_pid();
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
    expect_lines(&service, &["last words", "of finish", "end"]);
    assert_eq!(read(service.path("log/supervise/stat")), "down\n");
}

#[test]
fn a_log_that_does_not_end_is_shown_with_want_exit() {
    let service = logged("exec sleep 1000");
    service.script("log/run", "echo ready >>lines; exec sleep 1000");
    let mut runsv = service.start();
    expect_lines(&service, &["ready"]);
    let log = service.log_pid();
    service.send("x");
    service.expect_stat("down");
    service.expect_log_stat("run, want exit");
    assert!(is_alive(log) && !runsv.has_ended());
    service.send_log("k");
    assert_eq!(runsv.ended().code(), Some(0));
}

#[test]
fn an_up_does_not_bring_back_a_log_without_its_pipe() {
    let service = logged("exec sleep 1000");
    service.script("log/run", "echo ready >>lines; exec sleep 1000");
    let mut runsv = service.start();
    expect_lines(&service, &["ready"]);
    service.send("x");
    service.expect_log_stat("run, want exit");
    service.send_log("uduok");
    assert_eq!(runsv.ended().code(), Some(0));
    expect_lines(&service, &["ready"]);
}

#[test]
fn exit_while_the_log_is_down_ends_runsv_at_once() {
    let service = logged(IDLE);
    let mut runsv = service.start();
    service.pid();
    service.send_log("d");
    service.expect_log_stat("down");
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
}

#[test]
fn a_log_that_cannot_be_run_is_told_under_its_name() {
    let service = logged(IDLE);
    service.file("log/run", "not a program");
    let _runsv = service.start();
    service.pid();
    let text = "runsv web: fatal: unable to start log/./run: access denied\n";
    eventually("the message", || service.messages().starts_with(text));
}

#[test]
fn a_log_that_is_a_link_to_a_directory() {
    let service = Service::new("echo line; exec sleep 1000");
    fs::create_dir(service.parent().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", service.path("log")).unwrap();
    service.script("log/run", "exec cat >>lines");
    let _runsv = service.start();
    eventually("the line", || read(service.parent().join("elsewhere/lines")) == "line\n");
}

#[test]
fn who_finds_the_service_finds_its_log_service() {
    let service = logged(IDLE);
    // Nobody can find the log service: then nobody finds the service either.
    fs::create_dir_all(service.path("log/supervise/ok")).unwrap();
    let refused = "runsv web: fatal: unable to open log/supervise/ok: is a directory\n";
    assert_eq!(service.refusal(), (Some(111), refused.into()));
    assert!(!service.path("supervise/ok").exists());
    assert!(!service.path("supervise/status").exists());
    assert!(service.path("log/supervise/status").exists());
}
