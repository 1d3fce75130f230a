//! What runsv was unable to do, and the sentence for it.
//!
//! Its one law: a failure is a few bytes, for it goes through every layer; its words are looked up when it is told.

use protocol::paths;
use sys::Errno;
use sys::message::{mention, reason};
use sys::phrases::{self, Phrases};

/// Unable to do what to which file, and the reason if the system gave one.
#[derive(Clone, Copy)]
pub struct Failure {
    unable: Unable,
    object: Object,
    /// It is a file of the log service.
    is_log: bool,
    /// What the system answered.
    pub reason: Option<Errno>,
}

/// The sentence up to the object.
#[derive(Clone, Copy)]
pub enum Unable {
    /// Nothing: the object tells it all.
    Nothing,
    /// To go to the service directory.
    ChangeDirectory,
    /// To make a file.
    Create,
    /// To make a process for.
    ForkFor,
    /// To make a process for the service.
    ForkForService,
    /// To take a lock.
    Lock,
    /// Not unable, but unwilling: what others can write is not used.
    OthersWrite,
    /// To open a file.
    Open,
    /// To receive.
    Read,
    /// To read the target of a link.
    ReadLink,
    /// To read a time limit.
    ReadSeconds,
    /// To give a file its name.
    Rename,
    /// To become a hook.
    Run,
    /// To send a signal.
    Signal,
    /// To become a program.
    Start,
    /// To have what a killed runsv had.
    TakeOver,
    /// To write a file.
    Write,
}

/// What it was about, as sentences call it; of the log service with `log/` before it.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "their words are below")]
pub enum Object {
    Nothing,
    Birth,
    Control,
    ControlLimit,
    Finish,
    FinishLimit,
    FinishOverLimit,
    Foreign,
    ForeignFile,
    Hook,
    HookOverLimit,
    LinkTooLong,
    Lock,
    LogFolder,
    LogNoFolder,
    LogPipe,
    NewPid,
    NewStat,
    NewStatus,
    NoFifo,
    Ok,
    Pipe,
    Removed,
    Run,
    Signals,
    State,
}

/// The words of each [`Unable`].
const UNABLE: &[(u8, &str)] = &[
    (Unable::ChangeDirectory as u8, "change to directory"),
    (Unable::Create as u8, "create "),
    (Unable::ForkFor as u8, "fork for "),
    (Unable::ForkForService as u8, "fork, sleeping"),
    (Unable::Lock as u8, "lock "),
    (Unable::OthersWrite as u8, "somebody else may write to "),
    (Unable::Open as u8, "open "),
    (Unable::Read as u8, "read "),
    (Unable::ReadLink as u8, "readlink ./"),
    (Unable::ReadSeconds as u8, "read seconds from "),
    (Unable::Rename as u8, "rename "),
    (Unable::Run as u8, "run "),
    (Unable::Signal as u8, "signal the process"),
    (Unable::Start as u8, "start "),
    (Unable::TakeOver as u8, "take over "),
    (Unable::Write as u8, "write "),
];

/// The words of each [`Object`].
const OBJECTS: &[(u8, &str)] = &[
    (Object::Birth as u8, "supervise/birth"),
    (Object::Control as u8, "supervise/control"),
    (Object::ControlLimit as u8, paths::CONTROL_LIMIT),
    (Object::Finish as u8, "./finish"),
    (Object::FinishLimit as u8, paths::FINISH_LIMIT),
    (Object::FinishOverLimit as u8, "./finish is over its time limit, it is killed"),
    (Object::Foreign as u8, "supervise belongs to somebody else"),
    (Object::ForeignFile as u8, "supervise holds a file of somebody else"),
    (Object::Hook as u8, "control/?"),
    (Object::HookOverLimit as u8, "control/? is over its time limit, it is killed"),
    (Object::LinkTooLong as u8, "supervise: name too long"),
    (Object::Lock as u8, "supervise/lock"),
    (Object::LogFolder as u8, "log"),
    (Object::LogNoFolder as u8, "./log: not a directory."),
    (Object::LogPipe as u8, "the pipe to the log service"),
    (Object::NewPid as u8, "supervise/pid.new"),
    (Object::NewStat as u8, "supervise/stat.new"),
    (Object::NewStatus as u8, "supervise/status.new"),
    (Object::NoFifo as u8, "supervise/control exists but is not a fifo"),
    (Object::Ok as u8, "supervise/ok"),
    (Object::Pipe as u8, "pipe"),
    (Object::Removed as u8, "supervise was removed, it is made anew"),
    (Object::Run as u8, "./run"),
    (Object::Signals as u8, "signals"),
    (Object::State as u8, paths::STATE),
];

static UNABLE_WORDS: Phrases = {
    static INDEX: [(u8, u8); UNABLE.len()] = phrases::index(UNABLE);
    static JOINED: [u8; phrases::length(UNABLE)] = phrases::join(UNABLE);
    Phrases::new(&INDEX, &JOINED)
};

static OBJECT_WORDS: Phrases = {
    static INDEX: [(u8, u8); OBJECTS.len()] = phrases::index(OBJECTS);
    static JOINED: [u8; phrases::length(OBJECTS)] = phrases::join(OBJECTS);
    Phrases::new(&INDEX, &JOINED)
};

/// Makes a failure of the system's answer.
pub fn cannot(unable: Unable, object: Object) -> impl FnOnce(Errno) -> Failure {
    move |reason| failed(unable, object, false, reason)
}

#[inline(never)]
pub(crate) fn failed(unable: Unable, object: Object, is_log: bool, reason: Errno) -> Failure {
    Failure { unable, object, is_log, reason: Some(reason) }
}

/// A failure that the system gave no reason for, or news that is told like one.
pub fn news(unable: Unable, object: Object) -> Failure {
    Failure { unable, object, is_log: false, reason: None }
}

impl Failure {
    /// The same, of the log service if `is_log`.
    #[must_use]
    pub fn of(self, is_log: bool) -> Failure {
        Failure { is_log, ..self }
    }
}

/// The severities of [`tell`].
pub const FATAL: &[u8] = b": fatal: ";
/// As above.
pub const WARNING: &[u8] = b": warning: ";

/// Tells a failure of the runsv of the service directory `name`; `severity` is [`FATAL`] or [`WARNING`]. Services never wait for
/// whoever reads it.
#[inline(never)]
pub fn tell(name: &[u8], severity: &[u8], failure: Failure) {
    let (colon, why) = failure.reason.map_or(("", ""), |error| (": ", reason(error)));
    let log = if failure.is_log { "log/" } else { "" };
    let unable = UNABLE_WORDS.find(failure.unable as u8).unwrap_or_default();
    let object = OBJECT_WORDS.find(failure.object as u8).unwrap_or_default();
    let to = if matches!(failure.unable, Unable::Nothing | Unable::OthersWrite) { "" } else { "unable to " };
    let what = [to.as_bytes(), unable.as_bytes(), log.as_bytes(), object.as_bytes()];
    mention(&[b"runsv ", name, severity, what[0], what[1], what[2], what[3], colon.as_bytes(), why.as_bytes(), b"\n"]);
}
