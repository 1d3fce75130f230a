//! The footprint: what the programs cost in bytes, memory, wakeups, system calls and time, ours beside others.
//!
//! Duty: `cargo footprint` and the tests of budgets. Its one law: all sets of programs are measured in one run on one machine,
//! topic by topic, in the same way; a number that was not measured in it is not shown.

pub mod boot;
pub mod calls;
pub mod crowd;
pub mod fleet;
pub mod growth;
pub mod idle;
pub mod latency;
pub mod memory;
pub mod plot;
pub mod record;
pub mod sizes;
pub mod stamps;
pub mod table;
pub mod targets;
pub mod tools;
pub mod wakeups;

use std::collections::BTreeMap;
use std::fs;
use std::thread;

use anyhow::{Context, Result, anyhow};

use crate::conformance::programs::Programs;
use crate::host;
use table::{Measured, Section};

/// A row: something that is measured.
pub struct Row {
    /// Its name in the recorded run and among the budgets: unique over all topics.
    pub key: &'static str,
    /// What it is, for a person.
    pub what: &'static str,
    /// The unit of its values.
    pub unit: &'static str,
    /// How it is measured.
    pub how: &'static str,
    /// Is it the same each time? Else the machine and its load are in it.
    pub exact: bool,
}

/// How much work a measurement may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As much as the table's numbers need.
    Full,
    /// A few repetitions and services: proof that it works, and exact rows.
    Short,
}

impl Scale {
    /// The number for this scale.
    pub fn of(self, full: usize, short: usize) -> usize {
        if self == Self::Full { full } else { short }
    }
}

/// Values by the keys of their rows.
pub type Values = Vec<(&'static str, f64)>;

/// Rows that are measured together.
pub struct Topic {
    /// Its name for a person, and for `--only`.
    pub title: &'static str,
    /// Its rows, in the order of the table.
    pub rows: &'static [Row],
    /// Are all sets measured at the same time? For what mostly waits; else each in turn.
    pub at_once: bool,
    /// Measures a set. A row that the set cannot give, because it lacks a program, is left out.
    pub measure: fn(&Programs, Scale) -> Result<Values>,
}

/// All topics, in the order of the table.
pub const TOPICS: &[Topic] = &[
    sizes::TOPIC,
    sizes::SECTIONS,
    memory::TOPIC,
    memory::KERNEL,
    wakeups::TOPIC,
    calls::TOPIC,
    latency::TOPIC,
    crowd::TOPIC,
    tools::TOPIC,
    boot::TOPIC,
];

/// Measures the sets in one topic. What fails is a row without a value, and an error at the end of the list.
pub fn measure(topic: &Topic, sets: &[Programs], scale: Scale) -> (Section, Vec<anyhow::Error>) {
    let one = |set: &Programs| {
        host::say(&format!("measuring {} of {}", topic.title, set.title));
        (topic.measure)(set, scale).with_context(|| format!("{} of {}", topic.title, set.title))
    };
    let results: Vec<_> = if topic.at_once {
        thread::scope(|scope| {
            let threads: Vec<_> = sets.iter().map(|set| scope.spawn(move || one(set))).collect();
            let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
            joined.map(|result| result.unwrap_or_else(|_| Err(anyhow!("{} ended early", topic.title)))).collect()
        })
    } else {
        sets.iter().map(one).collect()
    };
    let mut errors = Vec::new();
    let mut all: BTreeMap<&str, BTreeMap<String, f64>> = BTreeMap::new();
    for (set, result) in sets.iter().zip(results) {
        let values = result.unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        for (key, value) in values {
            if topic.rows.iter().all(|row| row.key != key) {
                errors.push(anyhow!("{} has no row {key}", topic.title));
            }
            all.entry(key).or_default().insert(set.title.clone(), value);
        }
    }
    let rows = topic.rows.iter().map(|row| Measured::of(row, all.remove(row.key).unwrap_or_default())).collect();
    let sets = sets.iter().map(|set| set.title.clone()).collect();
    (Section { title: topic.title.into(), kernel: kernel(), sets, rows }, errors)
}

/// The kernel of this machine: its release without what its builder calls it, and its architecture.
fn kernel() -> String {
    kernel_of(&fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default())
}

fn kernel_of(release: &str) -> String {
    let version = release.trim_end().split(['-', '+']).next().unwrap_or_default();
    format!("Linux {version} {}", std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_kernel_is_told_by_its_version_alone() {
        let expected = format!("Linux 6.1.90 {}", std::env::consts::ARCH);
        assert_eq!(kernel_of("6.1.90-23-mine\n"), expected);
        assert_eq!(kernel_of("6.1.90\n"), expected);
    }

    #[test]
    fn no_two_rows_have_the_same_key_and_the_readme_shows_rows_that_there_are() {
        let keys: Vec<_> = TOPICS.iter().flat_map(|topic| topic.rows).map(|row| row.key).collect();
        let mut distinct: BTreeSet<_> = keys.iter().copied().collect();
        assert_eq!(distinct.len(), keys.len());
        assert!(record::SELECTION.iter().all(|key| distinct.remove(*key)), "each is a row, and there once");
    }
}
