//! Debian's sv, as people have it installed, on our runsv.

use crate::fixture::{IDLE, Service, Supervisor, eventually, is_alive, output};
use crate::reference;
use std::process::Command;

/// Runs the original's sv: its exit code and report, without the ages and pids.
fn sv(service: &Service, words: &[&str]) -> (Option<i32>, String) {
    let output = output(Command::new(reference::programs().join("sv")).args(words).env("SVDIR", service.parent()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text.split_inclusive([' ', ')']).map(without_numbers).collect())
}

/// Replaces a number that differs from run to run.
fn without_numbers(word: &str) -> String {
    let digits = word.trim_end_matches(['s', ')', ' ', ',', ';', '\n']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.into();
    }
    word.replacen(digits, "N", 1)
}

fn start(service: &Service) -> Supervisor {
    let supervisor = service.start();
    service.expect_stat("run");
    supervisor
}

#[test]
fn status_up_and_down() {
    let service = Service::new(IDLE);
    let _runsv = start(&service);
    assert_eq!(sv(&service, &["status", "web"]), (Some(0), "run: web: (pid N) Ns\n".into()));
    assert_eq!(sv(&service, &["-w30", "down", "web"]), (Some(0), "ok: down: web: Ns, normally up\n".into()));
    assert_eq!(sv(&service, &["-w30", "up", "web"]), (Some(0), "ok: run: web: (pid N) Ns\n".into()));
}

#[test]
fn pause_shows_and_once_wants_down() {
    let service = Service::new("echo ready >>journal; exec sleep 1000");
    let _runsv = start(&service);
    service.expect_line("ready");
    assert_eq!(sv(&service, &["pause", "web"]).0, Some(0));
    service.expect_stat("run, paused");
    eventually("the mark", || sv(&service, &["status", "web"]).1 == "run: web: (pid N) Ns, paused\n");
    assert_eq!(sv(&service, &["cont", "web"]).0, Some(0));
    assert_eq!(sv(&service, &["once", "web"]).0, Some(0));
    service.expect_stat("run, want down");
    eventually("want down", || sv(&service, &["status", "web"]).1 == "run: web: (pid N) Ns, want down\n");
}

#[test]
fn restart_brings_another_process() {
    let service = Service::new(IDLE);
    let _runsv = start(&service);
    let before = service.pid();
    assert_eq!(sv(&service, &["-w30", "restart", "web"]), (Some(0), "ok: run: web: (pid N) Ns\n".into()));
    service.pid_after(before);
    eventually("the end of the old one", || !is_alive(before));
}

#[test]
fn exit_with_a_log() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    let mut runsv = start(&service);
    service.expect_log_stat("run");
    let report = "run: web: (pid N) Ns; run: log: (pid N) Ns\n";
    eventually("both run", || sv(&service, &["status", "web"]) == (Some(0), report.into()));
    assert_eq!(sv(&service, &["-w30", "shutdown", "web"]).0, Some(0));
    assert_eq!(runsv.ended().code(), Some(0));
    let (code, report) = sv(&service, &["status", "web"]);
    assert_eq!((code, report.as_str()), (Some(1), "fail: web: runsv not running\n"));
}
