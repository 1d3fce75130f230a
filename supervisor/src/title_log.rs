//! The readproctitle log: the last messages of all services, in the memory where `ps` finds runsvdir's last argument.
//!
//! Standard error of runsvdir and of the services is a pipe that is read here. Its one law: the first bytes stay, the rest
//! scrolls to the left, and the newest stands at the right end. Source: runsvdir(8), runit-facts "runsvdir".

use machine::time::{Instant, Milliseconds};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, files, process};

/// Bytes at the left end that stay: `log: ` for most.
const FIXED: usize = 5;
/// The least length of the argument, in bytes.
const SHORTEST: usize = 7;
/// How often a dot is written, so that old messages leave.
const BETWEEN_DOTS: Milliseconds = Milliseconds(900_000);
/// Bytes of one read of what the services have to say.
const MESSAGES: usize = 1024;

/// The memory that scrolls, and the end of the pipe that its messages come from.
pub struct TitleLog {
    text: &'static mut [u8],
    reader: OwnedFd,
    next_dot: Instant,
}

impl TitleLog {
    /// There is none: no memory, no pipe and no dot.
    pub fn none() -> TitleLog {
        TitleLog { text: &mut [], reader: OwnedFd::NONE, next_dot: Instant::NEVER }
    }

    /// Takes the argument's memory, lets standard error lead to it and writes the first dot; false if it is too short.
    pub fn open(&mut self, argument: &'static mut [u8], now: Instant) -> Result<bool, Errno> {
        if argument.len() < SHORTEST {
            return Ok(false);
        }
        let (reader, writer) = files::make_pipe()?;
        process::redirect_standard_error(&writer)?;
        (self.text, self.reader, self.next_dot) = (argument, reader, now);
        self.scroll(false, now);
        Ok(true)
    }

    /// Is there one?
    pub fn is_open(&self) -> bool {
        self.reader.is_open()
    }

    /// When the next dot is due.
    pub fn deadline(&self) -> Instant {
        self.next_dot
    }

    /// Scrolls in what the services have said, if the pipe can be read, and a dot when it is time.
    pub fn scroll(&mut self, spoken: bool, now: Instant) {
        if spoken {
            let mut messages = [0; MESSAGES];
            let length = files::read(&self.reader, &mut messages).unwrap_or(0);
            self.push(messages.get(..length).unwrap_or_default());
        }
        if self.next_dot <= now {
            self.push(b".");
            self.next_dot = now.plus(BETWEEN_DOTS);
        }
    }

    /// Appends bytes at the right end. NUL bytes would end the text, and are left out.
    pub fn push(&mut self, bytes: &[u8]) {
        let scrolling = self.text.get_mut(FIXED..).unwrap_or_default();
        for byte in bytes.iter().filter(|byte| **byte != 0) {
            // From the right end: each takes the place of the one before it.
            let mut newest = *byte;
            for place in scrolling.iter_mut().rev() {
                newest = core::mem::replace(place, newest);
            }
        }
    }
}

impl AsFd for TitleLog {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}
