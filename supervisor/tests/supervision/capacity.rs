//! More services than one runsvdir can have, and longer paths than it watches or remembers.

use crate::fixture::{Supervisor, eventually, eventually_some, is_alive, read, spawn, write_file};
use crate::services::Services;
use std::collections::BTreeSet;
use std::fs;

/// How many there can be.
const SERVICES: usize = 4_096;

/// The processes that a process started and that live.
pub(crate) fn children(pid: u32) -> BTreeSet<u32> {
    let children = read(format!("/proc/{pid}/task/{pid}/children"));
    children.split_ascii_whitespace().flat_map(str::parse).collect()
}

/// The directory of services that are too many: a real runsv each, which is cheap, as their services are down.
fn many() -> Services {
    let services = Services::in_memory();
    for number in 0..=SERVICES {
        write_file(&services.path(&format!("services/{number}/down")), "", 0o644);
    }
    services
}

/// The service that a warning names.
fn left_out(services: &Services) -> String {
    eventually_some("the warning", || {
        let text = services.messages();
        let line = text.lines().next().filter(|_| text.ends_with('\n'))?;
        let name = line.strip_prefix("runsvdir services: warning: unable to start runsv ")?;
        Some(name.strip_suffix(": too many services.")?.to_string())
    })
}

#[test]
fn the_one_left_out_is_named_and_started_as_soon_as_there_is_room() {
    let services = many();
    let mut runsvdir = Supervisor::new(spawn(&mut services.command(&["services"])));
    let left_out = left_out(&services);
    let stat = |name: &str| services.stat(&format!("services/{name}"));
    eventually("all but one", || children(runsvdir.pid()).len() == SERVICES);
    assert!(!services.path(&format!("services/{left_out}/supervise")).exists());
    let removed = if left_out == "0" { "1" } else { "0" };
    eventually("its status", || stat(removed) == "down");
    services.rename(&format!("services/{removed}"), "removed");
    eventually("the one that was left out", || stat(&left_out) == "down");
    eventually("the end of the removed one", || children(runsvdir.pid()).len() == SERVICES);
    let all = children(runsvdir.pid());
    fs::create_dir(services.path("services/one-more")).unwrap();
    services.expect_message("runsvdir services: warning: unable to start runsv one-more: too many services.");
    runsvdir.signal(1);
    assert_eq!(runsvdir.ended().code(), Some(111));
    eventually("the end of all", || !all.iter().copied().any(is_alive));
}

/// Bytes of a name that is longer than a folder that runsvdir remembers; three of them are a path longer than it walks.
const LONG: usize = 200;

#[test]
fn services_at_the_end_of_a_path_too_long_to_walk_are_found_in_time_and_never_run_twice() {
    let services = Services::new();
    let directory = format!("services{}", format!("/{}", "d".repeat(LONG)).repeat(3));
    fs::create_dir_all(services.path(&directory)).unwrap();
    let service = format!("{directory}/a");
    let mut runsvdir = services.start(&directory);
    services.add(&service);
    let runsv = services.supervisor(&service);
    runsvdir.signal(9);
    runsvdir.ended();
    let _next = services.start(&directory);
    services.expect_message("runsv a: fatal: unable to lock supervise/lock: temporary failure");
    assert_eq!(services.supervisors(&service), [runsv]);
    crate::fixture::signal(runsv, 15);
    services.nth_supervisor(&service, 1);
}

#[test]
fn services_in_a_folder_too_long_to_remember_are_watched_like_others() {
    let services = Services::new();
    let store = "s".repeat(LONG);
    fs::create_dir(services.path(&store)).unwrap();
    for name in ["a", "b"] {
        services.add(&format!("{store}/{name}"));
        services.link(&format!("../{store}/{name}"), &format!("services/{name}"));
    }
    let _runsvdir = services.start("services");
    let first = ["a", "b"].map(|name| services.supervisor(&format!("services/{name}")));
    services.rename(&format!("{store}/b"), "old");
    services.add(&format!("{store}/b"));
    assert_ne!(services.supervisor("services/b"), first[1]);
    eventually("the end of the old one", || !is_alive(first[1]));
    assert_eq!(services.supervisors("services/a"), [first[0]]);
}
