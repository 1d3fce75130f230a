//! How many system calls the work costs that supervisors do most, counted by strace.
//!
//! Its one law: the number is exact, so that each call that comes or goes is seen here and has its reason.

use crate::fixture::{IDLE, RUNSV, Service, eventually, read, signal};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

const KILL: u8 = 9;
/// A service that lives a second is started again at once; under strace it starts some time after its stamp.
const LONG_LIFE: Duration = Duration::from_secs(2);

/// strace, which writes what each process calls to a file of its own beside `trace`.
fn traced(program: &str, trace: &Path) -> Command {
    let strace = pilotlight_qemu_tests::host::require("strace", &["strace"]).expect("strace");
    let mut command = Command::new(strace);
    command.args(["-ff", "-qq", "-e", "signal=none", "-o"]).arg(trace).arg(program);
    command
}

/// The calls of a process so far, one a line.
fn calls(trace: &Path, pid: u32) -> Vec<String> {
    let name = format!("{}.{pid}", trace.display());
    read(PathBuf::from(name)).lines().map(String::from).collect()
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
    let _strace = service.start_as(traced(RUNSV, &trace).arg("web").current_dir(service.parent()));
    let pid = service.pid();
    let runsv = eventually_parent(pid);
    let since = service.status().since;
    let since = UNIX_EPOCH + Duration::new(since.unix_seconds().unsigned_abs(), since.nanoseconds());
    eventually("a long life", || since.elapsed().is_ok_and(|life| life > LONG_LIFE));
    signal(pid, KILL);
    let next = service.pid_after(pid);
    eventually("the wait after", || calls(&trace, runsv).last().is_some_and(|call| waits(call)));
    let becomes_run = |child: &[String]| child.iter().position(|call| call.starts_with("execve("));
    // It may be slower than runsv.
    let child = crate::fixture::eventually_some("./run", || {
        let mut child = calls(&trace, next);
        child.truncate(1 + becomes_run(&child)?);
        Some(child)
    });
    let round = last_round(&calls(&trace, runsv)).to_vec();
    signal(runsv, 15);
    (round, child)
}

/// The parent of a process.
fn eventually_parent(pid: u32) -> u32 {
    crate::fixture::eventually_some("a parent", || {
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
