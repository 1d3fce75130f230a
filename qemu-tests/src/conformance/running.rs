//! A program that a scenario has started, and how it ends.
//!
//! Its one law: none outlives the scenario, nor does its process group.

use std::num::NonZeroU32;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use protocol::control::Signal;

use super::stage::await_some;

/// Held while a script is written and while a process is started: a new process holds a copy of every open descriptor for a
/// moment, and a script that somebody may write to cannot be executed.
pub(super) fn quiet() -> MutexGuard<'static, ()> {
    static QUIET: Mutex<()> = Mutex::new(());
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a program ended, in words.
pub(super) fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, signal) => format!("signal {}", signal.unwrap_or_default()),
    }
}

/// A program that runs, ended with its process group when it is no longer looked at.
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts a command in a process group of its own.
    pub fn start(command: &mut Command) -> Result<Self> {
        let _quiet = quiet();
        let child = command.process_group(0).spawn();
        Ok(Self { child: child.with_context(|| format!("unable to start {:?}", command.get_program()))? })
    }

    /// The child itself.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let _ = NonZeroU32::new(self.child.id()).map(|pid| sys::process::kill(pid, signal.0));
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> Result<ExitStatus> {
        await_some("the end of a program", || self.child.try_wait().ok().flatten())
    }

    /// Waits until it has ended; how, in words.
    pub fn ending(&mut self) -> Result<String> {
        Ok(ending(self.ended()?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The group lives as long as one of its members, also without its leader.
        let _ = NonZeroU32::new(self.child.id()).map(|group| sys::process::kill_group(group, Signal::KILL.0));
        let _ = self.child.wait();
    }
}
