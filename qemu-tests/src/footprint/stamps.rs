//! Moments on the monotonic clock: those that the program `stamp` writes as its first act, and the spread of many.
//!
//! Its one law: a moment is taken where it happens, in the process that starts, and not where somebody hears of it.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::helper;

/// Longer than anything takes that is waited for.
pub(super) const LONG: Duration = Duration::from_secs(120);

/// The start of a process.
pub struct Stamp {
    /// The moment, on the clock of [`now`].
    pub at: Duration,
    /// The process, as it sees itself.
    pub pid: u32,
}

/// The path of the program that writes stamps, built when it is first asked for.
pub fn program() -> Result<PathBuf> {
    static PROGRAM: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut program = PROGRAM.lock().unwrap_or_else(PoisonError::into_inner);
    if program.is_none() {
        *program = Some(helper::debug_program("pilotlight-stamp", "stamp")?);
    }
    program.clone().context("stamp was not built")
}

/// This moment on the monotonic clock.
pub fn now() -> Duration {
    let (seconds, nanoseconds) = sys::clock::monotonic();
    Duration::new(seconds.unsigned_abs(), nanoseconds)
}

/// The stamps that come out of a pipe or fifo, among other lines.
pub struct Stamps(Receiver<Stamp>);

impl Stamps {
    /// Reads them, in a thread of its own that ends with the last writer.
    pub fn of(source: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(source).split(b'\n').map_while(Result::ok);
            // Whoever wants no more of them has dropped the receiver.
            lines.filter_map(|line| parse(&String::from_utf8_lossy(&line))).try_for_each(|stamp| sender.send(stamp))
        });
        Self(receiver)
    }

    /// The next one; waits for it.
    pub fn next(&self) -> Result<Stamp> {
        self.0.recv_timeout(LONG).context("a program that should start never did")
    }

    /// Waits until nobody is left who could write; that moment.
    pub fn end(&self) -> Result<Duration> {
        loop {
            match self.0.recv_timeout(LONG) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(now()),
                Err(RecvTimeoutError::Timeout) => bail!("processes that should end never did"),
            }
        }
    }
}

fn parse(line: &str) -> Option<Stamp> {
    let mut words = line.trim_end().strip_prefix("stamp ")?.split(' ');
    let at = Duration::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Stamp { at, pid: words.next()?.parse().ok()? })
}

/// Durations of the same thing, done many times.
#[derive(Default)]
pub struct Spread(Vec<Duration>);

impl Spread {
    /// One more.
    pub fn add(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// In milliseconds, the least that so many hundredths of them do not exceed.
    pub fn percentile(&mut self, hundredths: usize) -> Result<f64> {
        self.0.sort_unstable();
        let rank = (self.0.len() * hundredths).div_ceil(100).max(1);
        let duration = self.0.get(rank - 1).context("nothing was measured")?;
        Ok(duration.as_secs_f64() * 1000.0)
    }

    /// In milliseconds, the one in the middle.
    pub fn median(&mut self) -> Result<f64> {
        self.percentile(50)
    }
}

impl FromIterator<Duration> for Spread {
    fn from_iter<T: IntoIterator<Item = Duration>>(durations: T) -> Self {
        Self(durations.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, Stamps};
    use std::time::Duration;

    #[test]
    fn a_percentile_is_the_least_that_so_many_do_not_exceed() {
        let mut spread: Spread = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!([50, 99, 100].map(|hundredths| spread.percentile(hundredths).ok()), [100.0, 198.0, 200.0].map(Some));
        assert!(Spread::default().median().is_err());
    }

    #[test]
    fn stamps_are_found_among_other_lines() {
        let stamps = Stamps::of(&b"- runit: hello\nstamp 12 345 6\nstamp 1\nstamp 13 0 7\r\n"[..]);
        let next = || stamps.next().map(|stamp| (stamp.at, stamp.pid)).ok();
        assert_eq!(next(), Some((Duration::new(12, 345), 6)));
        assert_eq!(next(), Some((Duration::new(13, 0), 7)));
        assert!(stamps.end().is_ok() && next().is_none());
    }
}
