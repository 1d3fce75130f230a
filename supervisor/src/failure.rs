//! What runsv was unable to do, and the sentence for it.
//!
//! Its one law: a failure is a few bytes, for it goes through every layer; its words are looked up when it is told.

use core::num::NonZeroU32;
use protocol::paths;
use sys::message::{Sentence, reason};
use sys::phrases::{self, Phrases};
use sys::{Errno, process};

/// Exit code of a failure at start.
const FAILED: u8 = 111;

/// Unable to do what to which file, and the reason if the system gave one. In one register: a mark that makes it no zero,
/// 7 bits each for [`Unable`] and [`Object`], a bit if it is a file of the log service, the error number or 0.
#[derive(Clone, Copy)]
pub struct Failure(NonZeroU32);

const UNABLE_AT: u32 = 1;
const OBJECT_AT: u32 = 8;
const LOG: u32 = 1 << 15;
const REASON_AT: u32 = 16;
/// The width of an [`Unable`] and of an [`Object`].
const WORDS: u32 = 0x7f;
/// The kernel's error numbers.
const REASONS: u32 = 0xfff;

/// The sentence up to the object.
#[derive(Clone, Copy)]
pub enum Unable {
    /// Nothing: the object tells it all.
    Nothing,
    /// Not unable, but unwilling: what others can write is not used.
    OthersWrite,
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
    ControlLimit,
    Finish,
    FinishLimit,
    FinishOverLimit,
    Hook,
    HookOverLimit,
    LogFolder,
    LogNoFolder,
    LogPipe,
    Pipe,
    Run,
    Signals,
    State,
    // From here on the words begin with `supervise`.
    Birth,
    Control,
    Foreign,
    ForeignFile,
    LinkTooLong,
    Lock,
    NewPid,
    NewStat,
    NewStatus,
    NoFifo,
    Ok,
    Removed,
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

/// The words of each [`Object`]; from `Birth` on behind `supervise`.
const OBJECTS: &[(u8, &str)] = &[
    (Object::ControlLimit as u8, paths::CONTROL_LIMIT),
    (Object::Finish as u8, "./finish"),
    (Object::FinishLimit as u8, paths::FINISH_LIMIT),
    (Object::FinishOverLimit as u8, "./finish is over its time limit, it is killed"),
    (Object::Hook as u8, "control/?"),
    (Object::HookOverLimit as u8, "control/? is over its time limit, it is killed"),
    (Object::LogFolder as u8, "log"),
    (Object::LogNoFolder as u8, "./log: not a directory."),
    (Object::LogPipe as u8, "the pipe to the log service"),
    (Object::Pipe as u8, "pipe"),
    (Object::Run as u8, "./run"),
    (Object::Signals as u8, "signals"),
    (Object::State as u8, paths::STATE),
    (Object::Birth as u8, "/birth"),
    (Object::Control as u8, "/control"),
    (Object::Foreign as u8, " belongs to somebody else"),
    (Object::ForeignFile as u8, " holds a file of somebody else"),
    (Object::LinkTooLong as u8, ": name too long"),
    (Object::Lock as u8, "/lock"),
    (Object::NewPid as u8, "/pid.new"),
    (Object::NewStat as u8, "/stat.new"),
    (Object::NewStatus as u8, "/status.new"),
    (Object::NoFifo as u8, "/control exists but is not a fifo"),
    (Object::Ok as u8, "/ok"),
    (Object::Removed as u8, " was removed, it is made anew"),
];

const UNABLE_WORDS: Phrases = Phrases::new({
    static PACKED: [u8; phrases::length(UNABLE)] = phrases::pack(UNABLE);
    &PACKED
});

const OBJECT_WORDS: Phrases = Phrases::new({
    static PACKED: [u8; phrases::length(OBJECTS)] = phrases::pack(OBJECTS);
    &PACKED
});

/// Makes a failure of the system's answer.
pub fn cannot(unable: Unable, object: Object) -> impl FnOnce(Errno) -> Failure {
    let failure = news(unable, object);
    move |reason| failure.because(reason)
}

/// A failure that the system gave no reason for, or news that is told like one.
pub const fn news(unable: Unable, object: Object) -> Failure {
    let words = (unable as u32) << UNABLE_AT | (object as u32) << OBJECT_AT;
    Failure(NonZeroU32::MIN.saturating_add(words))
}

impl Failure {
    /// The same, of the log service if `is_log`.
    #[must_use]
    pub fn of(self, is_log: bool) -> Failure {
        Failure(self.0 | if is_log { LOG } else { 0 })
    }

    /// The same, for a reason that the system gave.
    fn because(self, reason: Errno) -> Failure {
        Failure(self.0 | reason.raw_os_error().cast_unsigned() << REASON_AT)
    }

    /// What the system answered.
    pub fn reason(self) -> Option<Errno> {
        let number = (self.0.get() >> REASON_AT & REASONS).cast_signed();
        (number != 0).then(|| Errno::from_raw_os_error(number))
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
    let bits = failure.0.get();
    let unable = bits >> UNABLE_AT & WORDS;
    let mut sentence = Sentence::default();
    sentence.add(b"runsv ");
    sentence.add(name);
    sentence.add(severity);
    if unable > Unable::OthersWrite as u32 {
        sentence.add(b"unable to ");
    }
    sentence.add(UNABLE_WORDS.find(unable).as_bytes());
    if bits & LOG != 0 {
        sentence.add(b"log/");
    }
    let object = bits >> OBJECT_AT & WORDS;
    if object >= Object::Birth as u32 {
        sentence.add(paths::SUPERVISE.as_bytes());
    }
    sentence.add(OBJECT_WORDS.find(object).as_bytes());
    if let Some(error) = failure.reason() {
        sentence.add(b": ");
        sentence.add(reason(error).as_bytes());
    }
    sentence.add(b"\n");
    sentence.mention();
}

/// What the start cannot do without.
pub fn need<T>(name: &[u8], answer: Result<T, Failure>) -> T {
    answer.unwrap_or_else(|failure| give_up(name, failure))
}

/// Ends the start. What is open is closed by the kernel.
#[inline(never)]
pub fn give_up(name: &[u8], failure: Failure) -> ! {
    tell(name, FATAL, failure);
    process::end(FAILED)
}
