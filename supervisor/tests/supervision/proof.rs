//! What proves that a process is the one that a killed runsv started, and what happens to one that is not proved.

use crate::adoption::{KILL, kill, taken_over};
use crate::fixture::{
    IDLE, RUNSV, Service, Supervisor, eventually, eventually_equal, eventually_some, is_alive, signal,
};
use crate::record::Record;
use protocol::birth::LENGTH;
use std::fs;
use std::process::Command;

/// Writes a birth record of a process that lives, with one thing changed.
fn forge(service: &Service, change: impl FnOnce(&mut Record)) {
    let path = service.path("supervise/birth");
    // The process writes it by itself.
    let mut birth = eventually_some("a record", || Record::read(&path));
    change(&mut birth);
    birth.write(&path);
}

/// What is no proof: the process that lives is not the recorded one, and a new one is started.
#[track_caller]
fn is_no_proof(change: impl FnOnce(&mut Record)) {
    let service = Service::new("echo start >>journal; exec sleep 1000");
    let mut first = service.start();
    let pid = service.pid();
    kill(&mut first);
    forge(&service, change);
    let _second = service.start();
    service.expect_journal(&["start", "start"]);
    service.pid_after(pid);
    assert!(is_alive(pid), "what is not ours is not touched");
    signal(pid, KILL);
}

#[test]
fn another_boot_is_no_proof() {
    is_no_proof(|birth| birth.boot[0] ^= 1);
}

#[test]
fn another_start_time_is_no_proof() {
    is_no_proof(|birth| birth.start += 1);
}

#[test]
fn a_record_from_the_future_is_of_an_earlier_boot() {
    is_no_proof(|birth| birth.moment = u32::MAX);
}

#[test]
fn a_process_that_cannot_be_proved_is_waited_for_and_not_signalled() {
    let service = Service::new("echo start >>journal; exec sleep 1000");
    let mut first = service.start();
    let pid = service.pid();
    kill(&mut first);
    // As it is where there was no /proc.
    forge(&service, |birth| birth.start = 0);
    let _second = service.start();
    service.expect_stat("run");
    service.send("t");
    eventually("the sentences", || service.messages().lines().count() == 2);
    assert_eq!(
        service.messages(),
        format!(
            "runsv web: warning: process {pid} may have been left by another runsv, its end is waited for\n\
             runsv web: warning: unable to signal the process: permission denied\n"
        )
    );
    assert!(is_alive(pid));
    service.expect_journal(&["start"]);
    signal(pid, KILL);
    service.expect_journal(&["start", "start"]);
}

#[test]
fn a_torn_or_foreign_record_does_no_harm() {
    for record in [&b""[..], b"rubbish", b"run1", &[0; LENGTH], &[255; LENGTH], &[b'x'; 3 * LENGTH]] {
        let service = Service::new(IDLE);
        fs::create_dir(service.path("supervise")).unwrap();
        fs::write(service.path("supervise/birth"), record).unwrap();
        let _runsv = service.start();
        service.expect_stat("run");
        let path = service.path("supervise/birth");
        let birth = eventually_some("a record", || Record::read(&path));
        assert_eq!((birth.pid, service.messages().as_str()), (service.pid(), ""));
    }
}

#[test]
fn a_record_that_cannot_be_opened_for_now_is_not_passed_over() {
    let strace = pilotlight_qemu_tests::host::require("strace", &["strace"]).expect("strace");
    let service = Service::new("echo start >>journal; exec sleep 1000");
    let mut first = service.start();
    let pid = service.pid();
    service.expect_journal(&["start"]);
    kill(&mut first);
    let mut short = Command::new(strace);
    short.args(["-o", "trace", "-P", "birth", "-e", "inject=openat:error=ENFILE", RUNSV, "web"]);
    let output = crate::fixture::output(short.current_dir(service.parent()));
    let sentence = "runsv web: fatal: unable to open supervise/birth: system cannot open more files\n";
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(111), sentence));
    let _second = service.start();
    assert_eq!(service.messages(), format!("{}\n", taken_over(pid)));
    service.expect_journal(&["start"]);
}

#[test]
fn a_container_that_is_started_again_begins_afresh() {
    let service = Service::new("echo start >>journal; exec sleep 1000");
    service.script("finish", "echo finish >>journal");
    for journal in [&["start"][..], &["start", "start"]] {
        let mut container = Command::new("unshare");
        let options = ["--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
        container.args(options).args(["sh", "-c", "\"$@\" & wait", "sh", RUNSV, "web"]).current_dir(service.parent());
        let messages = fs::File::options().append(true).create(true).open(service.parent().join("messages"));
        let _container = service.start_as(container.stderr(messages.expect("messages")));
        service.expect_journal(journal);
        service.expect_stat("run");
        // The kernel counts hundredths of a second.
        let record = Record::read(&service.path("supervise/birth")).expect("a record");
        let next = || crate::fixture::output(Command::new("cat").arg("/proc/self/stat")).stdout;
        eventually("a later moment", || sys::kinship::parse(&next()).is_some_and(|next| next.start > record.start));
    }
    assert_eq!(service.messages(), "");
}

/// Starts a runsv that sees no /proc.
fn start_without_proc(service: &Service) -> Supervisor {
    let script = format!("mount -t tmpfs none /proc && exec {RUNSV} web");
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--mount", "sh", "-c", &script]).current_dir(service.parent());
    let messages = fs::File::options().append(true).create(true).open(service.parent().join("messages"));
    service.start_as(unshare.stderr(messages.expect("messages")))
}

#[test]
fn without_proc_nothing_is_proved_and_no_second_process_is_started() {
    let service = Service::new("echo start >>journal; exec sleep 1000");
    let mut first = start_without_proc(&service);
    let pid = service.pid();
    service.expect_journal(&["start"]);
    kill(&mut first);
    let _second = start_without_proc(&service);
    let waited =
        format!("runsv web: warning: process {pid} may have been left by another runsv, its end is waited for\n");
    eventually_equal(|| service.messages(), waited);
    service.expect_stat("run");
    assert!(is_alive(pid));
    signal(pid, KILL);
    service.expect_journal(&["start", "start"]);
    service.pid_after(pid);
}
