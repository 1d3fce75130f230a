//! Memory: what each program holds while it idles, and what one more service costs.
//!
//! Its one law: kB as the kernel counts them, in pages. The kernel puts the stack elsewhere at each start, which may make it one
//! page more: an exact row is the least of several starts, a noisy one the median.

use std::fs;

use anyhow::{Context, Result};

use super::idle::{Idle, number};
use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;
use crate::host;

/// What is measured here.
pub const TOPIC: Topic = Topic { title: "memory", at_once: false, rows: ROWS, measure };

/// What is beside the process, in a topic of its own: it takes long, and is noisy.
pub const KERNEL: Topic = Topic {
    title: "the kernel's share",
    at_once: false,
    rows: &[row(
        "service.kernel",
        "one more service that is down: the kernel's share",
        "KernelStack, PageTables, SUnreclaim of /proc/meminfo, from 100 to 1,000 services; median of 3 that agree",
        false,
    )],
    measure: measure_kernel,
};

/// What is read of each program: the start of the key, the file in /proc/PID, the names of the lines whose sum it is.
/// Private_Dirty alone would count pages of a program's file that was just built and is not on the disk yet.
const KINDS: [(&str, &str, &[&str]); 8] = [
    ("private", "smaps_rollup", &["Anonymous"]),
    ("anonymous", "status", &["RssAnon"]),
    ("file", "status", &["RssFile"]),
    ("own", "smaps_rollup", &["Private_Clean", "Private_Dirty"]),
    ("resident", "status", &["VmRSS"]),
    ("pss", "smaps_rollup", &["Pss"]),
    ("virtual", "status", &["VmSize"]),
    ("tables", "status", &["VmPTE"]),
];

macro_rules! rows_of {
    ($($program:literal $what:literal $least:literal $median:literal)*) => {
        &[
            $(row(concat!("private.", $program), concat!($what, ": private and written"),
                concat!("Anonymous of smaps_rollup, ", $least), true),
            row(concat!("anonymous.", $program), concat!($what, ": anonymous"), concat!("RssAnon, ", $median), false),
            row(concat!("file.", $program), concat!($what, ": mapped of its file"), concat!("RssFile, ", $least), true),
            row(concat!("own.", $program), concat!($what, ": private"),
                concat!("Private_Clean and Private_Dirty, ", $median), false),
            row(concat!("resident.", $program), concat!($what, ": resident"), concat!("VmRSS, ", $median), false),
            row(concat!("pss.", $program), concat!($what, ": proportional"), concat!("Pss, ", $median), false),
            row(concat!("virtual.", $program), concat!($what, ": address space"), concat!("VmSize, ", $median), false),
            row(concat!("tables.", $program), concat!($what, ": page tables"), concat!("VmPTE, ", $median), false),)*
            row("service.private", "one more service: private and written of its runsv, growth of runsvdir",
                "Anonymous of all, from 100 to 1,000 services", true),
        ]
    };
}

const ROWS: &[Row] = rows_of!(
    "runit" "runit" "least of 9 starts" "median of 9 starts"
    "runsvdir-1" "runsvdir, 1 service" "least of 9 starts" "median of 9 starts"
    "runsvdir-100" "runsvdir, 100 services" "least of 4 starts" "median of 4 starts"
    "runsvdir-1000" "runsvdir, 1,000 services" "least of 4 starts" "median of 4 starts"
    "runsv" "runsv" "least of 9 starts" "median of 9 starts"
    "runsv-log" "runsv with log service" "least of 9 starts" "median of 9 starts"
    "svlogd" "svlogd" "least of 9 starts" "median of 9 starts"
);

/// Starts of a program of which the least or the median is taken.
const STARTS: usize = 9;
/// The same of a runsvdir with many services, whose starts take long.
const CROWD_STARTS: usize = 4;
/// The numbers of services between which the growth is taken: few, and the most that the original has.
const FEW: usize = 100;
const MANY: usize = 1_000;
/// Times that the kernel's share is measured, and how far apart they may be, as a part of their median: what the kernel holds for
/// others, who come and go, is in the same numbers.
const KERNEL_TIMES: usize = 3;
const AGREEMENT: f64 = 0.2;
/// Few and many, where only the way is tried.
const SHORT: (usize, usize) = (5, 10);

const fn row(key: &'static str, what: &'static str, how: &'static str, exact: bool) -> Row {
    Row { key, what, unit: "kB", how, exact }
}

