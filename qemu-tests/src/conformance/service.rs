//! A service on a stage: its scripts, its control fifo, and its published state.

use std::fs::{self, File};
use std::io::Write;
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use protocol::control::Signal;
use protocol::status::{State, Status, Want};

use super::stage::{Running, SERVICES, Stage, await_some, read, until};

/// O_NONBLOCK, of all architectures that tests run on.
const NONBLOCK: i32 = 0o4000;
/// A script that runs until TERM.
pub const IDLE: &str = "exec sleep 1000";
/// A script that says when it is there, notes each signal in the journal, leaves at USR2 alone.
pub const NOTING: &str = "for s in TERM HUP ALRM INT QUIT USR1 CONT; do trap \"echo $s >>$JOURNAL\" $s; done; \
    trap 'echo USR2 >>$JOURNAL; exit 0' USR2; echo run >>$JOURNAL; while :; do sleep 1000 & wait; done";

/// A service directory of a stage.
pub struct Service<'stage> {
    stage: &'stage Stage,
    name: String,
}

impl<'stage> Service<'stage> {
    /// A new one with this `run`; `log` in its name makes it the log service of another.
    pub fn new(stage: &'stage Stage, name: &str, run: &str) -> Result<Self> {
        let service = Self::existing(stage, name);
        service.script("run", run)?;
        Ok(service)
    }

    /// One that is there already.
    pub fn existing(stage: &'stage Stage, name: &str) -> Self {
        Self { stage, name: name.to_owned() }
    }

    /// The log service of it, which must have a script.
    pub fn log(&self) -> Self {
        Self::existing(self.stage, &format!("{}/log", self.name))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A file of it, seen from the stage.
    pub fn name_of(&self, name: &str) -> String {
        format!("{SERVICES}/{}/{name}", self.name)
    }

    /// A file of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.stage.path(&self.name_of(name))
    }

    /// Gives it a script.
    pub fn script(&self, name: &str, text: &str) -> Result<()> {
        self.stage.script(&self.name_of(name), text)
    }

    /// Gives it a file.
    pub fn file(&self, name: &str, text: &str) -> Result<()> {
        self.stage.file(&self.name_of(name), text, 0o644)
    }

    /// Starts `runsv NAME` in the services directory, and waits until it is there.
    pub fn start(&self) -> Result<Running> {
        let mut command = self.stage.command(&["runsv", &self.name]);
        let running = self.stage.start(command.current_dir(self.stage.path(SERVICES)))?;
        self.await_runsv()?;
        Ok(running)
    }

    /// Waits until somebody reads its control letters.
    pub fn await_runsv(&self) -> Result<()> {
        until("a runsv", || self.open("supervise/ok").is_some())
    }

    /// Is there nobody who reads its control letters?
    pub fn is_alone(&self) -> bool {
        self.open("supervise/ok").is_none()
    }

    fn open(&self, name: &str) -> Option<File> {
        File::options().write(true).custom_flags(NONBLOCK).open(self.path(name)).ok()
    }

    /// Sends control letters.
    pub fn send(&self, letters: &str) -> Result<()> {
        let mut control = self.open("supervise/control").context("nobody reads supervise/control")?;
        control.write_all(letters.as_bytes()).context("unable to write to supervise/control")
    }

    /// The line of `supervise/stat`.
    pub fn stat(&self) -> String {
        read(self.path("supervise/stat")).trim_end().into()
    }

    /// The record of `supervise/status`.
    fn status(&self) -> Option<Status> {
        Status::decode(&fs::read(self.path("supervise/status")).ok()?)
    }

    /// Waits for a line of `supervise/stat`, and until the record says the same.
    pub fn await_stat(&self, stat: &str) -> Result<()> {
        let agrees = |status: Status| {
            let state = match stat.split(',').next() {
                Some("run") => State::Run,
                Some("finish") => State::Finish,
                _ => State::Down,
            };
            let wants_down = stat.contains("want") && status.want == Want::Up;
            let up = state != State::Down && !stat.contains("want") && status.want != Want::Up;
            let marks = (status.paused, status.got_term) == (stat.contains("paused"), stat.contains("TERM"));
            // The original shows that run has ended before it shows the process of finish.
            let has_process = (status.pid != 0) == (state != State::Down);
            state == status.state && has_process && marks && !wants_down && !up
        };
        until(&format!("{stat:?} of {}", self.name), || self.stat() == stat && self.status().is_some_and(agrees))
            .with_context(|| format!("last seen {:?} {:?}", self.stat(), self.status()))
    }

    /// Waits for a state as `await_stat` does, and notes it: the text, the flags of the record, whether there is a process.
    pub fn see_stat(&self, cause: &str, stat: &str) -> Result<()> {
        self.await_stat(stat)?;
        let status = self.status().context("no record")?;
        let pid = read(self.path("supervise/pid"));
        let flags = (status.paused, status.want, status.got_term, status.state);
        let pids = (status.pid != 0, !pid.is_empty(), pid.is_empty() || pid == format!("{}\n", status.pid));
        self.stage.see(cause, format!("{stat} {flags:?} {pids:?}"));
        Ok(())
    }

    /// Waits for the process of `run` or `finish`.
    pub fn pid(&self) -> Result<NonZeroU32> {
        await_some("a process", || read(self.path("supervise/pid")).trim_end().parse().ok())
    }

    /// Waits for another process than this.
    pub fn pid_after(&self, before: NonZeroU32) -> Result<NonZeroU32> {
        let other = || read(self.path("supervise/pid")).trim_end().parse().ok().filter(|pid| *pid != before);
        await_some("another process", other)
    }

    /// Sends its process a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let _ = sys::process::kill(self.pid()?, signal.0);
        Ok(())
    }
}
