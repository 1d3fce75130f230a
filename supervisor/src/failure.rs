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

/// Which of the two services a failure is of, as it is marked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Whose(u32);

impl Whose {
    /// The service itself.
    pub const SERVICE: Whose = Whose(0);
    /// Its log service.
    pub const LOG: Whose = Whose(LOG);
}

const UNABLE_AT: u32 = 1;
const OBJECT_AT: u32 = 8;
const LOG: u32 = 1 << 15;
const REASON_AT: u32 = 16;
/// The width of an [`Unable`] and of an [`Object`].
const NUMBERS: u32 = 0x7f;
/// The kernel's error numbers.
const REASONS: u32 = 0xfff;

/// The sentence up to the object.
#[derive(Clone, Copy)]
pub enum Unable {
    /// Nothing: the object tells it all.
    Nothing,
    /// Not unable, but unwilling: what others can write is not used.
    OthersWrite,
    /// Not unable either: a process was found.
    WasLeft,
    /// Nor this: `./finish` does something.
    FinishIs,
    /// Nor this: a hook does something.
    HookIs,
    /// To go to the service directory; from here on there is something that cannot be done.
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
    ControlLimit = Unable::Write as isize + 1,
    Finish,
    FinishLimit,
    HasEnded,
    Hook,
    LogFolder,
    LogNoFolder,
    LogPipe,
    OverLimit,
    Pipe,
    Run,
    Signals,
    State,
    TakenOver,
    TakenOverAndLookedAt,
    Unproved,
    /// From here on the words stand behind `supervise`.
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

/// The words of each [`Unable`] and [`Object`].
const WORDS: &[(u8, &str)] = &[
    (Unable::OthersWrite as u8, "somebody else may write to "),
    (Unable::WasLeft as u8, "was left by another runsv, "),
    (Unable::FinishIs as u8, "./finish is "),
    (Unable::HookIs as u8, "control/? is "),
    (Unable::ChangeDirectory as u8, "change to directory"),
    (Unable::Create as u8, "create "),
    (Unable::ForkFor as u8, "fork for "),
    (Unable::ForkForService as u8, "fork, sleeping"),
    (Unable::Lock as u8, "lock "),
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
    (Object::ControlLimit as u8, paths::CONTROL_LIMIT),
    (Object::Finish as u8, "./finish"),
    (Object::FinishLimit as u8, paths::FINISH_LIMIT),
    (Object::HasEnded as u8, "and has ended"),
    (Object::Hook as u8, "control/?"),
    (Object::LogFolder as u8, "log"),
    (Object::LogNoFolder as u8, "./log: not a directory."),
    (Object::LogPipe as u8, "the pipe to the log service"),
    (Object::OverLimit as u8, "over its time limit, it is killed"),
    (Object::Pipe as u8, "pipe"),
    (Object::Run as u8, "./run"),
    (Object::Signals as u8, "signals"),
    (Object::State as u8, paths::STATE),
    (Object::TakenOver as u8, "it is taken over"),
    (Object::TakenOverAndLookedAt as u8, "it is taken over, and looked at each second"),
    (Object::Unproved as u8, "may have been left by another runsv, its end is waited for"),
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

const PHRASES: Phrases = Phrases::new({
    static PACKED: [u8; phrases::length(WORDS)] = phrases::pack(WORDS);
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
    /// The same, of one of the two services.
    #[must_use]
    pub fn of(self, whose: Whose) -> Failure {
        Failure(self.0 | whose.0)
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

/// The severity of what is the end of a process.
pub const FATAL: &[u8] = b": fatal: ";

/// What the words of an object may stand behind: all of it, either part, or nothing.
const IN_SUPERVISE: &str = "log/supervise";

/// Tells a failure of the runsv of the service directory `name`; `severity` stands between colons, and whatever belongs behind them.
/// Services never wait for whoever reads it.
#[inline(never)]
pub fn tell(name: &[u8], severity: &[u8], failure: Failure) {
    let bits = failure.0.get();
    let unable = bits >> UNABLE_AT & NUMBERS;
    let object = bits >> OBJECT_AT & NUMBERS;
    let start = if bits & LOG != 0 { 0 } else { "log/".len() };
    let end = if object >= Object::Birth as u32 { IN_SUPERVISE.len() } else { "log/".len() };
    let mut sentence = Sentence::default();
    sentence.add(b"runsv ");
    sentence.add(name);
    sentence.add(severity);
    if unable >= Unable::ChangeDirectory as u32 {
        sentence.add(b"unable to ");
    }
    sentence.add(PHRASES.find(unable).as_bytes());
    sentence.add(IN_SUPERVISE.get(start..end).unwrap_or_default().as_bytes());
    sentence.add(PHRASES.find(object).as_bytes());
    if let Some(error) = failure.reason() {
        sentence.add(b": ");
        sentence.add(reason(error).as_bytes());
    }
    sentence.add(b"\n");
    sentence.mention();
}

/// Tells of a failure that runsv survives.
#[inline(never)]
pub fn warn(name: &[u8], failure: Failure) {
    tell(name, b": warning: ", failure);
}

/// What the start cannot do without.
#[cold]
pub fn need<T>(name: &[u8], answer: Result<T, Failure>) -> T {
    answer.unwrap_or_else(|failure| give_up(name, failure))
}

/// Ends the start. What is open is closed by the kernel.
#[inline(never)]
#[cold]
pub fn give_up(name: &[u8], failure: Failure) -> ! {
    tell(name, FATAL, failure);
    process::end(FAILED)
}
