//! What a supervisor holds of the machine: memory of its own and descriptors.
//!
//! Its one law: a supervisor that lives at two measurements holds the same at both.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

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

/// How often one measurement looks: a supervisor that is looked at while it publishes holds a file more for that moment.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The supervisors of one time, by process id and start.
pub(crate) struct Resources(BTreeMap<(u32, u64), Holding>);

impl Resources {
    /// Measures all supervisors: the least that each holds in some looks.
    pub(crate) fn measure(runsvdir: u32) -> Result<Resources> {
        let all = processes::look()?;
        let supervisors: Vec<&Process> = processes::supervisors(&all, runsvdir).collect();
        let mut held: BTreeMap<(u32, u64), Holding> = BTreeMap::new();
        for _ in 0..LOOKS {
            for process in &supervisors {
                let now = measure(process)?;
                let least = held.entry((process.pid, process.start)).or_insert(now);
                least.memory = least.memory.min(now.memory);
                least.descriptors = least.descriptors.min(now.descriptors);
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        Ok(Resources(held))
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