fn measure(programs: &Programs, scale: Scale) -> Result<Values> {
    let (starts, (few, many)) = (if scale == Scale::Full { STARTS } else { 1 }, crowd_sizes(scale));
    let mut values = Values::new();
    let mut add = |program: &str, start: &dyn Fn() -> Result<Idle>| -> Result<()> {
        values.extend(starts_of(program, starts, start)?);
        Ok(())
    };
    if programs.has(&["runit"]) {
        add("runit", &|| Idle::runit(programs))?;
    }
    if programs.has(&["runsv"]) {
        add("runsv", &|| Idle::runsv(programs, false))?;
        add("runsv-log", &|| Idle::runsv(programs, true))?;
    }
    if programs.has(&["svlogd"]) {
        add("svlogd", &|| Idle::svlogd(programs))?;
    }
    if programs.has(&["runsv", "runsvdir"]) {
        add("runsvdir-1", &|| Idle::runsvdir(programs, 1, false))?;
        values.extend(crowds(programs, starts.min(CROWD_STARTS), few, many)?);
    }
    Ok(values)
}

/// What a program holds, over some starts.
fn starts_of(program: &str, starts: usize, start: &dyn Fn() -> Result<Idle>) -> Result<Values> {
    let mut all: Vec<Vec<u64>> = vec![Vec::new(); KINDS.len()];
    for _ in 0..starts {
        let idle = start()?;
        for (values, (_, file, lines)) in all.iter_mut().zip(KINDS) {
            values.push(held(idle.pid, file, lines)?);
        }
    }
    let mut chosen = Values::new();
    for (mut values, (kind, ..)) in all.into_iter().zip(KINDS) {
        values.sort_unstable();
        let row = row_of(kind, program)?;
        let place = if row.exact { 0 } else { values.len() / 2 };
        chosen.push((row.key, *values.get(place).context("nothing was started")? as f64));
    }
    Ok(chosen)
}

fn row_of(kind: &str, program: &str) -> Result<&'static Row> {
    let key = format!("{kind}.{program}");
    ROWS.iter().find(|row| row.key == key).with_context(|| format!("memory has no row {key}"))
}

fn held(pid: u32, file: &str, lines: &[&str]) -> Result<u64> {
    lines.iter().map(|line| number(pid, file, line)).sum()
}

/// What runsvdir holds with few services and with many, and what one more of them costs in all supervisors.
fn crowds(programs: &Programs, starts: usize, few: usize, many: usize) -> Result<Values> {
    let mut values = Values::new();
    let mut private = Vec::new();
    for (program, services) in [("runsvdir-100", few), ("runsvdir-1000", many)] {
        let start = || Idle::runsvdir(programs, services, false);
        values.extend(starts_of(program, starts, &start)?);
        let crowd = start()?;
        let mut pids = crowd.supervisors()?;
        anyhow::ensure!(pids.len() == services, "{} of {services} runsv live", pids.len());
        pids.push(crowd.pid);
        let total = pids.into_iter().map(|pid| held(pid, "smaps_rollup", &["Anonymous"])).sum::<Result<u64>>()?;
        private.push(total as f64);
    }
    let growth = private.last().zip(private.first()).map(|(last, first)| last - first).unwrap_or_default();
    values.push(("service.private", growth / (many - few) as f64));
    Ok(values)
}

/// Few services and many.
fn crowd_sizes(scale: Scale) -> (usize, usize) {
    if scale == Scale::Full { (FEW, MANY) } else { SHORT }
}

fn measure_kernel(programs: &Programs, scale: Scale) -> Result<Values> {
    let (few, many) = crowd_sizes(scale);
    if !programs.has(&["runsv", "runsvdir"]) {
        return Ok(Values::new());
    }
    let times = if scale == Scale::Full { KERNEL_TIMES } else { 1 };
    // The first fills what the kernel keeps for those that come after it, and does not count.
    let all = (0..=times).map(|_| kernels_share(programs, few, many));
    let mut shares = all.skip(1).collect::<Result<Vec<_>>>()?;
    shares.sort_by(f64::total_cmp);
    let [least, median, most] = [0, times / 2, times - 1].map(|at| shares.get(at).copied().unwrap_or_default());
    if most - least > median.abs() * AGREEMENT {
        host::say(&format!("others use this machine's memory: from {least:.0} to {most:.0} kB for one more service"));
        return Ok(Values::new());
    }
    Ok(vec![("service.kernel", median)])
}

/// What the kernel holds for one more runsv whose service is down: its process, its fifos, its descriptors.
fn kernels_share(programs: &Programs, few: usize, many: usize) -> Result<f64> {
    let crowd = Idle::runsvdir(programs, few, true)?;
    let before = kernel()?;
    crowd.add(few..many, true)?;
    Ok((kernel()? - before) / (many - few) as f64)
}

/// What the kernel holds and cannot give back, in kB.
fn kernel() -> Result<f64> {
    let text = fs::read_to_string("/proc/meminfo").context("unable to read /proc/meminfo")?;
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let meant = lines.filter(|(name, _)| ["KernelStack", "PageTables", "SUnreclaim"].contains(name));
    let numbers = meant.map(|(_, value)| value.trim().trim_end_matches(" kB").parse::<f64>());
    numbers.sum::<Result<f64, _>>().context("/proc/meminfo is not what it was")
}
