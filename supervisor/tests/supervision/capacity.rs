//! More services than one runsvdir can have.

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
