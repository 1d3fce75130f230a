//! A process that an earlier runsv started and left behind when it was killed: found, proved, watched and signalled.
//!
//! The process wrote its birth record itself; boot, process id and start time prove that it is the same. Its one law: where
//! there may be a process, no second one is started; where it is not proved whose it is, it gets no signal, and is waited for.
//! Source: runsv(8), "A killed runsv".

use crate::service::{Pipe, Shared};
use core::ffi::CStr;
use machine::lifecycle::Pid;
use machine::time::{Instant, Milliseconds};
use protocol::birth::{BOOT, Birth};
use protocol::paths;
use sys::files::{self, CWD};
use sys::kinship::ENDED;
use sys::message::decimal;
use sys::process::{self, Handle};
use sys::{AsFd, AsRawFd, BorrowedFd, Errno, clock, kinship};

/// How often a process is looked at whose end the kernel does not tell (before Linux 5.3).
const BETWEEN_LOOKS: Milliseconds = Milliseconds(1_000);
/// Bytes of `/proc/` or `: warning: process `, a number, `/fd/` and a digit, and a NUL.
pub const NUMBERED_MAX: usize = 32;
/// Milliseconds of a second.
const SECOND: u64 = 1_000;

/// The kernel's text for this boot; zeros where /proc does not tell it.
pub type Boot = [u8; BOOT];
/// That of no boot.
pub const UNTOLD: Boot = [0; BOOT];

/// Asks which boot this is.
#[cold]
pub fn read_boot(boot: &mut Boot) {
    let _ = files::read_beginning(CWD, paths::c::BOOT_ID, boot);
}

fn is_told(boot: &[u8]) -> bool {
    boot.first().is_some_and(|byte| *byte != 0)
}

/// What this process, or a child of it, is to be known by.
#[inline(never)]
pub fn birth_of(child: Option<Pid>, is_finish: bool, boot: &Boot, pipe: u64) -> Birth {
    let own = process::own_id();
    // 0 where /proc is that of another process namespace, which counts otherwise.
    let mut start = kinship::start_of(own, paths::c::OWN_STAT);
    // Where it tells of ourselves, it tells of our child.
    if let Some(child) = child
        && start != 0
    {
        start = start_of(child);
    }
    Birth::new(is_finish, boot, child.map_or(own, Pid::get), start, pipe, moment())
}

fn start_of(pid: Pid) -> u64 {
    kinship::start_of(pid.get(), numbered(paths::PROC, pid.get(), b"/stat", &mut [0; NUMBERED_MAX]))
}

fn moment() -> u32 {
    u32::try_from(clock::monotonic_milliseconds() / SECOND).unwrap_or(u32::MAX)
}

/// What is known of a process that was left behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the recorded one, and lives.
    Proved,
    /// It may be the recorded one, or anybody's.
    Unproved,
    /// It was the recorded one, and ended while nobody supervised it.
    Ended,
}

/// The process that was left behind, if there is one.
pub struct Orphan {
    /// Its number; `None` where there is none.
    pub pid: Option<Pid>,
    /// What is known of it.
    pub standing: Standing,
    /// When it started, and the inode of its pipe, as its record tells.
    start: u64,
    pipe: u64,
    handle: Handle,
    next_look: Instant,
}

impl Orphan {
    /// No process.
    pub const NONE: Orphan = Orphan {
        pid: None,
        standing: Standing::Unproved,
        start: 0,
        pipe: 0,
        handle: Handle::NONE,
        next_look: Instant::NEVER,
    };

    /// Looks for the process of a record. A `./run` that ended while nobody supervised it is found too, so that its end is
    /// answered like any other: a supervisor that saw it took the record back.
    #[cold]
    pub fn find(&mut self, birth: &Birth, boot: &Boot, now: Instant) {
        let is_told = is_told(birth.boot()) && is_told(boot);
        if birth.moment() > moment() || is_told && birth.boot() != boot {
            return;
        }
        // What is older than the first process was in a container that is no more.
        (self.start, self.pipe) = (birth.start(), birth.pipe());
        if self.start != 0 && kinship::start_of(1, paths::c::FIRST_STAT) > self.start {
            return;
        }
        let Some(pid) = Pid::new(birth.pid()) else { return };
        // Held first, looked at then: from here on the number means the same process.
        self.handle = Handle::open(pid);
        if is_told && self.start != 0 {
            self.standing = Standing::Proved;
        }
        let told = start_of(pid);
        if self.has_ended(pid, told) {
            if birth.is_finish() || self.standing == Standing::Unproved {
                self.handle = Handle::NONE;
                return;
            }
            self.standing = Standing::Ended;
        } else if told == 0 {
            // A process that /proc hides is there, but may be anybody's.
            self.standing = Standing::Unproved;
        }
        self.pid = Some(pid);
        if !self.handle.is_open() || self.standing == Standing::Ended {
            self.next_look = now;
        }
    }

