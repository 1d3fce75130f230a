//! What sv says of a service: the line that people and scripts read, and the JSON object for programs.
//!
//! Pure. Its one law: without a terminal the bytes are those of the original, whatever the options. Source: sv(8);
//! runit-facts "sv" (order and wording of the line).

use crate::number::decimal;
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
    pub(crate) fn sentence(&self) -> String {
        let supervise = paths::SUPERVISE;
        match self {
            Trouble::Directory(error) => ["unable to change to service directory: ", reason(*error)].concat(),
            Trouble::LogDirectory(error) => ["unable to change directory: ", reason(*error)].concat(),
            Trouble::NotRunning => String::from("runsv not running"),
            Trouble::Open(file, error) => ["unable to open ", supervise, "/", file, ": ", reason(*error)].concat(),
            Trouble::Read(file, error) => ["unable to read ", supervise, "/", file, ": ", reason(*error)].concat(),
            Trouble::Format => ["unable to read ", supervise, "/", paths::STATUS, ": bad format"].concat(),
            Trouble::Write(error) => {
                ["unable to write to ", supervise, "/", paths::CONTROL, ": ", reason(*error)].concat()
            }
        }
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
            write_number(out, b"(pid ", u64::from(status.pid), b") ");
        }
        write_number(out, b"", age(status, self.now), b"s");
        for (says, text) in remarks(seen) {
            out.extend(if says { text } else { b"" });
        }
    }

    /// `fail: web: runsv not running`, without a newline.
    pub(crate) fn lament(&self, out: &mut Vec<u8>, name: &[u8], trouble: &Trouble) {
        let (word, colour) = if trouble.is_failure() { ("fail", RED) } else { ("warning", YELLOW) };
        self.paint(out, word, colour);
        out.extend([b": ", name, b": ", trouble.sentence().as_bytes()].concat());
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

fn write_number(out: &mut Vec<u8>, before: &[u8], number: u64, behind: &[u8]) {
    out.extend([before, decimal(number).as_bytes(), behind].concat());
}
