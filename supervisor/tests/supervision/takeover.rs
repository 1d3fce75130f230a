//! A runsvdir ends and leaves its runsvs: the next one leaves them their services, and takes over when a lock is free.

use crate::fixture::{Supervisor, eventually, is_alive, read, signal, spawn};
use crate::services::{Services, expect_no_deadline};
use std::fs;

const KILL: u8 = 9;

fn held(name: &str) -> String {
    format!("runsvdir services: warning: unable to start runsv {name}: another runsv has its lock; waiting.")
}

/// Services `a` and `b` under a runsvdir that is no more; the runsv of each.
fn orphaned(services: &Services, end: u8) -> [u32; 2] {
    services.add("services/a");
    services.add("services/b");
    let mut runsvdir = services.start("services");
    let runsvs = ["services/a", "services/b"].map(|name| services.supervisor(name));
    runsvdir.signal(end);
    runsvdir.ended();
    for runsv in runsvs {
        assert!(is_alive(runsv));
    }
    // The new one has a group of its own; these end with the directory of the test.
    std::mem::forget(runsvdir);
    runsvs
}

fn end(services: &Services, runsvs: &[u32]) {
    for name in ["services/a", "services/b"] {
        signal(read(services.path(name).join("supervise/pid")).trim().parse().unwrap_or(0), KILL);
    }
    runsvs.iter().for_each(|runsv| signal(*runsv, KILL));
}

fn children(runsvdir: &Supervisor) -> usize {
    read(format!("/proc/{0}/task/{0}/children", runsvdir.pid())).split_whitespace().count()
}

/// Waits for the lock of each service, then takes over as each is given back.
fn takes_over(end_of_first: u8) {
    let services = Services::new();
    let runsvs = orphaned(&services, end_of_first);
    let next = services.start("services");
    services.expect_message(&held("a"));
    services.expect_message(&held("b"));
    expect_no_deadline(next.pid());
    assert_eq!(children(&next), 0, "nothing is started where a runsv lives");
    // New services are seen meanwhile, and nothing is said twice.
    services.add("services/c");
    services.supervisor("services/c");
    let pid = read(services.path("services/a/supervise/pid"));
    signal(runsvs[0], KILL);
    services.expect_message(&format!(
        "runsv a: warning: process {} was left by another runsv, it is taken over",
        pid.trim()
    ));
    eventually("two runsvs", || children(&next) == 2);
    assert_eq!(services.messages().matches(&held("b")).count(), 1);
    assert_eq!(services.supervisors("services/a"), [runsvs[0]], "it was started once");
    fs::write(services.path("services/b/supervise/control"), "x").unwrap();
    eventually("the second start of b", || services.supervisors("services/b").len() == 2);
    expect_no_deadline(next.pid());
    end(&services, &runsvs);
}

#[test]
fn the_runsvs_of_a_killed_runsvdir_keep_their_services_until_they_end() {
    takes_over(KILL);
}

#[test]
fn the_runsvs_of_a_terminated_runsvdir_keep_their_services_until_they_end() {
    takes_over(15);
}

#[test]
fn without_inotify_a_free_lock_is_seen_at_the_next_look() {
    let services = Services::new();
    let runsvs = orphaned(&services, KILL);
    let script = "echo 0 >/proc/sys/user/max_inotify_instances && exec runsvdir services";
    let mut unshare = std::process::Command::new("unshare");
    unshare.args(["--map-root-user", "--mount", "sh", "-c", script]).current_dir(services.path(""));
    let messages = fs::File::options().append(true).open(services.path("messages")).expect("messages");
    unshare.env("PATH", crate::services::search_path()).stderr(messages);
    let _next = Supervisor::new(spawn(&mut unshare));
    services.expect_message(&held("a"));
    signal(runsvs[0], KILL);
    eventually("it is taken over", || services.messages().contains("runsv a: warning: process"));
    end(&services, &runsvs);
}

#[test]
fn a_runsv_started_by_hand_keeps_its_service() {
    let services = Services::new();
    services.add("services/a");
    let mut command = std::process::Command::new(crate::fixture::RUNSV);
    let by_hand = Supervisor::new(spawn(command.arg("services/a").current_dir(services.path(""))));
    assert_eq!(services.supervisor("services/a"), by_hand.pid());
    let runsvdir = services.start("services");
    services.expect_message(&held("a"));
    assert_eq!((children(&runsvdir), services.supervisors("services/a")), (0, vec![by_hand.pid()]));
    by_hand.terminate();
    services.nth_supervisor("services/a", 1);
    assert_eq!(services.messages(), format!("{}\n", held("a")));
}

#[test]
fn a_held_lock_is_looked_at_once_more_for_the_kernel_tells_of_its_end_too_early() {
    pilotlight_qemu_tests::host::require("strace", &["strace"]).unwrap();
    let services = Services::new();
    services.add("services/a");
    let path = services.path("services/a/supervise/lock");
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    let lock = fs::File::create(&path).expect("the lock");
    lock.lock().expect("the lock is free");
    let trace = services.path("trace");
    let command = services.command(&["services"]);
    let mut traced = std::process::Command::new("strace");
    traced.args(["-e", "trace=flock", "-o"]).arg(&trace).arg(command.get_program()).args(command.get_args());
    traced.current_dir(services.path("")).env("PATH", crate::services::search_path());
    traced.stderr(fs::File::create(services.path("messages")).expect("messages"));
    let _runsvdir = Supervisor::new(spawn(&mut traced));
    // Each look asks before and after it watches the lock.
    let asked = || read(&trace).matches("flock(").count();
    eventually("a second look", || asked() == 4);
    drop(fs::File::options().write(true).open(&path).expect("the lock"));
    eventually("two more", || asked() == 8);
}

#[test]
fn a_link_in_place_of_a_lock_is_not_followed() {
    let services = Services::new();
    services.add("services/a");
    let (place, elsewhere) = (services.path("services/a/supervise"), services.path("elsewhere"));
    fs::create_dir_all(&place).expect("the folder");
    let lock = fs::File::create(&elsewhere).expect("a file");
    lock.lock().expect("it is free");
    std::os::unix::fs::symlink(&elsewhere, place.join("lock")).expect("a link");
    let _runsvdir = services.start("services");
    services.expect_message("runsv a: fatal: unable to open supervise/lock: symbolic link loop");
    assert!(!services.messages().contains(&held("a")));
}
