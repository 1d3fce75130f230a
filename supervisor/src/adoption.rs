//! A process that an earlier runsv started and left behind when it was killed: found, proved, watched and signalled.
//!
//! The process wrote its birth record itself; boot, process id and start time prove that it is the same. Its one law: where
//! there may be a process, no second one is started; where it is not proved whose it is, it gets no signal, and is waited for.
//! Source: runsv(8), "A killed runsv".

use crate::service::{Pipe, Shared};
use core::ffi::CStr;
use machine::lifecycle::Pid;
use machine::time::{Instant, Milliseconds, Now};
use protocol::birth::{BOOT, Birth};
use protocol::paths;
use protocol::status::{State, Status, Want};
use sys::files::{self, CWD};
use sys::kinship::ENDED;
use sys::message::decimal;
use sys::process::{self, Handle};
use sys::{AsFd, AsRawFd, BorrowedFd, Errno, clock, kinship};

/// How often a process is looked at whose end the kernel does not tell (before Linux 5.3).
const BETWEEN_LOOKS: Milliseconds = Milliseconds(1_000);
/// Bytes of `/proc/`, a number, `/fd/`, a digit and a NUL.
const PROC_PATH: usize = 32;
/// Milliseconds of a second.
const SECOND: u64 = 1_000;

/// The kernel's text for this boot; zeros where /proc does not tell it.
pub type Boot = [u8; BOOT];

/// Asks which boot this is.
pub fn boot() -> Boot {
    let mut boot = [0; BOOT];
    match files::read_beginning(CWD, paths::c::BOOT_ID, &mut boot) {
        Ok(text) if text.len() == BOOT => boot,
        Ok(_) | Err(_) => [0; BOOT],
    }
}

fn is_told(boot: &Boot) -> bool {
    boot.first().is_some_and(|byte| *byte != 0)
}

/// In a child: what it is to be known by.
pub fn own_birth(is_finish: bool, boot: &Boot, pipe: u64) -> Birth {
    let pid = process::own_id();
    birth(pid, own_start(pid), is_finish, boot, pipe)
}

/// In runsv: what a child of its is to be known by.
pub fn birth_of(pid: Pid, is_finish: bool, boot: &Boot, pipe: u64) -> Birth {
    // Where /proc tells of ourselves, it tells of our child.
    let start = if own_start(process::own_id()) == 0 { 0 } else { start_of(pid) };
    birth(pid.get(), start, is_finish, boot, pipe)
}

/// When this process started, whose number is `pid`; 0 where /proc is that of another process namespace, which counts otherwise.
fn own_start(pid: u32) -> u64 {
    kinship::start_of(pid, paths::c::OWN_STAT)
}

fn start_of(pid: Pid) -> u64 {
    kinship::start_of(pid.get(), path_of(paths::PROC, pid.get(), b"/stat", &mut [0; PROC_PATH]))
}

