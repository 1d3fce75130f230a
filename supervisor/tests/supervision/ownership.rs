//! What another user may have prepared is refused with a sentence: the `supervise` folder, its files, links in it, and the
//! folder below /run.
//!
//! These scenarios give files to another user, which only root can do.

use crate::fixture::{IDLE, RUNSV, Service, Supervisor, eventually, read, spawn, write_file};
use crate::services::{Services, search_path};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

/// Nobody's number on every Linux.
const STRANGER: u32 = 65_534;

fn give_away(path: &Path) {
    chown(path, Some(STRANGER), Some(STRANGER)).expect("only root can give files to another user: run this as root");
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
}

fn fatal(sentence: &str) -> (Option<i32>, String) {
    (Some(111), format!("runsv web: fatal: {sentence}\n"))
}

/// A service whose `supervise` was prepared, with this file in it.
fn prepared(name: &str) -> Service {
    let service = Service::new(IDLE);
    write_file(&service.path("supervise").join(name), "", 0o600);
    service
}

#[test]
fn a_folder_of_another_user() {
    let service = prepared("lock");
    give_away(&service.path("supervise"));
    assert_eq!(service.refusal(), fatal("supervise belongs to somebody else"));
}

#[test]
fn a_folder_of_the_log_service_of_another_user() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    fs::create_dir(service.path("log/supervise")).unwrap();
    give_away(&service.path("log/supervise"));
    assert_eq!(service.refusal(), fatal("log/supervise belongs to somebody else"));
}

#[test]
fn a_link_to_a_folder_of_another_user() {
    let service = Service::new(IDLE);
    let elsewhere = service.parent().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    give_away(&elsewhere);
    symlink(&elsewhere, service.path("supervise")).unwrap();
    assert_eq!(service.refusal(), fatal("supervise belongs to somebody else"));
}

#[test]
fn a_lock_of_another_user_in_a_folder_that_others_can_write() {
    let service = prepared("lock");
    set_mode(&service.path("supervise"), 0o777);
    give_away(&service.path("supervise/lock"));
    assert_eq!(service.refusal(), fatal("supervise holds a file of somebody else"));
}

#[test]
fn other_files_of_another_user_in_a_folder_that_others_can_write_are_not_used() {
    for name in ["birth", "status.new"] {
        let service = prepared(name);
        set_mode(&service.path("supervise"), 0o777);
        give_away(&service.path("supervise").join(name));
        let _runsv = service.start();
        let sentence = "runsv web: warning: supervise holds a file of somebody else";
        eventually("its sentence", || service.messages().lines().any(|line| line == sentence));
        assert_eq!(read(service.path("supervise").join(name)), "");
    }
}

#[test]
fn a_fifo_of_another_user_in_a_folder_that_others_can_write() {
    for name in ["control", "ok"] {
        let service = prepared("lock");
        let fifo = service.path("supervise").join(name);
        assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
        set_mode(&service.path("supervise"), 0o777);
        give_away(&fifo);
        assert_eq!(service.refusal(), fatal("supervise holds a file of somebody else"), "{name}");
    }
}

#[test]
fn another_name_of_a_file_in_a_folder_that_others_can_write_is_not_changed() {
    for name in ["status.new", "birth"] {
        let service = prepared("lock");
        set_mode(&service.path("supervise"), 0o777);
        let precious = service.parent().join("precious");
        fs::write(&precious, "content").unwrap();
        fs::hard_link(&precious, service.path("supervise").join(name)).unwrap();
        let _runsv = service.start();
        let sentence = "runsv web: warning: supervise holds a file of somebody else";
        eventually("its sentence", || service.messages().lines().any(|line| line == sentence));
        service.expect_stat("run");
        assert_eq!(read(&precious), "content", "{name}");
    }
}

#[test]
fn a_user_who_was_given_the_fifos_may_control_the_service() {
    let service = Service::new(IDLE);
    let mut first = service.start();
    first.terminate();
    first.ended();
    set_mode(service.parent(), 0o755);
    set_mode(&service.path("supervise"), 0o755);
    ["supervise/ok", "supervise/control"].iter().for_each(|fifo| give_away(&service.path(fifo)));
    // Of what the first one left, nothing tells that the service runs.
    for name in ["supervise/birth", "supervise/stat"] {
        let _ = fs::remove_file(service.path(name));
    }
    let _runsv = service.start();
    service.expect_stat("run");
    let control = service.path("supervise/control");
    let mut user = Command::new("setpriv");
    user.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", "echo p >\"$1\"", "sh"]).arg(control);
    assert!(user.status().expect("setpriv").success());
    service.expect_stat("run, paused");
}

#[test]
fn a_service_directory_of_a_user_with_its_supervise() {
    let service = Service::new(IDLE);
    drop(service.start());
    give_away(&service.path(""));
    for entry in fs::read_dir(service.path("supervise")).unwrap().flatten() {
        give_away(&entry.path());
    }
    give_away(&service.path("supervise"));
    let _runsv = service.start();
    service.expect_stat("run");
}

#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    for (name, object) in [("lock", "lock"), ("control", "control"), ("ok", "ok")] {
        let service = Service::new(IDLE);
        fs::create_dir(service.path("supervise")).unwrap();
        let target = service.parent().join("target");
        symlink(&target, service.path("supervise").join(name)).unwrap();
        let sentence = format!("unable to open supervise/{object}: symbolic link loop");
        assert_eq!(service.refusal(), fatal(&sentence));
        assert!(!target.exists());
    }
}

#[test]
fn a_link_in_place_of_a_file_that_is_published_is_not_followed() {
    for name in ["pid.new", "stat.new", "status.new"] {
        let service = Service::new(IDLE);
        fs::create_dir(service.path("supervise")).unwrap();
        let target = service.parent().join("target");
        symlink(&target, service.path("supervise").join(name)).unwrap();
        let _runsv = service.start();
        let sentence = format!("runsv web: warning: unable to open supervise/{name}: symbolic link loop");
        eventually("its sentence", || service.messages().lines().any(|line| line == sentence));
        assert!(!target.exists());
    }
}

/// The refusal of a runsv on a read-only directory, /run being prepared by this script.
fn refusal_below_run(prepare: &str) -> String {
    let services = Services::new();
    services.add_script("services/web", IDLE);
    let script = format!(
        "mount -t tmpfs none /run && {prepare} && mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" \
         && cd \"$1\" && exec {RUNSV} services/web"
    );
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c", &script, "sh"]).arg(services.path("")).env("PATH", search_path());
    let messages = fs::File::create(services.path("messages")).expect("messages");
    let mut runsv = Supervisor::new(spawn(unshare.stderr(messages)));
    assert_eq!(runsv.ended().code(), Some(111), "{prepare}");
    read(services.path("messages"))
}

#[test]
fn a_folder_below_run_that_another_user_prepared() {
    let foreign = "runsv services/web: fatal: somebody else may write to /run/runit/supervise\n";
    for prepare in [
        "mkdir -p /run/runit && chown 65534 /run/runit",
        "mkdir -p /run/runit/supervise && chown 65534 /run/runit/supervise",
        "mkdir -p /run/runit/supervise && chmod 777 /run/runit/supervise",
        "mkdir -p /run/other && ln -s other /run/runit && chown -h 65534 /run/runit",
    ] {
        assert_eq!(refusal_below_run(prepare), foreign, "{prepare}");
    }
    let prepare = "mkdir -p /run/runit/supervise/web && chown 65534 /run/runit/supervise/web";
    assert_eq!(refusal_below_run(prepare), "runsv services/web: fatal: supervise belongs to somebody else\n");
}
