//! What a supervisor holds of the machine: memory of its own and descriptors.
//!
//! Its one law: a supervisor that lives at two measurements holds the same at both.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::processes::{self, Process};

/// What one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holding {
    /// Anonymous memory, in kB: what it has written to. Pages of its file come and go as the kernel likes.
    memory: u64,
    /// Open descriptors.
    descriptors: usize,
}

/// The supervisors of one moment, by process id and time of start.
pub(crate) struct Resources(BTreeMap<(u32, u64), Holding>);

impl Resources {
    /// Measures all supervisors.
    pub(crate) fn measure(runsvdir: u32) -> Result<Resources> {
        let all = processes::look()?;
        let supervisors = processes::supervisors(&all, runsvdir);
        let held: Result<BTreeMap<_, _>> = supervisors.map(|it| Ok(((it.pid, it.start), measure(it)?))).collect();
        Ok(Resources(held?))
    }

    /// Holds the law between this measurement and a later one; how many supervisors lived at both.
    pub(crate) fn compare(&self, later: &Resources) -> Result<usize> {
        let both: Vec<_> = self.0.iter().filter_map(|(name, held)| Some((name, held, later.0.get(name)?))).collect();
        for ((pid, _), before, after) in &both {
            ensure!(before == after, "the supervisor {pid} held {before:?} and holds {after:?}");
        }
        Ok(both.len())
    }
}

fn measure(process: &Process) -> Result<Holding> {
    let pid = process.pid;
    let map = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
    let map = map.with_context(|| format!("unable to read the memory of {:?}", process.words))?;
    let line = map.lines().find_map(|line| line.strip_prefix("Anonymous:"));
    let memory = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"));
    Ok(Holding {
        memory: memory.with_context(|| format!("no anonymous memory in {map}"))?,
        descriptors: descriptors.with_context(|| format!("unable to count descriptors of {pid}"))?.count(),
    })
}
