//! Scripts that are missing, no programs, or never silent: what is said, and that the service is tried until it can run.

use crate::fixture::{IDLE, Service, Supervisor, eventually, is_alive, read, write_file};
use crate::sv;
use std::fs::{self, File};
use std::io::Read;
use std::process::Stdio;

/// What a script can be, and why it cannot be run then.
const DAMAGES: [(&str, &str); 4] = [
    ("missing", "file does not exist"),
    ("not executable", "access denied"),
    ("a directory", "access denied"),
    ("no program", "exec format error"),
];

/// Puts a script that cannot be run into the place of one.
fn damage(service: &Service, script: &str, what: &str) {
    match what {
        "missing" => fs::remove_file(service.path(script)).unwrap_or_default(),
        "not executable" => write_file(&service.path(script), "#!/bin/sh\n", 0o644),
        "a directory" => {
            fs::remove_file(service.path(script)).unwrap_or_default();
            fs::create_dir_all(service.path(script)).expect("a directory");
        }
        _ => write_file(&service.path(script), "echo no first line\n", 0o755),
    }
}

fn repair(service: &Service, script: &str, text: &str) {
    let _ = fs::remove_dir(service.path(script));
    service.script(script, text);
}

fn count(service: &Service, sentence: &str) -> usize {
    service.messages().lines().filter(|line| *line == sentence).count()
}

#[test]
fn a_run_that_cannot_be_run_is_tried_every_second_until_it_can() {
    for (what, reason) in DAMAGES {
        let service = Service::new(IDLE);
        service.script("finish", "echo \"$@\" >>journal");
        damage(&service, "run", what);
        let _runsv = service.start();
        let sentence = format!("runsv web: fatal: unable to start ./run: {reason}");
        eventually(what, || count(&service, &sentence) >= 2);
        repair(&service, "run", "echo run >>journal; exec sleep 1000");
        service.expect_line("run");
        let journal = service.journal();
        assert!(journal.split_last().is_some_and(|(_, told)| told.iter().all(|line| line == "111 0")), "{journal:?}");
        assert_eq!(count(&service, &sentence), service.messages().lines().count());
    }
}

#[test]
fn a_finish_that_cannot_be_run_leads_to_down_all_the_same() {
    for (what, reason) in DAMAGES {
        let service = Service::new(IDLE);
        damage(&service, "finish", what);
        let _runsv = service.start();
        service.expect_stat("run");
        service.send("d");
        service.expect_stat("down");
        let expected = format!("runsv web: fatal: unable to start ./finish: {reason}\n");
        assert_eq!(service.messages(), if what == "missing" { "" } else { &expected }, "{what}");
    }
}

#[test]
fn a_hook_that_cannot_be_run_is_followed_by_the_signal() {
    for (what, reason) in DAMAGES {
        let service = Service::new(IDLE);
        damage(&service, "control/t", what);
        let _runsv = service.start();
        let process = service.pid();
        service.send("t");
        eventually("the signal", || !is_alive(process));
        let expected = format!("runsv web: fatal: unable to run control/?: {reason}\n");
        let is_silent = ["missing", "not executable"].contains(&what);
        assert_eq!(service.messages(), if is_silent { "" } else { &expected }, "{what}");
    }
}

#[test]
fn a_check_that_cannot_be_run_does_not_agree_and_a_missing_one_does() {
    for (what, reason) in DAMAGES {
        let service = Service::new(IDLE);
        damage(&service, "check", what);
        let _runsv = service.start();
        service.expect_stat("run");
        let (code, said) = sv::sv(service.parent(), &["-w1", "start", "web"]);
        if what == "missing" {
            assert!(code == Some(0) && said.starts_with("ok: run: web: "), "{said}");
        } else {
            assert!(code == Some(1) && said.contains("timeout: run: web: "), "{what}: {said}");
            assert!(said.contains(&format!("unable to run web/check: {reason}\n")), "{what}: {said}");
        }
    }
}

