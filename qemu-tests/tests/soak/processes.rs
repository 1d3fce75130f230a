//! What runs on this machine, as `/proc` shows it at one look.
//!
//! Its one law: a look takes time, so what it shows side by side need not have been there together; whoever concludes
//! something from two processes asks again with [`Process::is_alive`].

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// One process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// When it was started, in ticks: with the process id, this names it for ever.
    pub(crate) start: u64,
    /// It has ended and waits to be reaped.
    pub(crate) is_zombie: bool,
    /// The words of its command line; none for one that ends.
    pub(crate) words: Vec<String>,
}

impl Process {
    /// Reads one; `None` if it is gone.
    fn read(pid: u32) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        // The name, between brackets, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let words = command.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        Some(Process {
            pid,
            parent: fields.get(1)?.parse().ok()?,
            start: fields.get(19)?.parse().ok()?,
            is_zombie: fields.first()?.starts_with(['Z', 'X']),
            words: words.map(|word| String::from_utf8_lossy(word).into_owned()).collect(),
        })
    }

    /// Is it alive, and still what it was?
    pub(crate) fn is_alive(&self) -> bool {
        let same = |now: &Process| now.start == self.start && now.words == self.words && !now.is_zombie;
        Process::read(self.pid).as_ref().is_some_and(same)
    }

    /// The service whose `./run` it is: the file of its numbers, which is its own.
    pub(crate) fn service(&self) -> Option<&str> {
        match self.words.as_slice() {
            [_, run, _, number] if run == "run" && !self.is_zombie => Some(number),
            _ => None,
        }
    }

    /// Of what kind the service is.
    pub(crate) fn kind(&self) -> &str {
        self.words.get(2).map_or("", String::as_str)
    }

    /// Is it the svlogd that writes into this directory?
    pub(crate) fn writes_to(&self, logs: &Path) -> bool {
        let is_svlogd = self.words.first().is_some_and(|word| word == "svlogd");
        is_svlogd && !self.is_zombie && self.words.last().is_some_and(|word| Path::new(word) == logs)
    }
}

/// All processes.
pub(crate) fn look() -> Result<Vec<Process>> {
    let entries = fs::read_dir("/proc").context("unable to read /proc")?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(pids.filter_map(Process::read).collect())
}

/// The supervisors: runsvdir and each runsv that it has started.
pub(crate) fn supervisors(all: &[Process], runsvdir: u32) -> impl Iterator<Item = &Process> {
    let is_runsv = |process: &Process| process.words.first().is_some_and(|word| word == "runsv");
    all.iter().filter(move |process| {
        process.pid == runsvdir || process.parent == runsvdir && !process.is_zombie && is_runsv(process)
    })
}
