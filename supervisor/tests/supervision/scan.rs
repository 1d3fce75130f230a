//! runsvdir and the services that come, go and end.

use crate::fixture::{
    Supervisor, eventually, eventually_equal, is_alive, read, signal, spawn, write_file, write_script,
};
use crate::services::{Services, expect_no_deadline};
use std::fs;
use std::time::{Duration, Instant};

const HUP: u8 = 1;
const KILL: u8 = 9;

fn words(pid: u32) -> Vec<String> {
    read(format!("/proc/{pid}/cmdline")).split_terminator('\0').map(Into::into).collect()
}

/// Parent, process group and session of a process.
fn family(pid: u32) -> [u32; 3] {
    let stat = read(format!("/proc/{pid}/stat"));
    let fields: Vec<u32> =
        stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(1).take(3).flat_map(str::parse).collect();
    fields.try_into().expect("three numbers")
}

#[test]
fn every_directory_gets_a_runsv_named_by_it() {
    let services = Services::new();
    services.add("services/a");
    services.add("services/b");
    services.add("services/.hidden");
    write_file(&services.path("services/README"), "not a service\n", 0o644);
    let runsvdir = services.start("services");
    let (a, b) = (services.supervisor("services/a"), services.supervisor("services/b"));
    assert_eq!((words(a), words(b)), (vec!["runsv".to_string(), "a".into()], vec!["runsv".to_string(), "b".into()]));
    assert_eq!([family(a), family(b)].map(|[parent, group, _]| (parent, group)), [(runsvdir.pid(), runsvdir.pid()); 2]);
    assert_eq!(services.supervisors("services/.hidden"), [0; 0]);
    assert_eq!(services.messages(), "");
}

#[test]
fn a_new_service_is_seen_without_a_look_from_time_to_time() {
    let services = Services::new();
    let runsvdir = services.start("services");
    expect_no_deadline(runsvdir.pid());
    services.add("services/a");
    services.supervisor("services/a");
    expect_no_deadline(runsvdir.pid());
    write_script(&services.path("services/b/run"), crate::services::NOTING);
    services.supervisor("services/b");
    expect_no_deadline(runsvdir.pid());
}

#[test]
fn a_runsv_wakes_for_nothing_but_events() {
    let services = Services::new();
    services.add("services/a");
    write_script(&services.path("services/a/log/run"), "exec cat");
    let runsvdir = services.start("services");
    let runsv = services.supervisor("services/a");
    expect_no_deadline(runsv);
    expect_no_deadline(runsvdir.pid());
}

#[test]
fn a_removed_service_is_told_to_exit() {
    let services = Services::new();
    services.add("services/a");
    services.add("services/b");
    let _runsvdir = services.start("services");
    let (a, b) = (services.supervisor("services/a"), services.supervisor("services/b"));
    services.rename("services/a", "a");
    eventually("the end of its runsv", || !is_alive(a));
    assert_eq!(services.stat("a"), "down");
    assert!(is_alive(b));
    assert_eq!(services.messages(), "");
}

#[test]
fn a_service_that_comes_back_waits_for_its_old_runsv() {
    let services = Services::new();
    services.add_script("services/a", "trap '' TERM; echo $PPID >>journal; while :; do sleep 1000 & wait; done");
    let runsvdir = services.start("services");
    let old = services.supervisor("services/a");
    services.rename("services/a", "a");
    eventually_equal(|| services.stat("a"), "run, got TERM, want exit");
    services.rename("a", "services/a");
    services.add("services/b");
    // It has looked since, and has nothing to wait for but the old runsv.
    services.supervisor("services/b");
    expect_no_deadline(runsvdir.pid());
    assert_eq!(services.supervisors("services/a"), [old]);
    let process = read(services.path("services/a/supervise/pid")).trim().parse().expect("a pid");
    signal(process, KILL);
    let new = services.nth_supervisor("services/a", 1);
    assert!(new != old && !is_alive(old));
    assert_eq!(services.messages(), "");
}

#[test]
fn a_directory_removed_and_made_anew_is_another_service() {
    let services = Services::new();
    services.add("services/a");
    let _runsvdir = services.start("services");
    let old = services.supervisor("services/a");
    // All but the directory itself, which a busy runsv might fill again.
    services.rename("services/a", "old");
    services.add("services/a");
    fs::remove_dir_all(services.path("old")).unwrap_or_default();
    assert_ne!(services.supervisor("services/a"), old);
    eventually("the end of the old one", || !is_alive(old));
}

