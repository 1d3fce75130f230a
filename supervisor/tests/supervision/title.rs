//! The log in runsvdir's process title.

use crate::fixture::{Supervisor, eventually, eventually_equal, read, spawn};
use crate::services::Services;

/// What `ps` shows as the last argument.
fn title(runsvdir: &Supervisor) -> String {
    let words = read(format!("/proc/{}/cmdline", runsvdir.pid()));
    words.trim_end_matches('\0').rsplit('\0').next().unwrap_or_default().into()
}

fn start(services: &Services, log: &str) -> Supervisor {
    Supervisor::new(spawn(&mut services.command(&["services", log])))
}

#[test]
fn a_dot_is_written_at_the_start() {
    let services = Services::new();
    let runsvdir = start(&services, "log: ..................");
    eventually_equal(|| title(&runsvdir), "log: ..................");
    let runsvdir = start(&services, "log: 1234567");
    eventually_equal(|| title(&runsvdir), "log: 234567.");
}

#[test]
fn messages_scroll_in_from_the_right_and_the_first_five_bytes_stay() {
    let services = Services::new();
    services.add_script("services/a", "echo something to say >&2; exec sleep 1000");
    let runsvdir = start(&services, "log: 123456789012345678901234567890");
    eventually_equal(|| title(&runsvdir), "log: 901234567890.something to say\n");
}

#[test]
fn messages_longer_than_the_log_leave_their_end() {
    let services = Services::new();
    services.add_script(
        "services/a",
        "i=0; while [ $i -lt 2000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo end >&2; exec sleep 1000",
    );
    let runsvdir = start(&services, "log: 123456789");
    eventually_equal(|| title(&runsvdir), "log: 6789\nend\n");
}

#[test]
fn nul_bytes_are_left_out() {
    let services = Services::new();
    services.add_script("services/a", "printf 'a\\000b' >&2; exec sleep 1000");
    let runsvdir = start(&services, "log: 123456");
    eventually_equal(|| title(&runsvdir), "log: 456.ab");
}

#[test]
fn messages_of_runsv_and_of_runsvdir_go_there_too() {
    let services = Services::new();
    services.link("nowhere", "services/dangling");
    let blank = " ".repeat(400);
    let runsvdir = start(&services, &format!("log: {blank}"));
    let sentence = "runsvdir services: warning: unable to stat dangling: file does not exist\n";
    eventually("runsvdir's own", || title(&runsvdir).contains(sentence));
    std::fs::create_dir(services.path("services/a")).unwrap();
    eventually("runsv's", || title(&runsvdir).contains("runsv a: fatal: unable to start ./run: file does not exist\n"));
    assert_eq!(services.messages(), "");
}

#[test]
fn the_shortest_log_has_seven_characters() {
    let services = Services::new();
    let runsvdir = start(&services, "1234567");
    eventually_equal(|| title(&runsvdir), "123457.");
    assert_eq!(services.messages(), "");
}

#[test]
fn a_log_that_is_too_short_is_told_and_left_out() {
    let services = Services::new();
    services.add_script("services/a", "echo to standard error >&2; exec sleep 1000");
    let runsvdir = start(&services, "123456");
    let warnings = "runsvdir services: warning: log must have at least seven characters.\n\
        runsvdir services: warning: log service disabled.\nto standard error\n";
    eventually_equal(|| services.messages(), warnings);
    assert_eq!(title(&runsvdir), "123456");
}

#[test]
fn what_follows_the_log_is_nobodys_business() {
    let services = Services::new();
    services.add("services/a");
    let _runsvdir = Supervisor::new(spawn(&mut services.command(&["services", "log: ....", "more"])));
    services.supervisor("services/a");
}