fn birth(pid: u32, start: u64, is_finish: bool, boot: &Boot, pipe: u64) -> Birth {
    Birth { is_finish, boot: *boot, pid, start, pipe, moment: moment() }
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

/// The process that was left behind.
pub struct Orphan {
    /// Its number.
    pub pid: Pid,
    /// What is known of it.
    pub standing: Standing,
    /// When it started, and the inode of its pipe, as its record tells.
    start: u64,
    pipe: u64,
    handle: Handle,
    next_look: Instant,
}

/// Looks for the process of a record. A `./run` that ended while nobody
/// supervised it is handed out too, so that its end is answered like any other: a supervisor that saw it took the record back.
pub fn find(birth: &Birth, boot: &Boot, now: Now) -> Option<Orphan> {
    let is_told = is_told(&birth.boot) && is_told(boot);
    if birth.moment > moment() || is_told && birth.boot != *boot {
        return None;
    }
    // What is older than the first process was in a container that is no more.
    if birth.start != 0 && kinship::start_of(1, paths::c::FIRST_STAT) > birth.start {
        return None;
    }
    let pid = Pid::new(birth.pid)?;
    // Held first, looked at then: from here on the number means the same process.
    let handle = Handle::open(pid);
    let next_look = if handle.is_open() { Instant::NEVER } else { now.instant };
    let standing = if is_told && birth.start != 0 { Standing::Proved } else { Standing::Unproved };
    let mut orphan = Orphan { pid, standing, start: birth.start, pipe: birth.pipe, handle, next_look };
    if orphan.has_ended() {
        if birth.is_finish || standing == Standing::Unproved {
            return None;
        }
        // Its end is seen at the next look.
        (orphan.standing, orphan.next_look) = (Standing::Ended, now.instant);
    } else if start_of(pid) == 0 {
        // A process that /proc hides is there, but may be anybody's.
        orphan.standing = Standing::Unproved;
    }
    Some(orphan)
}

/// The status that a process was left with. A supervisor that was killed at once has not published it.
pub fn status_of(birth: &Birth, published: Option<Status>, now: Now) -> Status {
    let (since, pid) = (now.stamp, birth.pid);
    let fresh = Status { since, pid, paused: false, want: Want::Up, got_term: false, state: State::Run };
    let mut status = published.unwrap_or(fresh);
    if status.pid != pid {
        status = Status { want: status.want, ..fresh };
    }
    status.state = if birth.is_finish { State::Finish } else { State::Run };
    status
}

impl Orphan {
    /// What can be read when it has ended, if the kernel tells that.
    pub fn end(&self) -> Option<BorrowedFd<'_>> {
        self.handle.is_open().then(|| self.handle.as_fd())
    }

    /// When to look whether it has ended.
    pub fn deadline(&self) -> Instant {
        self.next_look
    }

    /// Looks whether it has ended, if it is time to.
    pub fn is_found_ended(&mut self, now: Instant) -> bool {
        if self.next_look > now {
            return false;
        }
        self.next_look = now.plus(BETWEEN_LOOKS);
        self.has_ended()
    }

    /// Has it ended, as far as can be told? Another process of the same number says that it has.
    fn has_ended(&self) -> bool {
        match start_of(self.pid) {
            _ if self.standing == Standing::Ended => true,
            0 => !process::exists(self.pid),
            // What is told may be of a stranger; the handle, where there is one, is of the process itself.
            told if self.standing == Standing::Unproved => told == ENDED && !self.handle.is_open(),
            told => told != self.start,
        }
    }

    /// Sends it a signal; `PERM` if it might be another's process.
    pub fn signal(&self, signal: u8) -> Result<(), Errno> {
        if self.standing == Standing::Unproved {
            Err(Errno::PERM)
        } else if self.handle.is_open() {
            self.handle.signal(signal)
        } else if self.has_ended() {
            Err(Errno::SRCH)
        } else {
            process::kill(self.pid, signal)
        }
    }

    /// Offers the pipe between a service and its log service, of which it has an end, if there is none yet: both ends are taken
    /// from one of its standard descriptors, if one leads to that pipe.
    pub fn offer_pipe(&self, shared: &mut Shared) {
        if self.standing == Standing::Ended || self.pipe == 0 {
            return;
        }
        shared.pipe_inode = self.pipe;
        if self.standing == Standing::Unproved || shared.pipe.reader.is_open() {
            return;
        }
        for digit in b"012" {
            self.take(*digit, &mut shared.pipe);
        }
    }

    /// Takes both ends of its pipe from the standard descriptor of that digit, if that leads there.
    #[inline(never)]
    fn take(&self, digit: u8, pipe: &mut Pipe) {
        let mut path = [0; PROC_PATH];
        // Held first, looked at then, opened last: the process may put another file in its place at any moment, one that
        // only we may open, or a device that does something when it is opened.
        let descriptor = [b'/', b'f', b'd', b'/', digit];
        let Ok(held) = files::hold(path_of(paths::PROC, self.pid.get(), &descriptor, &mut path)) else { return };
        if files::facts_of(&held).is_ok_and(|facts| facts.is_fifo && facts.identity.inode == self.pipe) {
            let held = path_of(paths::OWN_DESCRIPTORS, held.as_raw_fd().cast_unsigned(), b"", &mut path);
            if let Ok((reader, writer)) = files::open_fifo(held) {
                *pipe = Pipe { reader, writer };
            }
        }
    }
}

/// A path in /proc with a number in it.
#[inline(never)]
fn path_of<'a>(before: &str, number: u32, behind: &[u8], buffer: &'a mut [u8; PROC_PATH]) -> &'a CStr {
    files::join_in(buffer, &[before.as_bytes(), decimal(number).as_bytes(), behind]).unwrap_or_default()
}
