//! A full disk, a directory that disappears: svlogd waits and says so, and no line is lost.

use crate::bench::{Log, Running, lines, said, until};
use protocol::control::Signal;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A log directory on a file system of 64 kB, in a mount namespace that ends with svlogd. `None` where the system does not
/// allow to make one.
fn on_a_small_disk(config: &str) -> Option<(Log, Running, PathBuf)> {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !allowed {
        eprintln!("skipped: no mount namespace here");
        return None;
    }
    let log = Log::new("");
    let script = "mount -t tmpfs -o size=64k small \"$1\" && printf \"$2\" >\"$1/config\" && exec \"$3\" \"$1\"";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(&log.path).arg(config).arg(env!("CARGO_BIN_EXE_svlogd"));
    let running = Running::start(command);
    let inside = PathBuf::from(format!("/proc/{}/root{}", running.child.id(), log.path.display()));
    until("the log is open", || inside.join("current").exists());
    Some((log, running, inside))
}

fn all_in(directory: &PathBuf) -> String {
    let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.ends_with("current") || path.to_string_lossy().contains("/@"));
    names.sort();
    names.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn a_full_disk_makes_svlogd_wait_and_nothing_is_lost() {
    let Some((log, mut running, inside)) = on_a_small_disk("s0\\n") else { return };
    fs::write(inside.join("ballast"), "x".repeat(40_000)).unwrap();
    running.write(lines(0, 1500).as_bytes());
    let told = format!("svlogd: pausing: unable to write to current: {}: out of disk space\n", log.path.display());
    assert_eq!(running.hears(told.len()), told);
    fs::remove_file(inside.join("ballast")).unwrap();
    until("all lines are there", || all_in(&inside).len() == 30_000);
    assert_eq!(all_in(&inside), lines(0, 1500));
    assert_eq!(said(&running.end()), "", "it is told once");
}

#[test]
fn lines_that_wait_for_a_full_disk_survive_hup_and_term() {
    let Some((log, mut running, inside)) = on_a_small_disk("s0\\n") else { return };
    fs::write(inside.join("ballast"), "x".repeat(40_000)).unwrap();
    running.write(lines(0, 1500).as_bytes());
    let told = format!("svlogd: pausing: unable to write to current: {}: out of disk space\n", log.path.display());
    assert_eq!(running.hears(told.len()), told);
    running.signal(Signal::HUP.0);
    running.signal(Signal::TERM.0);
    // The namespace ends with svlogd, so what it has written is looked at through a directory that stays open.
    let kept = fs::File::open(inside.join("current")).unwrap();
    fs::remove_file(inside.join("ballast")).unwrap();
    assert!(running.ended().status.success());
    assert_eq!(std::io::read_to_string(kept).unwrap(), lines(0, 1500));
}

#[test]
fn a_full_disk_is_pruned_as_far_as_the_configuration_allows() {
    let Some((log, mut running, inside)) = on_a_small_disk("s8000\\nn1000\\nN2\\n") else { return };
    running.write(lines(0, 20_000).as_bytes());
    until("the last lines are there", || {
        fs::read_to_string(inside.join("current")).unwrap_or_default().contains("19999\n")
    });
    let left = all_in(&inside);
    let output = running.end();
    assert!(said(&output).lines().all(|line| {
        line.starts_with(&format!("svlogd: warning: out of disk space, delete: {}/@", log.path.display()))
    }));
    assert!(lines(0, 20_000).ends_with(&left), "the newest remain, without a gap");
}

#[test]
fn a_current_that_was_removed_is_made_anew() {
    let log = Log::new("");
    let mut running = Running::on(&log, &[]);
    running.write(b"one\n");
    until("the line is logged", || log.current() == "one\n");
    fs::remove_file(log.path.join("current")).unwrap();
    running.write(b"two\n");
    until("the next line is logged", || log.current() == "two\n");
    running.end();
}

#[test]
fn a_directory_that_disappears_keeps_its_lines_waiting_until_it_is_back() {
    let log = Log::new("");
    let mut running = Running::on(&log, &[]);
    fs::remove_dir_all(&log.path).unwrap();
    running.write(b"one\n");
    let told = format!("svlogd: pausing: unable to open log directory: {}: file does not exist\n", log.path.display());
    assert_eq!(running.hears(told.len()), told);
    fs::create_dir(&log.path).unwrap();
    until("the line is logged", || log.current() == "one\n");
    running.end();
}
