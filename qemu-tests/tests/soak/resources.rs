//! What a supervisor holds of the machine: memory of its own and descriptors.
//!
//! Its one law: a supervisor that lives at two measurements holds the same at both, but for pages of its stack and its fixed
//! tables that it reached later for the first time.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::processes::{self, Process};

/// What one holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holding {
    /// Anonymous memory, in kB: what it has written to. Pages of its file come and go as the kernel likes.
    memory: u64,
    /// What its descriptors lead to, but for the one by which it watches a process that it has taken over: that process is
    /// another one's child, or there is none.
    descriptors: Vec<String>,
}

/// Kilobytes that may come once: what is seldom done (a lock that another holds, a path through links) reaches two pages deeper
/// into the stack, and a table's next page is touched when it fills. There is no allocator; what is lost each time is far more.
const SELDOM: u64 = 12;

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
                // One that has ended meanwhile lives at no later measurement either.
                let Ok(now) = measure(process.pid) else { continue };
                let least = held.entry((process.pid, process.start)).or_insert_with(|| now.clone());
                least.memory = least.memory.min(now.memory);
                if now.descriptors.len() < least.descriptors.len() {
                    least.descriptors = now.descriptors;
                }
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        Ok(Resources(held))
    }

    /// Holds the law between this measurement and a later one; how many supervisors lived at both.
    pub(crate) fn compare(&self, later: &Resources) -> Result<usize> {
        let both: Vec<_> = self.0.iter().filter_map(|(name, held)| Some((name, held, later.0.get(name)?))).collect();
        for ((pid, _), before, after) in &both {
            let is_same =
                before.memory.abs_diff(after.memory) <= SELDOM && before.descriptors.len() == after.descriptors.len();
            ensure!(is_same, "the supervisor {pid} held {before:?} and holds {after:?}");
        }
        Ok(both.len())
    }
}

fn measure(pid: u32) -> Result<Holding> {
    let map = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("unable to read its memory")?;
    let line = map.lines().find_map(|line| line.strip_prefix("Anonymous:"));
    let memory = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).context("unable to read its descriptors")?;
    let targets = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    let targets = targets.map(|target| target.display().to_string()).filter(|target| !target.contains("pidfd"));
    Ok(Holding { memory: memory.context("no anonymous memory")?, descriptors: targets.collect() })
}