#[test]
fn a_renamed_service_goes_on() {
    let services = Services::new();
    services.add("services/a");
    let _runsvdir = services.start("services");
    let runsv = services.supervisor("services/a");
    services.rename("services/a", "services/z");
    services.add("services/b");
    services.supervisor("services/b");
    assert_eq!(services.supervisors("services/z"), [runsv]);
    assert!(is_alive(runsv));
}

#[test]
fn two_names_of_one_directory_are_one_service() {
    let services = Services::new();
    services.add("services/a");
    services.link("a", "services/also");
    let _runsvdir = services.start("services");
    let runsv = services.supervisor("services/a");
    fs::remove_file(services.path("services/also")).unwrap();
    services.add("services/b");
    services.supervisor("services/b");
    assert_eq!(services.supervisors("services/a"), [runsv]);
    assert!(is_alive(runsv));
    assert_eq!(services.messages(), "");
}

#[test]
fn a_runsv_that_was_asked_to_exit_is_followed_by_another() {
    let services = Services::new();
    services.add("services/a");
    let _runsvdir = services.start("services");
    let first = services.supervisor("services/a");
    fs::write(services.path("services/a/supervise/control"), "x").unwrap();
    assert_ne!(services.nth_supervisor("services/a", 1), first);
}

#[test]
fn term_ends_runsvdir_and_leaves_the_rest() {
    let services = Services::new();
    services.add("services/a");
    let mut runsvdir = services.start("services");
    let runsv = services.supervisor("services/a");
    runsvdir.terminate();
    assert_eq!(runsvdir.ended().code(), Some(0));
    assert!(is_alive(runsv));
    assert_eq!(services.stat("services/a"), "run");
}

#[test]
fn hup_ends_all() {
    let services = Services::new();
    services.add("services/a");
    services.add("services/b");
    let mut runsvdir = services.start("services");
    let all = [services.supervisor("services/a"), services.supervisor("services/b")];
    runsvdir.signal(HUP);
    assert_eq!(runsvdir.ended().code(), Some(111));
    eventually("the end of all", || !all.into_iter().any(is_alive));
    assert_eq!(services.stat("services/a"), "down");
}

#[test]
fn with_p_each_runsv_leads_a_session() {
    let services = Services::new();
    services.add("services/a");
    let mut runsvdir = Supervisor::new(spawn(&mut services.command(&["-P", "services"])));
    let runsv = services.supervisor("services/a");
    assert_eq!(family(runsv), [runsvdir.pid(), runsv, runsv]);
    let run = read(services.path("services/a/supervise/pid")).trim().parse().expect("a pid");
    assert_eq!(family(run), [runsv, runsv, runsv]);
    runsvdir.signal(HUP);
    runsvdir.ended();
    eventually("the end of all", || !is_alive(runsv));
}

#[test]
fn two_dashes_may_stand_before_the_directory() {
    let services = Services::new();
    services.add("services/a");
    let _runsvdir = Supervisor::new(spawn(&mut services.command(&["--", "services"])));
    services.supervisor("services/a");
}

#[test]
fn a_missing_directory_is_told_and_awaited() {
    let services = Services::new();
    let runsvdir = services.start("later");
    services.expect_message("runsvdir later: warning: unable to stat later: file does not exist");
    expect_no_deadline(runsvdir.pid());
    services.add("services/a");
    services.rename("services", "later");
    services.supervisor("later/a");
}

#[test]
fn a_missing_runsv_is_told() {
    let services = Services::new();
    services.add("services/a");
    let _runsvdir = Supervisor::new(spawn(services.command(&["services"]).env("PATH", "/nowhere")));
    services.expect_message("runsvdir services: fatal: unable to start runsv a: file does not exist");
}

#[test]
fn a_service_without_run_is_tried_once_a_second_and_starts_when_it_has_one() {
    let services = Services::new();
    fs::create_dir(services.path("services/a")).unwrap();
    let _runsvdir = services.start("services");
    services.expect_message("runsv a: fatal: unable to start ./run: file does not exist");
    write_script(&services.path("services/a/run"), crate::services::NOTING);
    services.supervisor("services/a");
}

#[test]
fn changes_without_end_are_looked_at_ten_times_a_second_at_most() {
    let services = Services::new();
    services.link("nowhere", "services/bad");
    let _runsvdir = services.start("services");
    services.expect_message("runsvdir services: warning: unable to stat bad: file does not exist");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        fs::write(services.path("services/.file"), "").unwrap();
        fs::remove_file(services.path("services/.file")).unwrap();
    }
    // One before, one at once, and one for each tenth of a second.
    let looks = services.messages().lines().count() as u128;
    assert!(looks >= 2 && looks <= 2 + begun.elapsed().as_millis() / 100, "{looks} looks");
}
