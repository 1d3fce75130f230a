//! Watching a path and every symbolic link on it, so that whatever makes it lead elsewhere is noticed at once.
//!
//! A services directory is often reached through links (`/service` to `current` to a runlevel), and a service through one
//! into a store. Each link and each directory on the way is watched for itself, which costs no wakeup until it goes. Its
//! one law: watch first, look afterwards, so that nothing is missed in between.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use heapless::Vec;
use sys::files::{self, CWD};
use sys::watch::{Interest, Watches};
use sys::{BorrowedFd, Errno};

/// How many links are followed; the kernel follows as many.
const LINKS: usize = 40;

/// Bytes of the longest path that is walked, and of the longest that is ahead, each with a byte for its end. A longer one is
/// looked at from time to time; buffers for the kernel's 4,096 would lie a page apart and hold a page of memory each.
const WALKED: usize = 512;
/// Bytes of the longest folder that a look remembers; a longer one is walked for each link into it.
const REMEMBERED: usize = 128;

/// A path whose memory is touched as far as it reaches.
pub type Path = Vec<u8, WALKED>;

/// The folder, as the last link into it names it, that all of is watched since the look began. Services are links into one
/// folder for most, which so is walked once a look.
pub type Passed = Vec<u8, REMEMBERED>;

/// What is to be noticed at the end of the path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Names that come and go in the directory that it leads to.
    Names,
    /// That the directory it leads to goes, or another comes in its place.
    Place,
}

/// Watches a path, below the working directory if it is relative. An error tells that something may go unnoticed.
pub fn watch(watches: &Watches, path: &[u8]) -> Result<(), Errno> {
    let mut walk = Walk::new();
    walk.lead_to(path)?;
    walk.watch(watches, End::Names, false)
}

/// Watches all that a link in a directory of that path leads to; of what is no link, nothing. The path itself and the names
/// in the directory are watched by who looks at them.
pub fn watch_target(
    watches: &Watches,
    path: &[u8],
    directory: BorrowedFd,
    name: &CStr,
    passed: &mut Passed,
) -> Result<(), Errno> {
    let mut target = [MaybeUninit::uninit(); WALKED];
    let target = match files::read_link(directory, name, &mut target) {
        Ok(target) => target.ok_or(Errno::NAMETOOLONG)?,
        Err(Errno::INVAL) => return Ok(()),
        Err(error) => return Err(error),
    };
    let end = target.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash.saturating_add(1));
    let (folder, last) = target.split_at_checked(end).unwrap_or_default();
    let is_passed = !folder.is_empty() && folder == passed.as_slice();
    let mut walk = Walk::new();
    append(&mut walk.done, &[path, b"\0"])?;
    if is_passed && !last.is_empty() {
        walk.pass(folder)?;
        walk.lead_to(last)?;
    } else {
        walk.lead_to(target)?;
    }
    let answer = walk.watch(watches, End::Place, is_passed);
    if !is_passed {
        passed.clear();
        if walk.has_come_to_last && answer.is_ok() && !last.is_empty() {
            let _ = passed.extend_from_slice(folder);
        }
    }
    answer
}

/// A path in two halves: directories walked through, without a link among them, and what is ahead. Memory is touched as far
/// as the halves reach, and no further: runsvdir is small while its paths are short.
struct Walk {
    /// Ends in NUL, or is empty for the working directory.
    done: Path,
    /// Its last byte first, so that what is walked into next is at the end.
    ahead: Path,
    /// Nothing was missing before the last name, and the folder that it is in is watched.
    has_come_to_last: bool,
}

impl Walk {
    /// In the working directory, with nothing ahead.
    fn new() -> Walk {
        Walk { done: Path::new(), ahead: Path::new(), has_come_to_last: false }
    }

    /// Watches what is ahead. `is_passed`: where it stands is watched for names already.
    fn watch(&mut self, watches: &Watches, end: End, mut is_passed: bool) -> Result<(), Errno> {
        for _ in 0..=LINKS {
            if !self.follow_to_next_link(watches, end, is_passed)? {
                return Ok(());
            }
            is_passed = false;
        }
        Err(Errno::LOOP)
    }