    /// What can be read when it has ended; of no file if the kernel does not tell that.
    pub fn end(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    /// Does the kernel tell when it has ended?
    pub fn has_end(&self) -> bool {
        self.handle.is_open()
    }

    /// When to look whether it has ended.
    pub fn deadline(&self) -> Instant {
        self.next_look
    }

    /// Looks whether it has ended, if it is time to.
    pub fn is_found_ended(&mut self, now: Instant) -> bool {
        let Some(pid) = self.pid.filter(|_| self.next_look <= now) else { return false };
        self.next_look = now.plus(BETWEEN_LOOKS);
        self.has_ended(pid, start_of(pid))
    }

    /// Has it ended, as far as can be told? Another process of the same number says that it has.
    fn has_ended(&self, pid: Pid, told: u64) -> bool {
        match told {
            _ if self.standing == Standing::Ended => true,
            0 => !process::exists(pid),
            // What is told may be of a stranger; the handle, where there is one, is of the process itself.
            told if self.standing == Standing::Unproved => told == ENDED && !self.handle.is_open(),
            told => told != self.start,
        }
    }

    /// Forgets it, for it has ended; its number.
    pub fn forget(&mut self) -> Option<Pid> {
        (self.handle, self.next_look) = (Handle::NONE, Instant::NEVER);
        self.pid.take()
    }

    /// Sends a signal to it, or to a child of ours; is that not permitted, or might it be another's process?
    pub fn refuses(&self, pid: Pid, signal: u8) -> bool {
        let is_found = self.pid == Some(pid);
        if is_found && self.standing == Standing::Unproved {
            return true;
        }
        if is_found && self.handle.is_open() {
            return self.handle.signal(signal) == Err(Errno::PERM);
        }
        let has_ended = is_found && self.has_ended(pid, start_of(pid));
        !has_ended && process::kill(pid, signal) == Err(Errno::PERM)
    }

    /// Offers the pipe between a service and its log service, of which it has an end, if there is none yet: both ends are taken
    /// from one of its standard descriptors, if one leads to that pipe.
    #[cold]
    pub fn offer_pipe(&self, shared: &mut Shared) {
        let Some(pid) = self.pid.filter(|_| self.standing != Standing::Ended && self.pipe != 0) else { return };
        shared.pipe_inode = self.pipe;
        if self.standing == Standing::Unproved || shared.pipe.is_open() {
            return;
        }
        for digit in b"012" {
            self.take(pid, *digit, &mut shared.pipe);
        }
    }

    /// Takes both ends of its pipe from the standard descriptor of that digit, if that leads there.
    #[inline(never)]
    #[cold]
    fn take(&self, pid: Pid, digit: u8, pipe: &mut Pipe) {
        let mut path = [0; NUMBERED_MAX];
        // Held first, looked at then, opened last: the process may put another file in its place at any moment, one that
        // only we may open, or a device that does something when it is opened.
        let descriptor = [b'/', b'f', b'd', b'/', digit];
        let Ok(held) = files::hold(numbered(paths::PROC, pid.get(), &descriptor, &mut path)) else { return };
        if files::facts_of(&held).is_ok_and(|facts| facts.is_fifo && facts.identity.inode == self.pipe) {
            let held = numbered(paths::OWN_DESCRIPTORS, held.as_raw_fd().cast_unsigned(), b"", &mut path);
            if let Ok((reader, writer)) = files::open_fifo(held) {
                *pipe = Pipe { reader, writer };
            }
        }
    }
}

/// A path in /proc, or words, with a number in it.
#[inline(never)]
pub fn numbered<'a>(before: &str, number: u32, behind: &[u8], buffer: &'a mut [u8; NUMBERED_MAX]) -> &'a CStr {
    files::join_in(buffer, &[before.as_bytes(), decimal(number, &mut [0; _]), behind]).unwrap_or_default()
}
