//! sv under another name: an init script of the LSB, with its exit codes.

use crate::fixture::{Answer, SV, Services, answer, down, run};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

#[test]
fn status_tells_by_its_exit_code() {
    let services = Services::new();
    let mut web = services.add("web", run(500));
    assert_eq!(services.init_script("web", &["status"]), Answer::new(0, "run: web: (pid 77) 500s\n"));
    web.publish(down(500));
    assert_eq!(services.init_script("web", &["status"]), Answer::new(3, "down: web: 500s, normally up\n"));
    web.publish_bytes(b"junk");
    assert_eq!(services.init_script("web", &["status"]).code, 4);
    web.leave();
    assert_eq!(services.init_script("web", &["status"]), Answer::new(1, "fail: web: runsv not running\n"));
    assert_eq!(services.init_script("none", &["status"]).code, 1);
    fs::create_dir(services.path().join("fresh")).unwrap();
    assert_eq!(services.init_script("fresh", &["status"]).code, 4);
}

#[test]
fn the_log_is_shown_but_does_not_change_the_exit_code() {
    let services = Services::new();
    let _web = services.add("web", run(500));
    services.add("web/log", run(500)).leave();
    let told = "run: web: (pid 77) 500s; fail: web/log: runsv not running\n";
    assert_eq!(services.init_script("web", &["status"]), Answer::new(0, told));
}

#[test]
fn a_command_that_fails_or_takes_too_long_is_1() {
    let services = Services::new();
    let web = services.add("web", run(500));
    assert_eq!(services.init_script("web", &["-w0", "stop"]).code, 1);
    assert_eq!(services.init_script("none", &["start"]).code, 1);
    web.publish(down(500));
    assert_eq!(services.init_script("web", &["stop"]), Answer::new(0, "ok: down: web: 500s, normally up\n"));
}

#[test]
fn misuse_is_2_with_a_usage_of_its_own() {
    let services = Services::new();
    let usage = |before: &str| Answer { err: format!("{before}usage: web [-w sec] command\n\n"), ..Answer::new(2, "") };
    assert_eq!(services.init_script("web", &[]), usage(""));
    assert_eq!(services.init_script("web", &["-z"]), usage("web: illegal option -- z\n"));
    assert_eq!(services.init_script("web", &["-w"]), usage("web: option requires an argument -- w\n"));
    for word in ["nonsense", "statu", "s", "reloa", ""] {
        assert_eq!(services.init_script("web", &[word]), usage(""), "{word}");
    }
}

#[test]
fn without_a_current_directory_it_is_151_and_100_as_sv() {
    let services = Services::new();
    // One may be in this directory but not read it; root may all, and so becomes nobody.
    let closed = services.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(services.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o111)).unwrap();
    // A copy, for the program under test may be below a directory that is not for nobody. Another process makes it: what
    // is open for writing here could be inherited by a child of another test, and then not be run.
    let program = services.path().join("sv");
    assert!(Command::new("cp").arg(SV).arg(&program).status().is_ok_and(|status| status.success()));
    for (name, code) in [("sv", 100), ("web", 151)] {
        let mut command = Command::new(&program);
        command.arg0(name).args(["status", "web"]).current_dir(&closed);
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(65534).gid(65534);
        }
        let err = "fatal: unable to open current directory: access denied\n".to_owned();
        assert_eq!(answer(&mut command), Answer { err, ..Answer::new(code, "") });
    }
}