    /// Goes into a folder that was walked before, as the kernel finds it.
    fn pass(&mut self, folder: &[u8]) -> Result<(), Errno> {
        self.done.pop();
        if folder.starts_with(b"/") {
            self.done.clear();
        } else {
            push(&mut self.done, b'/')?;
        }
        append(&mut self.done, &[folder, b"\0"])
    }

    /// Puts a path, the target of a link, in front of what is ahead.
    fn lead_to(&mut self, target: &[u8]) -> Result<(), Errno> {
        append(&mut self.ahead, &[b"/"])?;
        for byte in target.iter().rev() {
            push(&mut self.ahead, *byte)?;
        }
        if target.starts_with(b"/") {
            self.done.clear();
            append(&mut self.done, &[b"/\0"])?;
        }
        Ok(())
    }

    /// Walks, watching. At a link it comes to a stand with the link's target ahead: true. False at the end, be it that the
    /// next directory is missing.
    fn follow_to_next_link(&mut self, watches: &Watches, end: End, is_passed: bool) -> Result<bool, Errno> {
        while self.comes_to_name() {
            if end == End::Place && self.is_at_last() {
                if !is_passed {
                    watches.add(self.here(), Interest::Names)?;
                }
                self.has_come_to_last = true;
            }
            let before = self.done.len();
            self.enter()?;
            match files::facts_of_link(CWD, self.here()) {
                Ok(facts) if facts.is_link => {
                    watches.add(self.here(), Interest::Link)?;
                    let mut target = [MaybeUninit::uninit(); WALKED];
                    let target = files::read_link(CWD, self.here(), &mut target)?.ok_or(Errno::NAMETOOLONG)?;
                    self.go_back(before)?;
                    return self.lead_to(target).map(|()| true);
                }
                Ok(facts) if facts.is_directory => drop(watches.add(self.here(), Interest::Itself)?),
                // What is missing will come in the directory before it.
                Ok(_) | Err(_) => {
                    self.go_back(before)?;
                    return watches.add(self.here(), Interest::Names).map(|_| false);
                }
            }
        }
        if end == End::Names {
            watches.add(self.here(), Interest::Names)?;
        }
        Ok(false)
    }

    /// Passes the slashes before the next name; false if there is none.
    fn comes_to_name(&mut self) -> bool {
        while self.ahead.last() == Some(&b'/') {
            self.ahead.pop();
        }
        !self.ahead.is_empty()
    }

    /// Is the next name the last one?
    fn is_at_last(&self) -> bool {
        self.ahead.iter().rev().skip_while(|byte| **byte != b'/').all(|byte| *byte == b'/')
    }

    /// Walks into the next name.
    fn enter(&mut self) -> Result<(), Errno> {
        self.done.pop();
        if !self.done.is_empty() && !self.done.ends_with(b"/") {
            push(&mut self.done, b'/')?;
        }
        while let Some(byte) = self.ahead.last().copied().filter(|byte| *byte != b'/') {
            self.ahead.pop();
            push(&mut self.done, byte)?;
        }
        push(&mut self.done, b'\0')
    }

    /// Goes back to where `done` had that length.
    fn go_back(&mut self, length: usize) -> Result<(), Errno> {
        self.done.truncate(length.saturating_sub(1));
        if length == 0 { Ok(()) } else { append(&mut self.done, &[b"\0"]) }
    }

    /// The directory walked to.
    fn here(&self) -> &CStr {
        files::text(&self.done).unwrap_or(c".")
    }
}

/// Adds pieces to a path.
pub(crate) fn append(path: &mut Path, pieces: &[&[u8]]) -> Result<(), Errno> {
    pieces.iter().try_for_each(|piece| path.extend_from_slice(piece)).map_err(|_| Errno::NAMETOOLONG)
}

fn push(path: &mut Path, byte: u8) -> Result<(), Errno> {
    path.push(byte).map_err(|_| Errno::NAMETOOLONG)
}
