//! How runsv prepares a service directory, and what it says where it cannot.

use crate::fixture::{IDLE, RUNSV, Service, eventually, output};
use crate::record::Record;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

fn fatal(sentence: &str) -> (Option<i32>, String) {
    (Some(111), format!("runsv web: fatal: {sentence}\n"))
}

#[test]
fn a_second_runsv_is_refused() {
    let service = Service::new(IDLE);
    let _runsv = service.start();
    let process = service.pid();
    assert_eq!(service.refusal(), fatal("unable to lock supervise/lock: temporary failure"));
    assert_eq!(service.pid(), process);
    service.send("d");
    service.expect_stat("down");
}

#[test]
fn a_missing_directory() {
    let service = Service::new(IDLE);
    fs::rename(service.path(""), service.parent().join("gone")).unwrap();
    assert_eq!(service.refusal(), fatal("unable to change to directory: file does not exist"));
}

#[test]
fn a_file_for_a_directory() {
    let service = Service::new(IDLE);
    fs::remove_dir_all(service.path("")).unwrap();
    fs::write(service.parent().join("web"), "").unwrap();
    assert_eq!(service.refusal(), fatal("unable to change to directory: not a directory"));
}

#[test]
fn a_control_that_is_not_a_fifo() {
    let service = Service::new(IDLE);
    service.file("supervise/control", "");
    assert_eq!(service.refusal(), fatal("supervise/control exists but is not a fifo"));
}

#[test]
fn a_control_of_the_log_that_is_not_a_fifo() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    service.file("log/supervise/control", "");
    assert_eq!(service.refusal(), fatal("log/supervise/control exists but is not a fifo"));
}

#[test]
fn the_missing_target_of_a_supervise_link_is_made() {
    let service = Service::new(IDLE);
    let target = service.parent().join("state");
    symlink(&target, service.path("supervise")).unwrap();
    let _runsv = service.start();
    service.expect_stat("run");
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o7777, 0o700);
    assert!(target.join("status").exists());
}

#[test]
fn the_target_of_the_logs_link_is_relative_to_the_log() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    symlink("../log-state", service.path("log/supervise")).unwrap();
    let _runsv = service.start();
    service.log_pid();
    assert!(service.path("log-state/status").exists());
}

#[test]
fn a_supervise_link_whose_parent_is_missing() {
    let service = Service::new(IDLE);
    symlink("no/such", service.path("supervise")).unwrap();
    assert_eq!(service.refusal(), fatal("unable to open supervise/lock: file does not exist"));
}

#[test]
fn a_supervise_link_of_256_characters_is_too_long() {
    let service = Service::new(IDLE);
    let target =
        |length: usize| format!("{}s", "./".repeat((length - 1) / 2) + if length.is_multiple_of(2) { "/" } else { "" });
    symlink(target(256), service.path("supervise")).unwrap();
    assert_eq!(service.refusal(), fatal("unable to readlink ./supervise: name too long"));
    fs::remove_file(service.path("supervise")).unwrap();
    symlink(target(255), service.path("supervise")).unwrap();
    let _runsv = service.start();
    assert!(service.path("s/ok").exists());
}

#[test]
fn a_log_link_of_256_characters_is_too_long() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    symlink(format!("{}ss", "./".repeat(127)), service.path("log/supervise")).unwrap();
    assert_eq!(service.refusal(), fatal("unable to readlink ./log/supervise: name too long"));
}

#[test]
fn a_log_that_is_a_file_is_told_and_left_out() {
    let service = Service::new("echo line; exec sleep 1000");
    service.file("log", "");
    let _runsv = service.start();
    service.expect_stat("run");
    assert_eq!(service.messages(), "runsv web: warning: ./log: not a directory.\n");
}

#[test]
fn files_of_an_earlier_boot_are_taken_over() {
    let service = Service::new(IDLE);
    let runsv = service.start();
    service.expect_stat("run");
    eventually("the record", || {
        fs::read(service.path("supervise/birth")).is_ok_and(|record| record.starts_with(b"run1"))
    });
    drop(runsv);
    // A process that lives, by its number and its start, but of another boot.
    let birth = Record::read(&service.path("supervise/birth")).expect("a record");
    let boot = *b"00000000-0000-4000-8000-000000000000";
    Record { boot, pid: std::process::id(), ..birth }.write(&service.path("supervise/birth"));
    service.file("supervise/pid", "1\n");
    service.file("supervise/stat", "run, want down\n");
    service.file("supervise/status", "not a record");
    service.file("supervise/status.new", "rubbish of some length, longer than a record");
    service.file("down", "");
    let _runsv = service.start();
    service.expect_stat("down");
    assert_eq!(fs::read_to_string(service.path("supervise/pid")).unwrap(), "");
    assert_eq!((service.status().pid, service.messages().as_str()), (0, ""));
}

#[test]
fn letters_of_nobodys_time_are_not_kept() {
    let service = Service::new(IDLE);
    let mut runsv = service.start();
    service.expect_stat("run");
    service.send("xk2");
    assert_eq!(runsv.ended().code(), Some(0));
    let _runsv = service.start();
    service.expect_stat("run");
    service.send("d");
    service.expect_stat("down");
}

#[test]
fn sentences_name_the_directory_as_it_was_given() {
    let service = Service::new(IDLE);
    let output = output(Command::new(RUNSV).arg("./web/../nothing").current_dir(service.parent()));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text, "runsv ./web/../nothing: fatal: unable to change to directory: file does not exist\n");
}
