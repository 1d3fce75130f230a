//! What chpst is under other names: daemontools' small programs.

use crate::{called, failed, printed, told};
use std::fs::File;
use temp_dir::TempDir;

#[test]
fn setlock_waits_unless_told_not_to_as_daemontools_does() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("lock");
    let lock = path.to_str().unwrap();
    let holder = File::create(&path).unwrap();
    holder.lock().unwrap();
    let run = |arguments: &[&str]| told(called("setlock", arguments).output().unwrap());
    assert_eq!(run(&["-n", lock, "echo", "got"]), failed(&format!("unable to lock: {lock}: temporary failure")));
    assert_eq!(run(&["-nx", lock, "echo", "got"]), printed(""));
    assert_eq!(run(&["-nxX", lock, "echo", "got"]).0, Some(111));
    assert_eq!(run(&["-x", "/nonexistent/lock", "echo", "got"]), printed(""));
    let mut waiting = called("setlock", &[lock, "true"]).spawn().unwrap();
    crate::state::until("it waits", || {
        std::fs::read_to_string("/proc/locks").unwrap_or_default().contains(&format!(" {} ", waiting.id()))
    });
    drop(holder);
    assert!(waiting.wait().unwrap().success());
    assert_eq!(run(&["-n", lock, "echo", "got"]), printed("got\n"));
}

#[test]
fn softlimit_takes_the_hard_limit_for_an_equals_sign() {
    let run = |arguments: &[&str]| told(called("softlimit", arguments).output().unwrap());
    assert_eq!(run(&["-o", "50", "sh", "-c", "ulimit -n"]), printed("50\n"));
    let (_, text, _) = run(&["-o", "=", "sh", "-c", "ulimit -Sn; ulimit -Hn"]);
    let (soft, hard) = text.split_once('\n').unwrap();
    assert_eq!(soft, hard.trim_end());
}

#[test]
fn pgrphack_has_no_options() {
    let run = |arguments: &[&str]| told(called("pgrphack", arguments).output().unwrap());
    assert_eq!(run(&["echo", "hi"]), printed("hi\n"));
    assert_eq!(run(&["--", "echo"]), failed("unable to run: --: file does not exist"));
}

#[test]
fn envuidgid_sets_both() {
    let mut command = called("denvuidgid", &["root", "env"]);
    assert_eq!(told(command.env_clear().env("PATH", "/bin").output().unwrap()), printed("PATH=/bin\nGID=0\nUID=0\n"));
}
