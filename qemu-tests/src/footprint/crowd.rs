//! A thousand services at once: until they are up, what that costs, `sv status` of all, and until they are down again.
//!
//! Its one law: the number is the most that the original takes, so that both do the same work.

use std::time::Duration;

use anyhow::Result;
use protocol::control::Signal;

use super::fleet::{Fleet, children, processor_time};
use super::stamps::{Spread, now};
use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;

/// The most services that the original supervises.
pub(super) const LIMIT_OF_THE_ORIGINAL: usize = 1_000;
/// Times that `sv status` is asked.
pub(super) const STATUS_TIMES: usize = 5;

/// What is measured here.
pub const TOPIC: Topic = Topic {
    title: "crowd",
    at_once: false,
    rows: &[
        Row {
            key: "crowd.up",
            what: "until all run",
            unit: "ms",
            how: "from the first of 1,000 links to the first instruction of the last service; once",
            exact: false,
        },
        Row {
            key: "crowd.up-runsvdir",
            what: "processor time of runsvdir for that",
            unit: "ms",
            how: "/proc/PID/schedstat, children not counted",
            exact: false,
        },
        Row {
            key: "crowd.up-runsv",
            what: "processor time of the 1,000 runsv for that",
            unit: "ms",
            how: "/proc/PID/schedstat of each, children not counted",
            exact: false,
        },
        Row {
            key: "crowd.status",
            what: "`sv status` of all",
            unit: "ms",
            how: "median of 5, from the start of sv to its end",
            exact: false,
        },
        Row {
            key: "crowd.down",
            what: "`sv down` of all",
            unit: "ms",
            how: "from the start of sv to its end, which is when all are down; once",
            exact: false,
        },
        Row {
            key: "crowd.end",
            what: "HUP to runsvdir, until all have ended",
            unit: "ms",
            how: "all services run; until no process holds their common pipe; once",
            exact: false,
        },
    ],
    measure,
};

fn measure(programs: &Programs, scale: Scale) -> Result<Values> {
    if !programs.has(&["runsvdir", "runsv", "sv"]) {
        return Ok(Values::new());
    }
    let size = scale.of(LIMIT_OF_THE_ORIGINAL, 10);
    let mut fleet = Fleet::ready(programs, size)?;
    let up = Up::of(&mut fleet, size)?;
    let mut status: Spread = (0..STATUS_TIMES).map(|_| fleet.sv("status", 0..size)).collect::<Result<_>>()?;
    let down = fleet.sv("down", 0..size)?;
    fleet.sv("up", 0..size)?;
    Ok(vec![
        ("crowd.up", milliseconds(up.wall)),
        ("crowd.up-runsvdir", milliseconds(up.runsvdir)),
        ("crowd.up-runsv", milliseconds(up.runsv)),
        ("crowd.status", status.median()?),
        ("crowd.down", milliseconds(down)),
        ("crowd.end", milliseconds(end(fleet)?)),
    ])
}

/// What the start of a fleet took.
pub(super) struct Up {
    /// From the first link to the last service's first instruction.
    pub(super) wall: Duration,
    /// Processor time of runsvdir.
    pub(super) runsvdir: Duration,
    /// Processor time of all runsv together.
    pub(super) runsv: Duration,
}

impl Up {
    /// Launches a fleet that is ready.
    pub(super) fn of(fleet: &mut Fleet, size: usize) -> Result<Self> {
        let pid = fleet.pid();
        let (before, start) = (processor_time(pid)?, now());
        fleet.launch(0..size)?;
        let mut last = start;
        for _ in 0..size {
            last = last.max(fleet.stamps().next()?.at);
        }
        let runsvdir = processor_time(pid)?.saturating_sub(before);
        let runsv = children(pid)?.into_iter().map(processor_time).sum::<Result<_>>()?;
        Ok(Self { wall: last - start, runsvdir, runsv })
    }
}

/// Ends a fleet; how long that takes.
pub(super) fn end(mut fleet: Fleet) -> Result<Duration> {
    let start = now();
    fleet.runsvdir().signal(Signal::HUP);
    Ok(fleet.stamps().end()? - start)
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
