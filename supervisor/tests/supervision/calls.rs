//! How many system calls the work costs that supervisors do most, counted by strace.
//!
//! Its one law: the number is exact, so that each call that comes or goes is seen here and has its reason.

use crate::capacity::children;
use crate::fixture::{
    IDLE, RUNSV, RUNSVDIR, Service, Supervisor, eventually, eventually_some, read, signal, spawn, write_file,
};
use crate::services::{Services, search_path};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

const KILL: u8 = 9;
/// A service that lives a second is started again at once; under strace it starts some time after its stamp.
const LONG_LIFE: Duration = Duration::from_secs(2);

/// strace, which writes what a program calls to `trace`, or with `-ff` what each process does to a file of its own.
fn traced(options: &[&str], program: &str, trace: &Path) -> Command {
    let strace = pilotlight_qemu_tests::host::require("strace", &["strace"]).expect("strace");
    let mut command = Command::new(strace);
    command.args(options).args(["-qq", "-e", "signal=none", "-o"]).arg(trace).arg(program);
    command
}

/// The calls so far, one a line.
fn calls(trace: &Path) -> Vec<String> {
    read(trace).lines().map(String::from).collect()
}

fn waits(call: &str) -> bool {
    call.starts_with("poll(") || call.starts_with("ppoll(")
}

/// The calls since a process began the wait before the one that it is in, that wait included.
fn last_round(calls: &[String]) -> &[String] {
    let waits: Vec<_> = calls.iter().enumerate().filter(|(_, call)| waits(call)).map(|(place, _)| place).collect();
    let [.., last_but_one, last] = waits[..] else { return &[] };
    assert_eq!(last + 1, calls.len(), "it waits");
    &calls[last_but_one..last]
}

/// A service that has lived long enough, whose process is killed; what runsv calls for the restart, and the new process
/// before it is `./run`.
fn restart(prepare: impl FnOnce(&Service)) -> (Vec<String>, Vec<String>) {
    let service = Service::new(IDLE);
    prepare(&service);
    let trace = service.parent().join("trace");
    let _strace = service.start_as(traced(&["-ff"], RUNSV, &trace).arg("web").current_dir(service.parent()));
    let pid = service.pid();
    let runsv = eventually_parent(pid);
    let of = |pid: u32| PathBuf::from(format!("{}.{pid}", trace.display()));
    let since = service.status().since;
    let since = UNIX_EPOCH + Duration::new(since.unix_seconds().unsigned_abs(), since.nanoseconds());
    eventually("a long life", || since.elapsed().is_ok_and(|life| life > LONG_LIFE));
    signal(pid, KILL);
    let next = service.pid_after(pid);
    eventually("the wait after", || calls(&of(runsv)).last().is_some_and(|call| waits(call)));
    let becomes = |calls: &[String]| calls.iter().position(|call| call.starts_with("execve("));
    let mut child = eventually_some("./run", || Some(calls(&of(next))).filter(|calls| becomes(calls).is_some()));
    child.truncate(1 + becomes(&child).unwrap_or_default());
    let round = last_round(&calls(&of(runsv))).to_vec();
    signal(runsv, 15);
    (round, child)
}

/// The parent of a process.
fn eventually_parent(pid: u32) -> u32 {
    eventually_some("a parent", || {
        let status = read(format!("/proc/{pid}/status"));
        status.lines().find_map(|line| line.strip_prefix("PPid:\t"))?.parse().ok()
    })
}

#[test]
fn a_restart() {
    let (runsv, child) = restart(|_| ());
    assert_eq!(runsv.len(), 20, "{runsv:#?}");
    // To give back the score of the out-of-memory killer takes three, where runsv could change it.
    let score = child.iter().position(|call| call.contains("oom_score_adj")).map_or(0, |_| 3);
    assert_eq!(child.len(), 8 + score, "{child:#?}");
}

#[test]
fn a_restart_of_a_logged_service() {
    let (runsv, child) = restart(|service| {
        service.script("log/run", "exec cat");
    });
    assert_eq!(runsv.len(), 20, "{runsv:#?}");
    let score = child.iter().position(|call| call.contains("oom_score_adj")).map_or(0, |_| 3);
    assert_eq!(child.len(), 9 + score, "{child:#?}");
}

/// How many services there are, and how many bytes of entries the kernel hands over at once.
const SERVICES: usize = 1_000;

fn count(calls: &[String], name: &str) -> usize {
    calls.iter().filter(|call| call.starts_with(name)).count()
}

