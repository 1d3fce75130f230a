//! The status of a service as its readers see it: the 20 bytes of `supervise/status` and the line of `supervise/stat`.
//!
//! Its one law: what runsv writes here is what sv, monitoring and daemontools' svstat read, to the byte. Source:
//! runit-facts "runsv" (offsets and words were recorded from the original).

use crate::tai64n::{PACKED, Tai64n};

/// Bytes of a record; a file of another length is not a status.
pub const LENGTH: usize = 20;
/// Bytes of the longest line of `supervise/stat`, `finish, paused, got TERM, want down` and its newline.
pub const STAT_MAX: usize = 36;

/// Bytes of a record behind the stamp and the process id.
const FLAGS: usize = 4;

/// Have two records the same line of `supervise/stat`, where the same is wanted?
pub fn has_stat_of(record: &[u8; LENGTH], other: &[u8; LENGTH]) -> bool {
    record.last_chunk::<FLAGS>() == other.last_chunk::<FLAGS>()
}

/// What a service is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No process runs.
    Down,
    /// `./run` runs.
    Run,
    /// `./finish` runs.
    Finish,
}

/// What the operator asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Be running, and be started again whenever it ends.
    Up,
    /// Be down after it ends.
    Down,
    /// Be down, and the supervisor gone.
    Exit,
}

/// One moment of a service. A reader gets `Want::Down` for an exit too: the record has no letter for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// When `./run` was started, or when the service became down.
    pub since: Tai64n,
    /// The process id of `./run` or `./finish`, 0 if none runs.
    pub pid: u32,
    /// STOP was sent, and no CONT since.
    pub paused: bool,
    /// What the operator asked.
    pub want: Want,
    /// TERM was sent to this process.
    pub got_term: bool,
    /// What the service is doing.
    pub state: State,
}

impl Status {
    /// The record: stamp (12), pid little endian (4), paused, want `u` or `d`, got TERM, state 0, 1 or 2.
    pub fn encode(&self) -> [u8; LENGTH] {
        let want = if self.want == Want::Up { b'u' } else { b'd' };
        let flags = [u8::from(self.paused), want, u8::from(self.got_term), self.state as u8];
        let mut record = [0; LENGTH];
        let mut rest = &mut record[..];
        crate::put(&mut rest, self.since.pack());
        crate::put(&mut rest, self.pid.to_le_bytes());
        crate::put(&mut rest, flags);
        record
    }

    /// Reads a record; `None` unless it has 20 bytes. Like the original's sv, an unknown state reads as down and an
    /// unknown want as down.
    pub fn decode(record: &[u8]) -> Option<Status> {
        let record: &[u8; LENGTH] = record.try_into().ok()?;
        let (stamp, rest) = record.split_first_chunk::<PACKED>()?;
        let (pid, flags) = rest.split_first_chunk::<4>()?;
        let &[paused, want, got_term, state] = flags else { return None };
        Some(Status {
            since: Tai64n::unpack(*stamp),
            pid: u32::from_le_bytes(*pid),
            paused: paused != 0,
            want: if want == b'u' { Want::Up } else { Want::Down },
            got_term: got_term != 0,
            state: match state {
                1 => State::Run,
                2 => State::Finish,
                _ => State::Down,
            },
        })
    }

    /// The pieces of the line of `supervise/stat`, to be written one after the other.
    pub fn stat(&self) -> [&'static str; 5] {
        let state = match self.state {
            State::Down => "down",
            State::Run => "run",
            State::Finish => "finish",
        };
        let want = match (self.state, self.want) {
            (State::Down, _) | (_, Want::Up) => "",
            (_, Want::Down) => ", want down",
            (_, Want::Exit) => ", want exit",
        };
        [state, told_if(self.paused, ", paused"), told_if(self.got_term, ", got TERM"), want, "\n"]
    }
}

/// The words, or their first nothing.
fn told_if(is_so: bool, words: &'static str) -> &'static str {
    words.get(..if is_so { words.len() } else { 0 }).unwrap_or_default()
}
