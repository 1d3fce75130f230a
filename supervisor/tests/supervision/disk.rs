//! The disk is full, read-only, or gone, and `supervise` cannot be written: at the start of runsv and while it runs.
//!
//! In namespaces of their own, where a script mounts what is needed. Its one law: a service never pays for its status.

use crate::faults::start;
use crate::fixture::{IDLE, Service, Supervisor, eventually, eventually_equal, is_alive, read, signal, write_file};
use crate::services::Services;
use crate::users::{give_away, install_programs, unprivileged};
use protocol::status::State;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const KILL: u8 = 9;

/// A path that a supervisor sees, from its root.
fn within(supervisor: &Supervisor, path: &Path) -> PathBuf {
    PathBuf::from(format!("/proc/{}/root{}", supervisor.pid(), path.display()))
}

/// Lets a script in a namespace go on that waits for `until [ -e NAME ]; do sleep 0.02; done`.
fn go(services: &Services, name: &str) {
    write_file(&services.path(name), "", 0o644);
}

/// What a script does to wait for [`go`], and then do, besides what it becomes.
fn on(name: &str, what: &str) -> String {
    format!("{{ {{ until [ -e {name} ]; do sleep 0.02; done; {what} && touch {name}.done; }} & }} && ")
}

/// Does what [`on`] waits to do.
fn does(services: &Services, name: &str) {
    go(services, name);
    eventually(name, || services.path(&format!("{name}.done")).exists());
}

/// A disk of so many files in the place of the services directory, with one service that a link makes.
fn small_disk(files: u32) -> String {
    format!(
        "mount -t tmpfs none /run && mount -t tmpfs -o size=64k,nr_inodes={files} none services && \
             mkdir services/web && ln -s ../../idle services/web/run && "
    )
}

fn with_idle() -> Services {
    let services = Services::new();
    crate::fixture::write_script(&services.path("idle"), IDLE);
    services
}

#[test]
fn on_a_disk_too_full_for_supervise_the_state_is_kept_below_run() {
    let services = with_idle();
    // The root of the disk, the directory and its link, and nothing more.
    let mut runsv = start(&services, &(small_disk(3) + "exec runsv services/web"));
    let state = |name: &str| within(&runsv, Path::new(protocol::paths::STATE)).join("web").join(name);
    eventually_equal(|| read(state("stat")), "run\n");
    fs::write(state("control"), "x").unwrap();
    assert_eq!(runsv.ended().code(), Some(0));
    assert_eq!(services.messages(), "");
}

#[test]
fn a_runsv_that_finds_no_room_for_its_files_is_tried_again_until_there_is() {
    let services = with_idle();
    let room = on("room", "mount -o remount,nr_inodes=100 services");
    let runsvdir =
        start(&services, &(small_disk(4) + "mkdir services/web/supervise && " + &room + "exec runsvdir services"));
    services.expect_message("runsv web: fatal: unable to open supervise/lock: out of disk space");
    does(&services, "room");
    let stat = within(&runsvdir, &services.path("services/web/supervise/stat"));
    eventually_equal(|| read(&stat), "run\n");
}

#[test]
fn a_disk_without_a_free_byte_at_the_start_delays_the_status_and_not_the_service() {
    let services = with_idle();
    let script = small_disk(100)
        + "mkdir services/web/supervise && \
        { dd if=/dev/zero of=services/filler bs=4k 2>/dev/null || :; } && exec runsv services/web";
    let runsv = start(&services, &script);
    let supervise = |name: &str| within(&runsv, &services.path("services/web/supervise")).join(name);
    let children = format!("/proc/{0}/task/{0}/children", runsv.pid());
    services.expect_message("runsv services/web: warning: unable to write supervise/stat.new: out of disk space");
    eventually("the service", || !read(&children).is_empty());
    fs::remove_file(within(&runsv, &services.path("services/filler"))).unwrap();
    eventually_equal(|| read(supervise("stat")), "run\n");
    eventually_equal(|| fs::read(supervise("status")).map_or(0, |record| record.len()), 20);
}

#[test]
fn a_supervise_of_a_read_only_image_is_refused() {
    let services = Services::new();
    services.add("services/web");
    fs::create_dir(services.path("services/web/supervise")).unwrap();
    let script = "mount --bind services services && mount -o remount,bind,ro services && exec runsv services/web";
    let mut runsv = start(&services, script);
    assert_eq!(runsv.ended().code(), Some(111));
    services.expect_message("runsv services/web: fatal: unable to open supervise/lock: read-only file system");
}

