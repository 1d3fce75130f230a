//! What happens to a service, and what it asks of the world: the words between its machine and the shell.

use crate::time::Milliseconds;
use core::num::NonZeroU32;
use protocol::control::Control;

/// A process id.
pub type Pid = NonZeroU32;

/// Which of the two services of a service directory this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The service itself, without a log service.
    Alone,
    /// The service itself, whose output a log service reads.
    Logged,
    /// The log service: no hooks, no `./finish`, deaf to `x`.
    Log,
}

/// How a process ended: the arguments of `./finish`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The exit code; none after a signal.
    pub code: Option<u8>,
    /// The low byte of the wait status.
    pub byte: u8,
}

/// A program to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// `./run`.
    Run,
    /// `./finish`, told [`Lifecycle::ending`](super::Lifecycle::ending).
    Finish,
    /// The hook of the letter.
    Hook(Control),
}

/// What happens to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A letter came, or for `Exit` a TERM. Letters wait in the fifo while [`Lifecycle::is_busy`](super::Lifecycle::is_busy).
    Control(Control),
    /// The hook ended, or there is none; `handled` if it ran and exited 0.
    HookAnswered {
        /// It did what the signal would do.
        handled: bool,
    },
    /// The hook that was just started may run so long.
    HookLimit(Milliseconds),
    /// `./run` or `./finish`, as asked for, was started.
    Started(Pid),
    /// The `./finish` that was just started may run so long.
    FinishLimit(Milliseconds),
    /// The system could not make a process for it.
    StartFailed,
    /// The process of the service ended.
    Exited {
        /// How.
        ending: Ending,
        /// Can `./finish` be read?
        has_finish: bool,
    },
    /// [`Lifecycle::deadline`](super::Lifecycle::deadline) has come.
    Deadline,
    /// Nobody writes to the log service any more.
    InputClosed,
}

/// What a service asks of the world, to be done in this order. What its readers see is not among it: whenever
/// [`Lifecycle::status`](super::Lifecycle::status) is another one than was published last, it is to be published before waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// `./finish` has had its time: say so. It is killed by `signal`.
    pub is_finish_late: bool,
    /// The hook has had its time: say so, kill it and forget it.
    pub is_hook_late: bool,
    /// Send the letter's signal to the process of the service.
    pub signal: Option<Control>,
    /// Send it CONT.
    pub is_continued: bool,
    /// Start the program, and answer.
    pub start: Option<Script>,
}
