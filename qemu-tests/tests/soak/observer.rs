//! The laws that hold at every moment, looked at without knowing anything of the plan.
//!
//! Its one law: what may be so for a moment (a process that has just ended, a status about to be published) is a breach only
//! when it stays for [`PATIENCE`]; two live runs of one service, and a status that is none, are one at once.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use protocol::status::{LENGTH, State, Status};

use crate::processes::{self, Process};

/// How long something may be otherwise than it should be, on a machine that is slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// Watches one runsvdir and all below it.
pub(crate) struct Observer {
    root: PathBuf,
    runsvdir: u32,
    /// What is otherwise than it should be, and since when.
    suspicions: BTreeMap<String, Instant>,
    /// How many looks were taken.
    pub(crate) looks: u64,
}

impl Observer {
    pub(crate) fn new(root: &Path, runsvdir: u32) -> Observer {
        Observer { root: root.to_owned(), runsvdir, suspicions: BTreeMap::new(), looks: 0 }
    }

    /// Takes one look, and holds all laws.
    pub(crate) fn look(&mut self) -> Result<()> {
        let all = processes::look()?;
        let supervisors: Vec<u32> = processes::supervisors(&all, self.runsvdir).map(|process| process.pid).collect();
        ensure!(supervisors.contains(&self.runsvdir), "runsvdir has ended");
        self.no_two_runs(&all)?;
        let mut suspicions = Vec::new();
        for process in &all {
            if process.is_zombie && supervisors.contains(&process.parent) {
                suspicions.push(format!("{} is a zombie below {}", process.pid, process.parent));
            }
            if self.service(process).is_some() {
                suspicions.extend(unknown_to_its_status(process)?);
            }
        }
        for status in self.statuses()? {
            suspicions.extend(without_process(&status, &all)?);
        }
        self.keep(suspicions)?;
        self.looks += 1;
        Ok(())
    }

    /// The service of this site whose `./run` the process is.
    fn service<'a>(&self, process: &'a Process) -> Option<&'a str> {
        process.service().filter(|number| Path::new(number).starts_with(&self.root))
    }

    fn no_two_runs(&self, all: &[Process]) -> Result<()> {
        let mut runs: BTreeMap<&str, &Process> = BTreeMap::new();
        for process in all {
            let Some(service) = self.service(process) else { continue };
            // A run's child has its words for the moment until it becomes another program.
            if all.iter().any(|parent| parent.pid == process.parent && parent.service() == Some(service)) {
                continue;
            }
            let Some(other) = runs.insert(service, process) else { continue };
            // The other one was alive before and after the moment at which this one was: then both were.
            let both = other.is_alive() && process.is_alive() && other.is_alive();
            ensure!(!both, "two live runs of {service}: {} and {}", other.pid, process.pid);
        }
        Ok(())
    }

    /// The status files of all services and their logs.
    fn statuses(&self) -> Result<Vec<PathBuf>> {
        let services = fs::read_dir(self.root.join("services")).context("unable to read the services directory")?;
        let paths = services.flatten().map(|entry| entry.path());
        Ok(paths.flat_map(|path| ["", "log"].map(|log| path.join(log).join("supervise/status"))).collect())
    }

    /// Forgets what is well again, and fails for what has stayed too long.
    fn keep(&mut self, suspicions: Vec<String>) -> Result<()> {
        self.suspicions.retain(|known, _| suspicions.contains(known));
        for suspicion in suspicions {
            let since = *self.suspicions.entry(suspicion.clone()).or_insert_with(Instant::now);
            ensure!(since.elapsed() < PATIENCE, "for {PATIENCE:?} now: {suspicion}");
        }
        Ok(())
    }
}

/// Reads a status; `None` where there is none now: a service not yet supervised or just removed, a process just ended.
pub(crate) fn status(path: &Path) -> Result<Option<Status>> {
    const NO_SUCH_PROCESS: i32 = 3;
    match fs::read(path) {
        Ok(record) => {
            let status = Status::decode(&record);
            let length = record.len();
            status.map(Some).with_context(|| format!("{} has {length} bytes, not {LENGTH}", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(NO_SUCH_PROCESS) => Ok(None),
        Err(error) => bail!("unable to read {}: {error}", path.display()),
    }
}

/// A live run that the status of its directory does not tell of.
fn unknown_to_its_status(process: &Process) -> Result<Option<String>> {
    // Wherever the directory is by now; the status of one that is removed cannot be read, nor can that of a dead process.
    let path = PathBuf::from(format!("/proc/{}/cwd/supervise/status", process.pid));
    let Some(status) = status(&path)? else { return Ok(None) };
    let is_known = status.pid == process.pid && status.state == State::Run;
    Ok((!is_known).then(|| format!("{} runs {:?}, its status says {}", process.pid, process.service(), status.pid)))
}

/// A status that tells of a process which is not there, or of none in a state that has one.
fn without_process(path: &Path, all: &[Process]) -> Result<Option<String>> {
    let Some(status) = status(path)? else { return Ok(None) };
    let is_there = all.iter().any(|process| process.pid == status.pid && !process.is_zombie);
    let is_well = if status.state == State::Down { status.pid == 0 } else { is_there };
    Ok((!is_well).then(|| format!("{} says {status:?}", path.display())))
}