/// runsvdir under strace, once it has started so many services: strace, its process, and the calls so far.
fn start_traced(services: &Services, number: usize) -> (Supervisor, u32, Vec<String>) {
    let trace = services.path("trace");
    let mut command = traced(&[], RUNSVDIR, &trace);
    command.arg("services").current_dir(services.path("")).env("PATH", search_path());
    let strace = Supervisor::new(spawn(&mut command));
    let is_it = |pid: &u32| read(format!("/proc/{pid}/comm")) == "runsvdir\n";
    let runsvdir = eventually_some("runsvdir", || children(strace.pid()).into_iter().find(is_it));
    let rests = || calls(&trace).last().is_some_and(|call| waits(call));
    eventually("all of them", || children(runsvdir).len() == number && rests());
    (strace, runsvdir, calls(&trace))
}

/// All calls, when a look that came after so many of them is over.
fn look_after(services: &Services, before: usize) -> Vec<String> {
    eventually_some("a look", || {
        let calls = calls(&services.path("trace"));
        let is_over = calls.last().is_some_and(|call| waits(call)) && count(&calls[before..], "getdents64(") > 1;
        is_over.then_some(calls)
    })
}

/// How many services are links into one folder.
const LINKED: usize = 50;

#[test]
fn a_look_follows_links_only_if_something_has_changed_but_names_that_came_and_goes_their_way_once() {
    let services = Services::in_memory();
    for number in 0..LINKED {
        write_file(&services.path(&format!("store/{number}/down")), "", 0o644);
        services.link(&format!("../store/{number}"), &format!("services/{number}"));
    }
    let (_strace, runsvdir, before) = start_traced(&services, LINKED);
    let calls_of = |look: &[String], number: usize| {
        let own = [
            format!(", \"{number}\", "),
            format!("\"./services/{number}\""),
            format!("\"./services/../store/{number}\""),
        ];
        look.iter().filter(|call| own.iter().any(|own| call.contains(own))).count()
    };
    write_file(&services.path("services/file"), "", 0o644);
    let all = look_after(&services, before.len());
    let look = &all[before.len()..];
    let each: Vec<_> = (0..LINKED).map(|number| calls_of(look, number)).collect();
    assert_eq!(each, vec![0; LINKED], "{look:#?}");

    fs::remove_file(services.path("services/file")).expect("its end");
    let look = &look_after(&services, all.len())[all.len()..];
    // Where it leads, to be told when that goes, that it is no link, and which directory the kernel finds.
    let each: Vec<_> = (0..LINKED).map(|number| calls_of(look, number)).collect();
    assert_eq!(each, vec![4; LINKED], "{look:#?}");
    // `..` and `store` are each watched and asked on the way, and `store` for names.
    let way = look.iter().filter(|call| call.contains("\"./services/..\"") || call.contains("\"./services/../store\""));
    assert_eq!(way.count(), 5, "{look:#?}");
    signal(runsvdir, 1);
}

#[test]
fn a_look_asks_no_service_that_it_knows() {
    let services = Services::in_memory();
    for number in 0..SERVICES {
        write_file(&services.path(&format!("services/{number}/down")), "", 0o644);
    }
    let (_strace, runsvdir, before) = start_traced(&services, SERVICES);
    assert_eq!(count(&before, "clone("), SERVICES);
    assert_eq!(count(&before, "inotify_init"), 1, "the first look goes the way once");
    // To be asked, to find no lock in two places, to be made, and to know when.
    let of_all = before.len() / SERVICES;
    assert_eq!(of_all, 5, "{} calls for {SERVICES} starts", before.len());

    // A file comes, which is none of its business, and each directory is as it was.
    write_file(&services.path("services/file"), "", 0o644);
    let all = look_after(&services, before.len());
    let look = &all[before.len()..];
    // To wait, to be told, and to know when, takes as often as there are changes.
    let of_round = ["poll(", "ppoll(", "clock_gettime", "read("].iter().map(|name| count(look, name)).sum::<usize>();
    let entries = count(look, "getdents64(");
    assert_eq!((count(look, "openat("), look.len() - of_round - entries), (1, 7), "{look:#?}");
    assert!(entries <= SERVICES / 25, "{look:#?}");

    // One that is renamed is asked again, and keeps its runsv.
    let known: BTreeSet<u32> = children(runsvdir);
    fs::rename(services.path("services/1"), services.path("services/renamed")).expect("a rename");
    let look = &look_after(&services, all.len())[all.len()..];
    let asked = look.iter().filter(|call| call.contains(", \"renamed\",")).count();
    assert_eq!((asked, children(runsvdir)), (1, known), "{look:#?}");
    signal(runsvdir, 1);
}
