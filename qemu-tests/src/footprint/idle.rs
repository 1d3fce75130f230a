//! Programs that idle, each as a device has it: what is supervised sleeps, what is logged says nothing.
//!
//! Its one law: a program is handed out when it has gone to sleep, and ends, with all that it started, when it is dropped.

use std::fs;
use std::io::{PipeWriter, pipe};

use anyhow::{Context, Result, bail};

use super::fleet::children;
use crate::conformance::programs::Programs;
use crate::conformance::service::{IDLE, Service};
use crate::conformance::stage::{Running, SERVICES, Stage, read, until};

/// What the first stage of a system and the scripts of it are; the file tells that stage 2 has begun.
const STAGES: [(&str, &str); 3] = [("1", "exit 0"), ("2", "echo >/etc/begun; exec sleep 1000"), ("3", "exit 0")];
/// Becomes process 1 on the stage's /etc, and where it cannot be heard. Arguments: the stage, runit.
const BOOT: &str = r#"mount --bind "$1/etc" /etc
mount -t tmpfs run /run
if [ -e /dev/console ]; then mount --bind /dev/null /dev/console; fi
exec "$1/bin/runit""#;
/// Looks with the same count of context switches that make a process one that sleeps.
const QUIET_LOOKS: usize = 5;

/// A program that idles.
pub struct Idle {
    // In this order: the processes end before their directory.
    _running: Running,
    stage: Stage,
    /// Its process, as this machine counts.
    pub pid: u32,
    /// What the program reads from stays open.
    _input: Option<PipeWriter>,
}

impl Idle {
    fn new(mut running: Running, stage: Stage, input: Option<PipeWriter>) -> Result<Self> {
        Self::of(running.child().id(), running, stage, input)
    }

    fn of(pid: u32, running: Running, stage: Stage, input: Option<PipeWriter>) -> Result<Self> {
        let idle = Self { _running: running, stage, pid, _input: input };
        idle.settle()?;
        Ok(idle)
    }

    /// Process 1 of a namespace, in stage 2.
    pub fn runit(programs: &Programs) -> Result<Self> {
        let stage = Stage::new(programs)?;
        for (name, script) in STAGES {
            stage.script(&format!("etc/runit/{name}"), script)?;
        }
        let mut words = vec!["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"];
        words.extend(["sh", "-euc", BOOT, "boot"]);
        let mut command = stage.command(&words);
        let mut running = stage.start(command.arg(stage.path("")))?;
        let begun = stage.path("etc/begun");
        until("stage 2", || begun.exists() || running.child().try_wait().is_ok_and(|ended| ended.is_some()))?;
        if !begun.exists() {
            bail!("there is no namespace for runit; be root, or let users make namespaces: {}", stage.messages());
        }
        let unshare = running.child().id();
        let pid = *children(unshare)?.first().context("unshare has no child")?;
        Self::of(pid, running, stage, None)
    }

    /// runsv with a service that sleeps, and with a log service if that is wanted.
    pub fn runsv(programs: &Programs, has_log: bool) -> Result<Self> {
        let stage = Stage::new(programs)?;
        let running = {
            let service = Service::new(&stage, "one", IDLE)?;
            if has_log {
                service.script("log/run", IDLE)?;
            }
            let running = service.start()?;
            service.await_stat("run")?;
            if has_log {
                service.log().await_stat("run")?;
            }
            running
        };
        Self::new(running, stage, None)
    }

    /// svlogd with one log directory.
    pub fn svlogd(programs: &Programs) -> Result<Self> {
        let stage = Stage::new(programs)?;
        stage.make_dir("log")?;
        let (reader, writer) = pipe().context("unable to make a pipe")?;
        let running = stage.start(stage.command(&["svlogd", "log"]).stdin(reader))?;
        until("current", || stage.path("log/current").exists())?;
        Self::new(running, stage, Some(writer))
    }

    /// runsvdir with so many services that sleep, or, if they are to be down, with their runsv alone.
    pub fn runsvdir(programs: &Programs, services: usize, are_down: bool) -> Result<Self> {
        let stage = Stage::new(programs)?;
        let running = stage.start(&mut stage.command(&["runsvdir", SERVICES]))?;
        let crowd = Self::new(running, stage, None)?;
        crowd.add(0..services, are_down)?;
        Ok(crowd)
    }

    /// Gives runsvdir more services, and waits until they are what they are to be.
    pub fn add(&self, numbers: std::ops::Range<usize>, are_down: bool) -> Result<()> {
        self.stage.script("idle", IDLE)?;
        for number in numbers.clone() {
            let ready = format!("ready/{number}");
            self.stage.link(&format!("{ready}/run"), "../../idle")?;
            if are_down {
                self.stage.file(&format!("{ready}/down"), "", 0o644)?;
            }
            self.stage.link(&format!("{SERVICES}/{number}"), &format!("../{ready}"))?;
        }
        let wanted = if are_down { "down\n" } else { "run\n" };
        for number in numbers {
            let stat = self.stage.path(&format!("ready/{number}/supervise/stat"));
            until(&format!("the service {number}"), || read(&stat) == wanted)?;
        }
        self.settle()
    }

    /// The runsv processes of a runsvdir.
    pub fn supervisors(&self) -> Result<Vec<u32>> {
        children(self.pid)
    }

    /// Waits until it sleeps.
    fn settle(&self) -> Result<()> {
        let mut seen = (None, 0);
        until(&format!("process {} to sleep", self.pid), || {
            let now = switches(self.pid).ok();
            seen = if now == seen.0 { (now, seen.1 + 1) } else { (now, 0) };
            now.is_some() && seen.1 >= QUIET_LOOKS
        })
    }
}

/// The number in a line of a process's file in /proc.
pub fn number(pid: u32, file: &str, name: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/{file}");
    let text = fs::read_to_string(&path).with_context(|| format!("unable to read {path}"))?;
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let value = values.next().with_context(|| format!("{path} has no {name}"))?;
    let digits = value.split_whitespace().next().unwrap_or_default();
    digits.parse().with_context(|| format!("{name} in {path} is {value}"))
}

/// How often a process has gone to sleep or was made to wait.
pub fn switches(pid: u32) -> Result<u64> {
    Ok(number(pid, "status", "voluntary_ctxt_switches")? + number(pid, "status", "nonvoluntary_ctxt_switches")?)
}
