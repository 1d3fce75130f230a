//! TERM, HUP, ALRM: nothing that was read is lost by any of them.

use crate::bench::{Log, Running, lines, said, svlogd, until};
use protocol::control::Signal;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

#[test]
fn term_ends_svlogd_although_its_input_is_open() {
    let log = Log::new("");
    let mut running = Running::on(&log, &["-v"]);
    running.write(b"one\n");
    until("the line is logged", || log.current() == "one\n");
    running.signal(Signal::TERM.0);
    let output = running.ended();
    assert!(output.status.success());
    assert!(said(&output).contains("svlogd: info: sigterm received.\n"));
    assert_eq!(log.mode("current"), 0o744);
}

#[test]
fn term_waits_for_the_end_of_the_line_and_leaves_the_rest_of_the_input_to_the_next_svlogd() {
    let log = Log::new("");
    let (mut rest, mut writer) = std::io::pipe().unwrap();
    let mut command = svlogd();
    command.arg("-v").arg(&log.path).stdin(rest.try_clone().unwrap()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    writer.write_all(b"one\nhal").unwrap();
    until("the first line is logged", || log.current() == "one\n");
    sys::process::kill(std::num::NonZeroU32::new(child.id()).unwrap(), Signal::TERM.0).unwrap();
    let mut told = String::new();
    let mut stderr = child.stderr.take().unwrap();
    until("TERM is seen", || {
        let mut byte = [0];
        stderr.read_exact(&mut byte).unwrap();
        told.push(char::from(byte[0]));
        told.ends_with("sigterm received.\n")
    });
    writer.write_all(b"f\nthree\nfour\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(log.current(), "one\nhalf\n");
    drop(writer);
    let mut left = String::new();
    rest.read_to_string(&mut left).unwrap();
    assert_eq!(left, "three\nfour\n");
}

#[test]
fn what_was_read_together_with_term_is_logged() {
    let log = Log::new("");
    let (reader, mut writer) = std::io::pipe().unwrap();
    for round in 0..20 {
        writer.write_all(lines(round, 1).as_bytes()).unwrap();
        let mut child = svlogd().arg(&log.path).stdin(reader.try_clone().unwrap()).spawn().unwrap();
        let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        child.wait().unwrap();
    }
    drop(writer);
    let mut left = String::new();
    (&reader).read_to_string(&mut left).unwrap();
    assert_eq!(log.all() + &left, lines(0, 20));
}

#[test]
fn alrm_rotates_a_log_that_has_lines_only() {
    let log = Log::new("");
    let mut running = Running::on(&log, &["-v"]);
    running.signal(Signal::ALRM.0);
    running.write(b"one\n");
    until("the line is logged", || log.current() == "one\n");
    assert_eq!(log.old("").len(), 0);
    running.signal(Signal::ALRM.0);
    until("rotation", || log.old(".s").len() == 1);
    running.write(b"two\n");
    running.end();
    assert_eq!((log.all().as_str(), log.current().as_str()), ("one\ntwo\n", "two\n"));
}

#[test]
fn hup_reads_the_configuration_again_and_forgets_the_old_one() {
    let log = Log::new("-*\ne*\n");
    let mut running = Running::on(&log, &[]);
    running.write(b"unwanted\n");
    assert_eq!(running.hears(9), "unwanted\n");
    log.configure("p> \n");
    running.signal(Signal::HUP.0);
    until("the new configuration holds", || {
        running.write(b"line\n");
        log.current().contains("> line\n")
    });
    let output = running.end();
    assert!(!log.current().contains("unwanted"));
    assert!(!said(&output).contains("> line"));
}

#[test]
fn hup_with_no_directory_left_is_fatal() {
    let log = Log::new("");
    let running = Running::on(&log, &[]);
    std::fs::remove_dir_all(&log.path).unwrap();
    running.signal(Signal::HUP.0);
    let output = running.ended();
    assert_eq!(output.status.code(), Some(111));
    assert!(said(&output).ends_with("svlogd: fatal: no functional log directories.\n"));
}

#[test]
fn no_line_is_lost_or_torn_by_a_storm_of_signals() {
    let log = Log::new("s20000\nn0\n");
    let mut running = Running::on(&log, &[]);
    for round in 0..200 {
        running.write(lines(round * 100, 100).as_bytes());
        running.signal(if round % 2 == 0 { Signal::HUP.0 } else { Signal::ALRM.0 });
    }
    running.end();
    assert_eq!(log.all(), lines(0, 20_000));
}

#[test]
fn stdin_keeps_its_flags() {
    let log = Log::new("");
    let (reader, writer) = std::io::pipe().unwrap();
    let mut child = svlogd().arg(&log.path).stdin(reader.try_clone().unwrap()).spawn().unwrap();
    until("the log is open", || log.path.join("current").exists());
    let mut flags = String::new();
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&reader);
    File::open(format!("/proc/self/fdinfo/{descriptor}")).unwrap().read_to_string(&mut flags).unwrap();
    drop(writer);
    child.wait().unwrap();
    let flags = flags.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
    let nonblocking = 0o4000;
    assert_eq!(u32::from_str_radix(flags, 8).unwrap() & nonblocking, 0);
}

/// The time that poll(2) was given by a process which is in it: the third argument.
#[cfg(target_arch = "x86_64")]
fn poll_timeout(pid: u32) -> Option<i32> {
    const POLL: &str = "7";
    let text = std::fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?;
    let mut words = text.split(' ');
    let is_poll = words.next() == Some(POLL);
    let timeout = words.nth(2)?.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16))?.ok()?;
    is_poll.then_some(timeout as i32)
}

#[cfg(target_arch = "x86_64")]
#[test]
fn an_idle_svlogd_waits_without_end_unless_an_age_is_configured() {
    for (config, endless) in [("", true), ("t1h\n", false)] {
        let log = Log::new(config);
        let mut running = Running::on(&log, &["-tt"]);
        running.write(b"one\n");
        until("the line is logged", || log.current().ends_with("one\n"));
        until("it waits", || poll_timeout(running.child.id()).is_some_and(|timeout| (timeout == -1) == endless));
        running.end();
    }
}
