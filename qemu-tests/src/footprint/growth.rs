//! How the costs grow with the number of services: `cargo footprint --growth` makes `doc/growth.svg`.
//!
//! Its one law: each number of services has a runsvdir of its own; the original is asked for no more than it takes, 1,000.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::crowd::{LIMIT_OF_THE_ORIGINAL, STATUS_TIMES, Up, end, milliseconds};
use super::fleet::{Fleet, children, processor_time};
use super::idle::number;
use super::plot::{Curve, Panel};
use super::stamps::Spread;
use super::{Row, Scale, Values};
use crate::conformance::programs::{OURS, Programs};
use crate::conformance::stage::{read, until};
use crate::host;

/// Numbers of services; the greatest is near the most that ours supervises, 4,096.
const SIZES: [usize; 4] = [10, 100, 1_000, 4_000];
/// The same for [`Scale::Short`].
const SHORT_SIZES: [usize; 1] = [4];
/// Services that are added one by one to those that run.
const ADDED: usize = 3;
/// Processes of a service: its runsv, and its own.
const PROCESSES: usize = 2;
/// Process ids that others of this machine may have.
const PIDS_OF_OTHERS: usize = 4_000;
/// Memory of a service and its runsv in kB: MemAvailable fell by 840,000 for 4,000 of them, and this is near twice as much.
const MEMORY: usize = 400;
/// A runsvdir that uses no processor for so long rests.
const REST: Duration = Duration::from_millis(50);

/// What is measured, a picture each.
pub const ROWS: &[Row] = &[
    row("up", "all services are up", "ms", "from the first link to the last service's first instruction"),
    row("end", "all have ended after HUP", "ms", "until no process holds their common pipe"),
    row("up-runsvdir", "runsvdir: processor time to start all", "ms", "/proc/PID/schedstat"),
    row("up-runsv", "all runsv: processor time to start", "ms", "/proc/PID/schedstat of each"),
    row("one-more", "runsvdir: processor time for one more", "ms", "the same, median of 3"),
    row("status", "sv status of all", "ms", "median of 5, from the start of sv to its end"),
    row("memory-runsvdir", "runsvdir: private memory", "kB", "/proc/PID/smaps_rollup"),
    row("memory-runsv", "all runsv: private memory", "kB", "/proc/PID/smaps_rollup of each"),
];

const fn row(key: &'static str, what: &'static str, unit: &'static str, how: &'static str) -> Row {
    Row { key, what, unit, how, exact: false }
}

/// Measures all sets at all numbers of services; a picture for each row.
pub fn panels(sets: &[Programs], scale: Scale) -> Result<Vec<Panel>> {
    let mut panels: Vec<_> =
        ROWS.iter().map(|row| Panel { title: format!("{}, {}", row.what, row.unit), curves: Vec::new() }).collect();
    for set in sets {
        ensure!(set.has(&["runsvdir", "runsv", "sv"]), "{} lacks one of runsvdir, runsv, sv", set.title);
        let mut curves: Vec<_> = ROWS.iter().map(|_| Vec::new()).collect();
        let sizes: &[usize] = if scale == Scale::Full { &SIZES } else { &SHORT_SIZES };
        let is_taken = |size: &&usize| set.title == OURS || **size <= LIMIT_OF_THE_ORIGINAL;
        for size in sizes.iter().copied().filter(|size| is_taken(&size)) {
            host::say(&format!("measuring {size} services of {}", set.title));
            let values = measure(set, size).with_context(|| format!("{size} services of {}", set.title))?;
            for (curve, row) in curves.iter_mut().zip(ROWS) {
                let value = values.iter().find(|(key, _)| *key == row.key).context("a row without a value")?;
                curve.push((size, value.1));
            }
        }
        for (panel, points) in panels.iter_mut().zip(curves) {
            panel.curves.push(Curve { title: set.title.clone(), points });
        }
    }
    Ok(panels)
}

/// Starts so many services, measures, and ends them.
fn measure(programs: &Programs, size: usize) -> Result<Values> {
    ensure_room(size)?;
    let mut fleet = Fleet::ready(programs, size)?;
    let pid = fleet.pid();
    let up = Up::of(&mut fleet, size - ADDED)?;
    let mut more = Spread::default();
    for number in size - ADDED..size {
        rest(pid)?;
        let before = processor_time(pid)?;
        fleet.launch(number..number + 1)?;
        fleet.stamps().next()?;
        rest(pid)?;
        more.add(processor_time(pid)?.saturating_sub(before));
    }
    let mut status: Spread = (0..STATUS_TIMES).map(|_| fleet.sv("status", 0..size)).collect::<Result<_>>()?;
    let runsvs = children(pid)?;
    ensure!(runsvs.len() == size, "{} of {size} runsv live", runsvs.len());
    let memory = runsvs.into_iter().map(private).sum::<Result<u64>>()?;
    Ok(vec![
        ("up", milliseconds(up.wall)),
        ("up-runsvdir", milliseconds(up.runsvdir)),
        ("up-runsv", milliseconds(up.runsv)),
        ("one-more", more.median()?),
        ("status", status.median()?),
        ("memory-runsvdir", private(pid)? as f64),
        ("memory-runsv", memory as f64),
        ("end", milliseconds(end(fleet)?)),
    ])
}

/// Waits until a process has used no processor for a while.
fn rest(pid: u32) -> Result<()> {
    until("runsvdir to rest", || {
        let before = processor_time(pid).ok();
        thread::sleep(REST);
        before == processor_time(pid).ok()
    })
}

/// What a process has written to and nobody shares, in kB.
fn private(pid: u32) -> Result<u64> {
    number(pid, "smaps_rollup", "Private_Dirty")
}

/// Is there room for so many services?
fn ensure_room(size: usize) -> Result<()> {
    let pids = read("/proc/sys/kernel/pid_max").trim().parse::<usize>().context("pid_max cannot be read")?;
    let needed = size * PROCESSES + PIDS_OF_OTHERS;
    ensure!(
        pids >= needed,
        "{size} services need {needed} process ids; raise /proc/sys/kernel/pid_max, which is {pids}"
    );
    let text = read("/proc/meminfo");
    let available = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.split_whitespace().next());
    let available =
        available.and_then(|digits| digits.parse::<usize>().ok()).context("no MemAvailable in /proc/meminfo")?;
    let needed = size * MEMORY;
    ensure!(available >= needed, "{size} services need {needed} kB of memory, and {available} are available");
    Ok(())
}
