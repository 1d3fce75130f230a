//! A thousand services of which a hundred fail all the time: what that costs, and that the others do not notice.
//!
//! Its one law: processor time is counted for each restart, so that no assertion depends on how fast the machine is.

use crate::capacity::children;
use crate::fixture::{Supervisor, eventually, is_alive, read, signal, spawn, write_file, write_script};
use crate::services::Services;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;
use temp_dir::TempDir;

const KILL: u8 = 9;
/// How many fail, and how many do not.
const FAILING: usize = 100;
const QUIET: usize = 900;
/// How often each that fails is started while it is watched.
const RESTARTS: usize = 4;
/// Processor time of runsv and runsvdir for one restart, at most.
const FOR_ONE_RESTART: Duration = Duration::from_millis(20);

/// A thousand services, the quiet ones with a process each.
struct Crowd {
    services: Services,
    /// Holds the script that all quiet ones share, for nothing is executed in memory.
    _scripts: TempDir,
}

impl Crowd {
    /// One in which `fail` makes the services that fail, given the script and the service directory.
    fn new(script: &str, fail: impl Fn(&Services, &str)) -> Crowd {
        let (services, scripts) = (Services::in_memory(), TempDir::new().expect("a temporary directory"));
        for (name, count, script) in [("quiet", QUIET, "exec sleep 1000"), ("failing", FAILING, script)] {
            write_script(&scripts.child(name), script);
            for number in 0..count {
                let service = services.path(&format!("services/{name}-{number}"));
                fs::create_dir(&service).expect("a service");
                symlink(scripts.child(name), service.join("run")).expect("its run");
            }
        }
        (0..FAILING).for_each(|number| fail(&services, &format!("services/failing-{number}")));
        // Told once at each look: what looks are counted by.
        services.link("nowhere", "services/look");
        Crowd { services, _scripts: scripts }
    }

    fn start(&self) -> Supervisor {
        Supervisor::new(spawn(&mut self.services.command(&["services"])))
    }

    /// Waits until all quiet services run; the pid of each.
    fn quiet(&self) -> BTreeMap<usize, u32> {
        let pid =
            |number| read(self.services.path(&format!("services/quiet-{number}/supervise/pid"))).trim().parse().ok();
        eventually("the quiet services", || (0..QUIET).all(|number| pid(number).is_some()));
        (0..QUIET).map(|number| (number, pid(number).expect("a pid"))).collect()
    }

    /// How often runsvdir has looked.
    fn looks(&self) -> usize {
        let told = "runsvdir services: warning: unable to stat look: file does not exist";
        self.services.messages().lines().filter(|line| *line == told).count()
    }
}

/// The processor time that processes have used so far, those that are gone left out.
fn used(pids: &BTreeSet<u32>) -> Duration {
    let used = |pid: &u32| {
        let stat = read(format!("/proc/{pid}/schedstat"));
        stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<u64>().ok()).unwrap_or_default()
    };
    Duration::from_nanos(pids.iter().map(used).sum())
}

/// How often a process has begun to wait.
fn waits(pid: u32) -> u64 {
    let status = read(format!("/proc/{pid}/status"));
    let waits = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    waits.and_then(|waits| waits.trim().parse().ok()).expect("a number")
}

#[test]
fn a_hundred_that_crash_all_the_time_cost_little_and_the_others_stay_up() {
    let crowd = Crowd::new("echo start >>starts", |_, _| ());
    let mut runsvdir = crowd.start();
    let quiet = crowd.quiet();
    let starts = || -> usize {
        let starts = |number| read(crowd.services.path(&format!("services/failing-{number}/starts"))).lines().count();
        (0..FAILING).map(starts).sum()
    };
    eventually("all started", || children(runsvdir.pid()).len() == QUIET + FAILING && starts() > FAILING);
    let supervisors: BTreeSet<u32> = children(runsvdir.pid()).into_iter().chain([runsvdir.pid()]).collect();
    let (before, started, waited) = (used(&supervisors), starts(), waits(runsvdir.pid()));
    assert!(before > Duration::ZERO, "the kernel counts no processor time");
    eventually("restarts", || starts() >= started + RESTARTS * FAILING);
    let (used, restarts) = (used(&supervisors) - before, (starts() - started) as u32);
    assert!(used < FOR_ONE_RESTART * restarts, "{used:?} for {restarts} restarts");
    // Nothing of this is the business of runsvdir, which sleeps.
    assert_eq!(waits(runsvdir.pid()), waited);
    assert_eq!(crowd.quiet(), quiet);

    // A hundred supervisors at once are another matter: each is followed by one that takes over the service that lives.
    let is_quiet = |pid: &u32| read(format!("/proc/{pid}/cmdline")).starts_with("runsv\0quiet");
    let killed: Vec<u32> = supervisors.into_iter().filter(is_quiet).take(100).collect();
    let looks = crowd.looks();
    killed.iter().for_each(|pid| signal(*pid, KILL));
    eventually("others in their place", || {
        let now = children(runsvdir.pid());
        now.len() == QUIET + FAILING && !killed.iter().any(|pid| now.contains(pid))
    });
    assert_eq!(crowd.quiet(), quiet);
    assert!(quiet.values().all(|pid| is_alive(*pid)));
    assert!(crowd.looks() - looks <= killed.len(), "{} looks", crowd.looks() - looks);
    runsvdir.signal(1);
    assert_eq!(runsvdir.ended().code(), Some(111));
}

#[test]
fn a_hundred_supervisors_that_cannot_start_do_not_let_runsvdir_look_without_end() {
    let crowd = Crowd::new("exit", |services, name| write_file(&services.path(name).join("supervise"), "", 0o644));
    let runsvdir = crowd.start();
    let quiet = crowd.quiet();
    let attempts =
        || crowd.services.messages().lines().filter(|line| line.contains("supervise/lock: not a directory")).count();
    eventually("all tried", || attempts() > FAILING);
    let itself = BTreeSet::from([runsvdir.pid()]);
    let (before, attempted, looked) = (used(&itself), attempts(), crowd.looks());
    eventually("attempts", || attempts() >= attempted + RESTARTS * FAILING);
    let (used, attempts, looks) = (used(&itself) - before, attempts() - attempted, crowd.looks() - looked);
    assert!(used < FOR_ONE_RESTART * attempts as u32, "{used:?} for {attempts} attempts");
    assert!(looks <= attempts / 2, "{looks} looks for {attempts} attempts");
    assert_eq!(crowd.quiet(), quiet);
}
