//! Many services under one runsvdir: each is the program `stamp`, which tells its start and stays until a signal ends it.
//!
//! Its one law: all processes of a fleet hold the one pipe that its stamps come from, and nobody else does. So when the pipe has
//! ended the fleet has. It is in memory where that can be had: a disk that others use too is no part of what is measured.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::stamps::{self, Stamps, now};
use crate::conformance::programs::Programs;
use crate::conformance::stage::{Running, SERVICES, Stage, read, until};

/// A runsvdir and its services.
pub struct Fleet {
    // Before the stage: the process group of runsvdir, that of all others too, ends at once.
    runsvdir: Running,
    stage: Stage,
    stamps: Stamps,
}

impl Fleet {
    /// Starts runsvdir in an empty directory; `size` service directories lie ready elsewhere.
    pub fn ready(programs: &Programs, size: usize) -> Result<Self> {
        let stage = Stage::in_memory(programs)?;
        let run = stamps::program()?;
        let run = run.to_str().context("the path of the program stamp is not text")?;
        (0..size).try_for_each(|number| stage.link(&format!("sv/{}/run", name(number)), run))?;
        let (source, sink) = io::pipe().context("unable to make a pipe")?;
        let messages = File::create(stage.path("messages")).context("unable to make a file for messages")?;
        let mut runsvdir = Running::start(stage.command(&["runsvdir", SERVICES]).stdout(sink).stderr(messages))?;
        let stat = format!("/proc/{}/stat", runsvdir.child().id());
        until("a runsvdir that sleeps", || read(&stat).contains(" (runsvdir) S "))?;
        Ok(Self { runsvdir, stage, stamps: Stamps::of(source) })
    }

    /// The same, and waits until all of them run.
    pub fn sailing(programs: &Programs, size: usize) -> Result<Self> {
        let fleet = Self::ready(programs, size)?;
        fleet.launch(0..size)?;
        (0..size).try_for_each(|_| fleet.stamps.next().map(drop))?;
        Ok(fleet)
    }

    /// Links service directories into the services directory.
    pub fn launch(&self, numbers: Range<usize>) -> Result<()> {
        let mut links = numbers.map(name);
        links.try_for_each(|name| self.stage.link(&format!("{SERVICES}/{name}"), &format!("../sv/{name}")))
    }

    /// The starts of its services.
    pub fn stamps(&self) -> &Stamps {
        &self.stamps
    }

    /// Where it is.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The runsvdir.
    pub fn runsvdir(&mut self) -> &mut Running {
        &mut self.runsvdir
    }

    /// The process id of runsvdir.
    pub fn pid(&mut self) -> u32 {
        self.runsvdir.child().id()
    }

    /// Runs `sv COMMAND` on services, which must agree; how long sv takes from its start to its end.
    pub fn sv(&self, command: &str, numbers: Range<usize>) -> Result<Duration> {
        let mut sv: Command = self.stage.command(&["sv", "-w", "100", command]);
        sv.args(numbers.map(name)).stdout(Stdio::null());
        let start = now();
        let status = sv.status().context("unable to run sv")?;
        let took = now() - start;
        ensure!(status.success(), "sv {command}: {status}");
        Ok(took)
    }
}

/// The name of a service.
pub fn name(number: usize) -> String {
    format!("{number:04}")
}

/// The processor time that a process has used, children not counted.
pub fn processor_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/schedstat");
    let text = fs::read_to_string(&path).with_context(|| format!("unable to read {path}"))?;
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse().ok());
    nanoseconds.map(Duration::from_nanos).with_context(|| format!("{path} holds no time"))
}

/// The children of a process of one thread.
pub fn children(pid: u32) -> Result<Vec<u32>> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = fs::read_to_string(&path).with_context(|| format!("unable to read {path}"))?;
    Ok(text.split_whitespace().filter_map(|word| word.parse().ok()).collect())
}