#[test]
fn scripts_need_no_newline_at_their_end() {
    let service = Service::new("");
    write_file(&service.path("run"), "#!/bin/sh\necho run >>journal; exec sleep 1000", 0o755);
    write_file(&service.path("finish"), "#!/bin/sh\necho finish >>journal", 0o755);
    write_file(&service.path("control/h"), "#!/bin/sh\necho hook >>journal", 0o755);
    let _runsv = service.start();
    service.expect_line("run");
    service.send("h");
    service.expect_line("hook");
    service.send("d");
    service.expect_journal(&["run", "hook", "finish"]);
}

#[test]
fn a_run_that_is_being_written_is_tried_until_it_is_complete() {
    let service = Service::new(IDLE);
    let writer = File::options().append(true).open(service.path("run")).expect("run");
    let _runsv = service.start();
    let sentence = "runsv web: fatal: unable to start ./run: text busy";
    eventually("two attempts", || count(&service, sentence) >= 2);
    drop(writer);
    service.expect_stat("run");
}

/// A script that fills what it writes to.
const CHATTY: &str = "while :; do echo a line of no interest; done";

/// Waits until a process has written so much that it waits.
fn expect_full(pid: u32) {
    eventually("a full pipe", || {
        read(format!("/proc/{pid}/wchan")).contains("pipe") || read(format!("/proc/{pid}/syscall")).starts_with("1 ")
    });
}

#[test]
fn a_service_that_writes_for_ever_to_an_output_that_nobody_reads_is_obeyed() {
    for stream in ["", " >&2"] {
        let service = Service::new(&format!("{CHATTY}{stream}"));
        let mut command = service.command(std::path::Path::new(crate::fixture::RUNSV));
        let mut child = crate::fixture::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let unread = (child.stdout.take(), child.stderr.take());
        let mut runsv = Supervisor::new(child);
        let process = service.pid();
        expect_full(process);
        service.send("d");
        service.expect_stat("down");
        assert!(!is_alive(process));
        service.send("u");
        expect_full(service.pid_after(process));
        service.send("x");
        assert_eq!(runsv.ended().code(), Some(0));
        drop(unread);
    }
}

#[test]
fn a_service_that_writes_for_ever_to_a_log_that_hangs_is_obeyed_and_goes_on_with_the_log() {
    let service = Service::new(CHATTY);
    service.script("log/run", "echo $$ >>started; while [ ! -e go ]; do sleep 0.02; done; read -r line; echo \"$line\" >line; exec cat >/dev/null");
    let mut runsv = service.start();
    let process = service.pid();
    expect_full(process);
    service.send("d");
    service.expect_stat("down");
    service.send("u");
    expect_full(service.pid_after(process));
    service.file("log/go", "");
    eventually("a line", || read(service.path("log/line")) == "a line of no interest\n");
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
}

#[test]
fn a_finish_that_writes_for_ever_is_killed_by_k() {
    let service = Service::new(IDLE);
    service.script("finish", CHATTY);
    service.script("log/run", "exec sleep 1000");
    let _runsv = service.start();
    let run = service.pid();
    service.send("d");
    expect_full(service.pid_after(run));
    service.expect_stat("finish, want down");
    service.send("k");
    service.expect_stat("down");
}

#[test]
fn a_reader_that_leaves_ends_neither_runsv_nor_the_service_that_writes_for_ever() {
    let service =
        Service::new("trap '' PIPE; echo run >>journal; while :; do echo a line; sleep 0.01; done 2>/dev/null");
    let mut command = service.command(std::path::Path::new(crate::fixture::RUNSV));
    let mut child = crate::fixture::spawn(command.stdout(Stdio::piped()));
    let mut reader = child.stdout.take().expect("a pipe");
    let mut runsv = Supervisor::new(child);
    let mut byte = [0];
    reader.read_exact(&mut byte).expect("a first byte");
    drop(reader);
    let process = service.pid();
    service.send("pc");
    service.expect_stat("run");
    assert!(is_alive(process));
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
}
