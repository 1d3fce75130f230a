//! A kernel, or a filter, that denies every system call newer than Linux 3.2: each tool does its work.
//!
//! What std asks of newer kernels (getrandom, statx, copy_file_range, …) it does otherwise where it is denied.

use crate::bench::{Log, Running, lines, until};
use crate::fixture::{Services, run};
use pilotlight_qemu_tests::helper::{self, DENY_NEWER_CALLS, REASONS};
use protocol::control::Signal;
use std::fs;
use std::process::{Command, Output};
use temp_dir::TempDir;

/// The command that becomes this program under the filter.
fn denied(reason: &str, program: &str) -> Command {
    helper::denied(reason, program).unwrap_or_else(|error| panic!("there is no filter: {error:#}"))
}

fn text(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned())
}

#[test]
fn svlogd_stamps_rotates_processes_and_ends() {
    for reason in REASONS {
        let log = Log::new("s2000\nn0\n!sed s/line/LINE/\n");
        let mut command = denied(reason, env!("CARGO_BIN_EXE_svlogd"));
        command.arg(&log.path);
        let mut svlogd = Running::start(command);
        svlogd.write(lines(0, 120).as_bytes());
        until("processed files", || log.old(".s").len() == 2);
        svlogd.signal(Signal::HUP.0);
        svlogd.write(b"after HUP\n");
        until("the line after HUP", || log.current().ends_with("after HUP\n"));
        let output = svlogd.end();
        assert_eq!(text(&output), (Some(0), String::new()), "{reason}");
        let safe: String = log.old(".s").iter().map(|name| log.read(name)).collect();
        assert_eq!(safe, lines(0, 100).replace("line", "LINE"), "{reason}");
    }
}

#[test]
fn sv_reports_commands_waits_and_checks() {
    for reason in REASONS {
        let services = Services::new();
        let web = services.add("web", run(500));
        web.script("check", "#!/bin/sh\ngrep -q '^Seccomp:.2' /proc/$$/status\n");
        let sv = |words: &[&str]| {
            let mut command = denied(reason, env!("CARGO_BIN_EXE_sv"));
            text(&command.args(words).env("SVDIR", services.path()).output().expect("sv runs"))
        };
        let (code, report) = sv(&["status", "web"]);
        assert!(code == Some(0) && report.starts_with("run: web: (pid 77) 5"), "{reason}: {report}");
        let (code, report) = sv(&["-w60", "check", "web"]);
        assert!(code == Some(0) && report.starts_with("ok: run: web: "), "{reason}: {report}");
        let (code, report) = sv(&["-w1", "down", "web"]);
        assert!(code == Some(1) && report.starts_with("timeout: run: web: "), "{reason}: {report}");
        assert_eq!(web.letters(), "d", "{reason}");
    }
}

#[test]
fn chpst_locks_limits_and_becomes_the_program() {
    for reason in REASONS {
        let directory = TempDir::new().expect("a temporary directory");
        fs::create_dir(directory.child("env")).expect("a directory");
        fs::write(directory.child("env").join("WORD"), "of a file\n").expect("a variable");
        let mut command = denied(reason, env!("CARGO_BIN_EXE_chpst"));
        command.args(["-e", "env", "-l", "lock", "-o", "50", "-n", "1", "-P", "sh", "-c", "echo $WORD; ulimit -n"]);
        let output = command.current_dir(directory.path()).output().expect("chpst runs");
        assert_eq!(text(&output), (Some(0), "of a file\n50\n".to_owned()), "{reason}");
    }
}

#[test]
fn utmpset_says_that_nobody_is_there() {
    for reason in REASONS {
        let directory = TempDir::new().expect("a temporary directory");
        fs::write(directory.child("utmp"), "").expect("accounting");
        let program = [env!("CARGO_BIN_EXE_utmpset"), "tty1"];
        let filter = helper::program(DENY_NEWER_CALLS).expect("a filter");
        let mut unshare = Command::new("unshare");
        unshare.args(["-rm", "sh", "-c", "mount --bind \"$1\" /run && shift && exec \"$@\"", "sh"]);
        let output =
            unshare.arg(directory.path()).arg(filter).arg(reason).args(program).output().expect("unshare runs");
        let told = "utmpset: warning: unable to logout line tty1 in utmp: no such entry\n";
        assert_eq!(text(&output), (Some(111), told.to_owned()), "{reason}");
    }
}
