//! A process that an earlier runsv started and left behind when it was killed: found, proved, watched and signalled.
//!
//! The process wrote its birth record itself; boot, process id and start time prove that it is the same. Its one law: where
//! there may be a process, no second one is started; where it is not proved whose it is, it gets no signal, and is waited for.
//! Source: runsv(8), "A killed runsv".

use core::ffi::CStr;
use machine::lifecycle::Pid;
use machine::time::{Instant, Milliseconds, Now};
use protocol::birth::{BOOT, Birth};
use protocol::paths;
use protocol::status::{State, Status, Want};
use sys::files::{self, CWD};
use sys::message::decimal;
use sys::process::{self, Handle};
use sys::{AsFd, AsRawFd, BorrowedFd, Errno, OwnedFd, clock, kinship};

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
    birth(process::own_id(), paths::c::OWN_STAT, is_finish, boot, pipe)
}

/// In runsv: what a child of its is to be known by.
pub fn birth_of(pid: Pid, is_finish: bool, boot: &Boot, pipe: u64) -> Birth {
    let mut path = [0; PROC_PATH];
    // Where /proc tells of ourselves, it tells of our child.
    let is_own = kinship::read(paths::c::OWN_STAT).is_ok_and(|told| told.pid == process::own_id());
    let stat = if is_own { path_of(pid, b"/stat", &mut path) } else { c"" };
    birth(pid.get(), stat, is_finish, boot, pipe)
}

#[inline(never)]
fn birth(pid: u32, stat: &CStr, is_finish: bool, boot: &Boot, pipe: u64) -> Birth {
    // A /proc of another process namespace tells other numbers.
    let start = kinship::read(stat).ok().filter(|told| told.pid == pid).map_or(0, |told| told.start);
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
    handle: Option<Handle>,
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
    if birth.start != 0 && kinship::read(paths::c::FIRST_STAT).is_ok_and(|first| first.start > birth.start) {
        return None;
    }
    let pid = Pid::new(birth.pid)?;
    // Held first, looked at then: from here on the number means the same process.
    let handle = Handle::open(pid).ok();
    let next_look = if handle.is_none() { now.instant } else { Instant::NEVER };
    let standing = if is_told && birth.start != 0 { Standing::Proved } else { Standing::Unproved };
    let mut orphan = Orphan { pid, standing, start: birth.start, pipe: birth.pipe, handle, next_look };
    if orphan.has_ended() {
        if birth.is_finish || standing == Standing::Unproved {
            return None;
        }
        // Without its handle the next look tells its end.
        (orphan.standing, orphan.handle, orphan.next_look) = (Standing::Ended, None, now.instant);
    } else if orphan.told().is_err() {
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
        self.handle.as_ref().map(AsFd::as_fd)
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
        match (self.standing, self.told()) {
            (Standing::Ended, _) => true,
            (Standing::Proved, Ok(told)) => told.has_ended || told.start != self.start,
            // What is told may be of a stranger; the handle, where there is one, is of the process itself.
            (Standing::Unproved, Ok(told)) => told.has_ended && self.handle.is_none(),
            (_, Err(_)) => !process::exists(self.pid),
        }
    }

    fn told(&self) -> Result<kinship::Process, Errno> {
        let mut path = [0; PROC_PATH];
        let told = kinship::read(path_of(self.pid, b"/stat", &mut path))?;
        if told.pid == self.pid.get() { Ok(told) } else { Err(Errno::NOENT) }
    }

    /// Sends it a signal; `PERM` if it might be another's process.
    pub fn signal(&self, signal: u8) -> Result<(), Errno> {
        match &self.handle {
            _ if self.standing == Standing::Unproved => Err(Errno::PERM),
            Some(handle) => handle.signal(signal),
            None if self.has_ended() => Err(Errno::SRCH),
            None => process::kill(self.pid, signal),
        }
    }

    /// Does it have an end of a pipe between a service and its log service?
    pub fn has_pipe(&self) -> bool {
        self.standing != Standing::Ended && self.pipe != 0
    }

    /// Takes both ends of the pipe between a service and its log service from one of the process's standard descriptors, if it
    /// leads to that pipe.
    pub fn take_pipe(&self) -> Option<(OwnedFd, OwnedFd)> {
        let take = |place: &[u8]| {
            let mut path = [0; PROC_PATH];
            // Held first, looked at then, opened last: the process may put another file in its place at any moment, one that
            // only we may open, or a device that does something when it is opened.
            let held = files::hold(path_of(self.pid, place, &mut path)).ok()?;
            let facts = files::facts_of(&held).ok()?;
            if !facts.is_fifo || facts.identity.inode != self.pipe {
                return None;
            }
            let digits = decimal(held.as_raw_fd().unsigned_abs());
            let path = files::join_in(&mut path, &[paths::OWN_DESCRIPTORS.as_bytes(), digits.as_bytes()])?;
            let reader = files::open_to_read(CWD, path).ok()?;
            let writer = files::open_to_write(CWD, path).ok()?;
            files::set_blocking(&reader).and_then(|()| files::set_blocking(&writer)).ok()?;
            Some((reader, writer))
        };
        if self.standing != Standing::Proved || self.pipe == 0 {
            return None;
        }
        [b"/fd/0", b"/fd/1", b"/fd/2"].iter().find_map(|place| take(*place))
    }
}

/// A path below a process's folder in /proc.
fn path_of<'a>(pid: Pid, place: &[u8], buffer: &'a mut [u8; PROC_PATH]) -> &'a CStr {
    files::join_in(buffer, &[paths::PROC.as_bytes(), decimal(pid.get()).as_bytes(), place]).unwrap_or_default()
}
