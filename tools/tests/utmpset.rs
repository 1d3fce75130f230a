//! utmpset on accounting files of its own, in a mount namespace; and its records, field by field.

#[allow(dead_code)]
#[path = "../src/utmpset/record.rs"]
mod record;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use temp_dir::TempDir;

/// Runs a script in which $U is utmpset, /run and /var/log are empty, $F is a directory of the test. `None` where the system
/// does not allow a mount namespace.
fn run(files: &TempDir, script: &str) -> Option<Output> {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !allowed {
        eprintln!("skipped: no mount namespace here");
        return None;
    }
    let script = format!("mount -t tmpfs x /run && mount -t tmpfs x /var/log && umask 022 && {script}");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script]).env("U", env!("CARGO_BIN_EXE_utmpset")).env("F", files.path());
    Some(command.output().unwrap())
}

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A record with every byte set somehow, so that a byte changed by mistake is seen.
fn entry(kind: u8, line: &str, user: &str) -> Vec<u8> {
    let mut bytes = vec![0x5a; record::SIZE];
    bytes[..4].copy_from_slice(&[kind, 0, 0, 0]);
    for (field, text) in [(8..40, line), (44..76, user), (76..332, "host.example")] {
        bytes[field.clone()].fill(0);
        bytes[field.start..field.start + text.len()].copy_from_slice(text.as_bytes());
    }
    bytes
}

const LONGEST: &str = "0123456789abcdef0123456789abcdef";

fn utmp(files: &TempDir) -> (PathBuf, Vec<Vec<u8>>) {
    let entries = [("~", "reboot", 2), ("tty1", "", 6), ("tty1", "joe", 7), ("tty1", "eve", 7), (LONGEST, "max", 7)];
    let entries: Vec<_> = entries.iter().map(|(line, user, kind)| entry(*kind, line, user)).collect();
    let path = files.path().join("utmp");
    fs::write(&path, entries.concat()).unwrap();
    (path, entries)
}

#[test]
fn the_first_record_with_a_user_on_the_line_is_logged_out_and_nothing_else_is_touched() {
    let files = TempDir::new().unwrap();
    let (path, mut entries) = utmp(&files);
    let Some(output) =
        run(&files, "cp $F/utmp /run/utmp && $U tty1 && cp /run/utmp $F/utmp && ! test -e /var/log/wtmp")
    else {
        return;
    };
    assert_eq!(told(&output), (Some(0), String::new()));
    let changed = fs::read(path).unwrap();
    let seconds = changed[2 * record::SIZE..][340..344].try_into().map(i32::from_ne_bytes).unwrap();
    assert!(seconds > 1_700_000_000);
    record::log_out(&mut entries[2], seconds.into());
    assert_eq!(changed, entries.concat());
}

#[test]
fn with_w_wtmp_gets_a_record_too_and_is_made_if_missing() {
    let files = TempDir::new().unwrap();
    utmp(&files);
    let Some(output) = run(&files, "cp $F/utmp /run/utmp && $U -w tty1 && $U -w tty1 && cp /var/log/wtmp $F/wtmp")
    else {
        return;
    };
    assert_eq!(told(&output), (Some(0), String::new()));
    let wtmp = fs::read(files.path().join("wtmp")).unwrap();
    let seconds = wtmp[340..344].try_into().map(i32::from_ne_bytes).unwrap();
    assert_eq!(
        (wtmp.len(), &wtmp[..record::SIZE]),
        (2 * record::SIZE, &record::logged_out(b"tty1", seconds.into())[..])
    );
}

#[test]
fn a_line_as_long_as_the_field_is_found_and_a_longer_one_refused() {
    let files = TempDir::new().unwrap();
    utmp(&files);
    let Some(output) = run(&files, &format!("cp $F/utmp /run/utmp && $U {LONGEST}")) else { return };
    assert_eq!(told(&output), (Some(0), String::new()));
    let Some(output) = run(&files, &format!("cp $F/utmp /run/utmp && $U {LONGEST}x")) else { return };
    let sentence = format!("utmpset: fatal: unable to logout line {LONGEST}x in utmp: name too long\n");
    assert_eq!(told(&output), (Some(111), sentence));
}

#[test]
fn a_line_without_entry_is_told_and_wtmp_left_alone() {
    let files = TempDir::new().unwrap();
    utmp(&files);
    for utmp in ["cp $F/utmp /run/utmp", ": >/run/utmp", "printf short >/run/utmp"] {
        let script = format!("{utmp} && ! $U -w tty9 && ! test -e /var/log/wtmp && $U tty9");
        let Some(output) = run(&files, &script) else { return };
        let sentence = "utmpset: warning: unable to logout line tty9 in utmp: no such entry\n";
        assert_eq!(told(&output), (Some(111), sentence.repeat(2)));
    }
}

#[test]
fn files_that_cannot_be_opened_are_told() {
    let files = TempDir::new().unwrap();
    let Some(output) = run(&files, "$U tty1") else { return };
    assert_eq!(
        told(&output),
        (Some(111), "utmpset: fatal: unable to open /var/run/utmp: file does not exist\n".into())
    );
    let Some(output) = run(&files, "mkdir /run/utmp && $U tty1") else { return };
    assert_eq!(told(&output), (Some(111), "utmpset: fatal: unable to open /run/utmp: is a directory\n".into()));
}

#[test]
fn misuse_is_told_with_code_1() {
    let program = env!("CARGO_BIN_EXE_utmpset");
    for (arguments, before) in
        [(&[][..], ""), (&["-w"], ""), (&[""], ""), (&["-x", "tty1"], "utmpset: illegal option -- x\n")]
    {
        let output = Command::new(program).args(arguments).output().unwrap();
        assert_eq!(told(&output), (Some(1), format!("{before}usage: {program} [-w] line\n\n")));
    }
}
