//! What sv says of a service: the line that people and scripts read, and the JSON object for programs.
//!
//! Pure. Its one law: without a terminal the bytes are those of the original, whatever the options. Source: sv(8);
//! runit-facts "sv" (order and wording of the line).

use crate::number::push_decimal;
use protocol::paths;
use protocol::status::{State, Status, Want};
use sys::Errno;
use sys::message::reason;

/// A service's state as read at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// The record of `supervise/status`.
    pub(crate) status: Status,
    /// Is there no `down` file?
    pub(crate) normally_up: bool,
}

/// Why a service's state cannot be read or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The service directory cannot be entered.
    Directory(Errno),
    /// The directory of the log service cannot be entered.
    LogDirectory(Errno),
    /// No runsv has the directory.
    NotRunning,
    /// A file below `supervise` cannot be opened.
    Open(&'static str, Errno),
    /// A file below `supervise` cannot be read.
    Read(&'static str, Errno),
    /// The record is not one.
    Format,
    /// The letters cannot be written.
    Write(Errno),
}

impl Trouble {
    /// Does it mean that there is no such service, rather than that its state is unknown?
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Trouble::Directory(_) | Trouble::NotRunning)
    }

    /// The sentence without who it is about.
    pub(crate) fn sentence(&self) -> Vec<u8> {
        let (what, file, why) = match self {
            Trouble::NotRunning => return b"runsv not running".to_vec(),
            Trouble::Directory(error) => ("change to service directory", "", reason(*error)),
            Trouble::LogDirectory(error) => ("change directory", "", reason(*error)),
            Trouble::Open(file, error) => ("open ", *file, reason(*error)),
            Trouble::Read(file, error) => ("read ", *file, reason(*error)),
            Trouble::Format => ("read ", paths::STATUS, "bad format"),
            Trouble::Write(error) => ("write to ", paths::CONTROL, reason(*error)),
        };
        let (folder, slash) = if file.is_empty() { ("", "") } else { (paths::SUPERVISE, "/") };
        ["unable to ", what, folder, slash, file, ": ", why].map(str::as_bytes).concat()
    }
}

/// How to present a report: when it is made, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Wall time in seconds since 1970, from which a state's age follows.
    pub(crate) now: i64,
    /// Is it for a terminal that shows colours?
    pub(crate) colour: bool,
}

impl Style {
    /// `run: web: (pid 7) 5s, want down`, without a newline.
    pub(crate) fn describe(&self, out: &mut Vec<u8>, name: &[u8], seen: &Observation) {
        let status = &seen.status;
        self.paint(out, word(status.state), colour_of(status));
        out.extend([b": ", name, b": "].concat());
        // The original shows the pid 0 of a record that says it runs: it is the record that is wrong.
        if status.state != State::Down {
            out.extend(b"(pid ");
            push_decimal(out, status.pid.into(), 1);
            out.extend(b") ");
        }
        push_decimal(out, age(status, self.now), 1);
        out.push(b's');
        for (says, text) in remarks(seen) {
            out.extend(if says { text } else { b"" });
        }
    }

    /// `fail: web: runsv not running`, without a newline.
    pub(crate) fn lament(&self, out: &mut Vec<u8>, name: &[u8], trouble: &Trouble) {
        let (word, colour) = if trouble.is_failure() { ("fail", RED) } else { ("warning", YELLOW) };
        self.paint(out, word, colour);
        out.extend([b": ", name, b": ", &*trouble.sentence()].concat());
    }

    /// Writes a word, coloured on a terminal.
    pub(crate) fn paint(&self, out: &mut Vec<u8>, word: &str, colour: &str) {
        if self.colour {
            out.extend([colour, word, PLAIN].concat().bytes());
        } else {
            out.extend(word.bytes());
        }
    }
}

/// All is well.
pub(crate) const GREEN: &str = "\x1b[32m";
/// Something is not as wanted.
pub(crate) const RED: &str = "\x1b[31m";
/// On its way, or not to be known.
pub(crate) const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

fn colour_of(status: &Status) -> &'static str {
    match (status.state, status.want) {
        (State::Run, _) if status.paused => YELLOW,
        (State::Run, _) => GREEN,
        (State::Finish, _) => YELLOW,
        (State::Down, Want::Up) => RED,
        (State::Down, _) => PLAIN,
    }
}

/// What follows the age, in order, each with whether it applies.
fn remarks(seen: &Observation) -> [(bool, &'static [u8]); 6] {
    let status = &seen.status;
    let alive = status.pid != 0;
    [
        (alive && !seen.normally_up, b", normally down"),
        (!alive && seen.normally_up, b", normally up"),
        (alive && status.paused, b", paused"),
        (!alive && status.want == Want::Up, b", want up"),
        (alive && status.want != Want::Up, b", want down"),
        (alive && status.got_term, b", got TERM"),
    ]
}

/// The word of a state.
pub(crate) fn word(state: State) -> &'static str {
    match state {
        State::Down => "down",
        State::Run => "run",
        State::Finish => "finish",
    }
}

/// Seconds since the state began; a stamp from the future has none.
pub(crate) fn age(status: &Status, now: i64) -> u64 {
    u64::try_from(now.saturating_sub(status.since.unix_seconds())).unwrap_or(0)
}
