//! Wakeups: how often programs that have nothing to do come to life all the same.
//!
//! Its one law: all sets are looked at in the same minute, all of their programs at once.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::idle::{Idle, switches};
use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;

/// What is measured here.
pub const TOPIC: Topic = Topic {
    title: "wakeups",
    at_once: true,
    rows: &[
        row("wakeups.runit", "runit, in stage 2"),
        row("wakeups.runsvdir", "runsvdir, one service"),
        row("wakeups.runsv", "runsv, with log service"),
        row("wakeups.svlogd", "svlogd"),
    ],
    measure,
};

/// What follows on a start is over by then: the original looks once a second at a directory that has changed.
const REST: Duration = Duration::from_secs(7);
/// How long programs are looked at.
const MINUTE: Duration = Duration::from_secs(60);
/// The same, where only the way is tried.
const SECOND: Duration = Duration::from_secs(1);

const fn row(key: &'static str, what: &'static str) -> Row {
    Row { key, what, unit: "in 60 s", how: "context switches of the process, of both kinds", exact: true }
}

fn measure(programs: &Programs, scale: Scale) -> Result<Values> {
    match scale {
        Scale::Full => measure_for(programs, REST, MINUTE),
        Scale::Short => measure_for(programs, Duration::ZERO, SECOND),
    }
}

/// The wakeups in a time, after a rest.
pub fn measure_for(programs: &Programs, rest: Duration, time: Duration) -> Result<Values> {
    let mut idle = Vec::new();
    if programs.has(&["runit"]) {
        idle.push(("wakeups.runit", Idle::runit(programs)?));
    }
    if programs.has(&["runsvdir", "runsv"]) {
        idle.push(("wakeups.runsvdir", Idle::runsvdir(programs, 1, false)?));
    }
    if programs.has(&["runsv"]) {
        idle.push(("wakeups.runsv", Idle::runsv(programs, true)?));
    }
    if programs.has(&["svlogd"]) {
        idle.push(("wakeups.svlogd", Idle::svlogd(programs)?));
    }
    thread::sleep(rest);
    let count = || idle.iter().map(|(_, idle)| switches(idle.pid)).collect::<Result<Vec<_>>>();
    let before = count()?;
    thread::sleep(time);
    let woken = before.into_iter().zip(count()?).map(|(before, after)| (after - before) as f64);
    Ok(idle.iter().map(|(key, _)| *key).zip(woken).collect())
}
