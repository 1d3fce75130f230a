//! Standard output: what is written there, when, and for whom.
//!
//! Its one law: colours are for a terminal only, and only where the user has not refused them (NO_COLOR, TERM=dumb); a
//! pipe gets the original's bytes.

use super::json;
use super::report::{GREEN, Observation, Style, Trouble};
use crate::environment::variable;
use protocol::paths;
use std::ffi::CStr;
use sys::clock;
use sys::message::say;

/// What a log service was found to be, and its name, where there is one.
pub(crate) type Log = Option<(Result<Observation, Trouble>, Vec<u8>)>;

/// Standard output, a line at a time.
pub(crate) struct Console {
    out: Vec<u8>,
    colour: bool,
    /// Wall time in seconds, read once for all lines that are written together.
    now: Option<i64>,
}

impl Console {
    /// Looks at what kind of output it is.
    pub(crate) fn new() -> Console {
        let wanted = variable("NO_COLOR").is_none_or(CStr::is_empty);
        let able = variable("TERM").is_some_and(|terminal| terminal != c"dumb");
        Console { out: Vec::new(), now: None, colour: wanted && able && sys::message::is_terminal() }
    }

    fn style(&mut self) -> Style {
        Style { now: *self.now.get_or_insert_with(|| clock::wall().0), colour: self.colour }
    }

    /// The line of a service and its log.
    pub(crate) fn status(&mut self, name: &[u8], seen: &Result<Observation, Trouble>, log: &Log) {
        let style = self.style();
        match seen {
            Ok(seen) => style.describe(&mut self.out, name, seen),
            Err(trouble) => style.lament(&mut self.out, name, trouble),
        }
        if let Some((seen, name)) = log {
            self.out.extend(b"; ");
            match seen {
                Ok(seen) => style.describe(&mut self.out, paths::LOG.as_bytes(), seen),
                Err(trouble) => style.lament(&mut self.out, name, trouble),
            }
        }
        self.out.push(b'\n');
    }

    /// The same as a JSON object.
    pub(crate) fn status_json(&mut self, name: &[u8], seen: &Result<Observation, Trouble>, log: &Log) {
        let log = log.as_ref().map(|(seen, _)| seen);
        let now = self.style().now;
        json::line(&mut self.out, name, seen, log, now);
    }

    /// `ok: run: web: (pid 7) 0s`.
    pub(crate) fn report(&mut self, word: &str, colour: &str, name: &[u8], seen: &Observation) {
        let style = self.style();
        style.paint(&mut self.out, word, colour);
        self.out.extend(b": ");
        style.describe(&mut self.out, name, seen);
        self.out.push(b'\n');
    }

    /// `fail: web: runsv not running`.
    pub(crate) fn lament(&mut self, name: &[u8], trouble: &Trouble) {
        self.style().lament(&mut self.out, name, trouble);
        self.out.push(b'\n');
    }

    /// `ok: web: runsv not running`: what a command that ends runsv wants.
    pub(crate) fn say_gone(&mut self, name: &[u8]) {
        self.style().paint(&mut self.out, "ok", GREEN);
        self.out.extend([b": ", name, b": ", &*Trouble::NotRunning.sentence(), b"\n"].concat());
    }

    /// Writes what has gathered.
    pub(crate) fn flush(&mut self) {
        if !self.out.is_empty() {
            say(&[&self.out]);
            self.out.clear();
            self.now = None;
        }
    }
}