#[test]
fn scripts_on_a_disk_that_nothing_is_executed_from_are_tried_until_they_can() {
    let services = Services::new();
    services.add("services/web");
    write_file(&services.path("services/web/finish"), "#!/bin/sh\n", 0o755);
    let script = "mount --bind services services && mount -o remount,bind,noexec services && ".to_owned()
        + &on("exec", "mount -o remount,bind,exec services")
        + "exec runsv services/web";
    let _runsv = start(&services, &script);
    for script in ["run", "finish"] {
        services.expect_message(&format!("runsv services/web: fatal: unable to start ./{script}: access denied"));
    }
    does(&services, "exec");
    eventually_equal(|| services.stat("services/web"), "run");
}

/// A service of a user without privileges, to whom permissions mean something, and the program for it.
fn of_a_user() -> (Service, PathBuf) {
    let service = Service::new(IDLE);
    fs::create_dir(service.path("supervise")).expect("supervise");
    let programs = install_programs(service.parent());
    give_away(service.parent());
    (service, programs.join("runsv"))
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn a_supervise_that_its_owner_may_not_write_is_refused() {
    let (service, runsv) = of_a_user();
    chmod(&service.path("supervise"), 0o500);
    let output = crate::fixture::output(unprivileged(&mut service.command(&runsv)));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (output.status.code(), &*said),
        (Some(111), "runsv web: fatal: unable to open supervise/lock: access denied\n")
    );
}

#[test]
fn a_supervise_that_becomes_unwritable_stops_no_letter_and_is_published_later() {
    let (service, runsv) = of_a_user();
    let _runsv = service.start_as(unprivileged(&mut service.command(&runsv)));
    eventually("the record", || service.status().state == State::Run);
    let process = service.pid();
    chmod(&service.path("supervise"), 0o500);
    service.send("d");
    eventually("the end of the service", || !is_alive(process));
    eventually("it is told", || !service.messages().is_empty());
    assert_eq!(service.stat(), "run");
    chmod(&service.path("supervise"), 0o700);
    service.expect_stat("down");
    let messages = service.messages();
    let reason = ".new: access denied\n";
    assert!(
        messages.starts_with("runsv web: warning: unable to open supervise/") && messages.ends_with(reason),
        "{messages}"
    );
    assert_eq!(messages.lines().count(), 1, "a failure is told once");
}

/// Removes a directory that a runsv may be writing into.
fn remove(directory: &Path) {
    eventually("its removal", || fs::remove_dir_all(directory).is_ok() || !directory.exists());
}

#[test]
fn a_supervise_removed_or_replaced_while_running_costs_the_service_nothing() {
    let service = Service::new("echo $$ >>journal; exec sleep 1000");
    let mut runsv = service.start();
    let last = || service.journal().last().and_then(|pid| pid.parse().ok()).unwrap_or(0);
    eventually("the service", || last() != 0);
    for (round, is_replaced) in [false, true, false].into_iter().enumerate() {
        let old = service.path(&format!("old-{round}"));
        // There is none where it has not been made anew since the round before.
        let _ = fs::rename(service.path("supervise"), &old);
        let _ = if is_replaced { fs::create_dir(service.path("supervise")) } else { fs::remove_dir_all(&old) };
        let process: u32 = last();
        assert!(is_alive(process));
        signal(process, KILL);
        eventually("another process", || last() != process);
    }
    runsv.terminate();
    assert_eq!(runsv.ended().code(), Some(0));
}

#[test]
fn a_service_directory_removed_while_running_leaves_the_service_until_it_is_told() {
    let service =
        Service::new("trap 'echo end >>../journal; exit 0' TERM; echo run >>../journal; while :; do sleep 0.1; done");
    let mut runsv = service.start();
    let process = service.pid();
    eventually_equal(|| read(service.parent().join("journal")), "run\n");
    fs::rename(service.path(""), service.parent().join("gone")).unwrap();
    remove(&service.parent().join("gone"));
    service.script("run", "exec false");
    assert!(is_alive(process));
    runsv.terminate();
    assert_eq!(runsv.ended().code(), Some(0));
    // `..` of a directory that is gone is still the one that it was in.
    eventually("the end of the service", || !is_alive(process));
    assert!(!service.path("supervise").exists());
}

#[test]
fn a_run_that_goes_with_its_directory_is_tried_until_the_end() {
    let service = Service::new(IDLE);
    let mut runsv = service.start();
    let process = service.pid();
    fs::rename(service.path(""), service.parent().join("gone")).unwrap();
    remove(&service.parent().join("gone"));
    signal(process, KILL);
    let refused = "runsv web: fatal: unable to start ./run: file does not exist";
    eventually("two attempts", || service.messages().lines().filter(|line| *line == refused).count() >= 2);
    assert!(!runsv.has_ended());
    runsv.terminate();
    assert_eq!(runsv.ended().code(), Some(0));
}
