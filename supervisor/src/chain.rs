//! Watching a path and every symbolic link on it, so that whatever makes it lead elsewhere is noticed at once.
//!
//! A services directory is often reached through links (`/service` to `current` to a runlevel), and a service through one
//! into a store. Each link and each directory on the way is watched for itself, which costs no wakeup until it goes. Its
//! one law: watch first, look afterwards, so that nothing is missed in between.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ops::Range;
use heapless::Vec;
use sys::files::{self, CWD, PATH_MAX};
use sys::watch::{Interest, Watches};
use sys::{BorrowedFd, Errno};

/// How many links are followed; the kernel follows as many.
const LINKS: usize = 40;

type Path = Vec<u8, PATH_MAX>;

/// What is to be noticed at the end of the path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Names that come and go in the directory that it leads to.
    Names,
    /// That the directory it leads to goes, or another comes in its place.
    Place,
}

/// Watches a path, below the working directory if it is relative. An error tells that something may go unnoticed.
pub fn watch(watches: &Watches, path: &[u8], end: End) -> Result<(), Errno> {
    let mut walk = Walk { done: Path::new(), ahead: Path::new() };
    walk.lead_to(path)?;
    for _ in 0..=LINKS {
        if !walk.follow_to_next_link(watches, end)? {
            return Ok(());
        }
    }
    Err(Errno::LOOP)
}

/// Watches all that a name in a directory leads to, if it is a link; a directory's own name is its parent's business.
pub fn watch_target(watches: &Watches, directory: BorrowedFd, path: &[u8], name: &CStr) -> Result<(), Errno> {
    if !files::facts_of_link(directory, name).is_ok_and(|facts| facts.is_link) {
        return Ok(());
    }
    let mut full = Path::new();
    append(&mut full, &[path, b"/", name.to_bytes()])?;
    watch(watches, &full, End::Place)
}

/// A path in two halves: directories walked through, without a link among them, and what is ahead. Memory is touched as far
/// as the halves reach, and no further: runsvdir is small while its paths are short.
struct Walk {
    /// Ends in NUL, or is empty for the working directory.
    done: Path,
    ahead: Path,
}

impl Walk {
    /// Puts a path, the target of a link, in front of what is ahead.
    fn lead_to(&mut self, target: &[u8]) -> Result<(), Errno> {
        let behind = self.ahead.len();
        append(&mut self.ahead, &[target, b"/"])?;
        self.ahead.rotate_left(behind);
        if target.starts_with(b"/") {
            self.done.clear();
            append(&mut self.done, &[b"/\0"])?;
        }
        Ok(())
    }

    /// Walks, watching. At a link it comes to a stand with the link's target ahead: true. False at the end, be it that the
    /// next directory is missing.
    fn follow_to_next_link(&mut self, watches: &Watches, end: End) -> Result<bool, Errno> {
        while let Some(name) = self.next_name() {
            if end == End::Place && self.is_last(&name) {
                watches.add(self.here(), Interest::Names)?;
            }
            let before = self.done.len();
            self.enter(name)?;
            match files::facts_of_link(CWD, self.here()) {
                Ok(facts) if facts.is_link => {
                    watches.add(self.here(), Interest::Link)?;
                    let mut target = [MaybeUninit::uninit(); PATH_MAX];
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

    /// Where the first name ahead is.
    fn next_name(&self) -> Option<Range<usize>> {
        let start = self.ahead.iter().position(|byte| *byte != b'/')?;
        let length = self.ahead.iter().skip(start).take_while(|byte| **byte != b'/').count();
        Some(start..start.saturating_add(length))
    }

    fn is_last(&self, name: &Range<usize>) -> bool {
        self.ahead.iter().skip(name.end).all(|byte| *byte == b'/')
    }

    /// Walks into the first name ahead.
    fn enter(&mut self, name: Range<usize>) -> Result<(), Errno> {
        let end = name.end;
        self.done.pop();
        let slash: &[u8] = if self.done.is_empty() || self.done.ends_with(b"/") { b"" } else { b"/" };
        append(&mut self.done, &[slash, self.ahead.get(name).unwrap_or_default(), b"\0"])?;
        self.ahead.rotate_left(end);
        self.ahead.truncate(self.ahead.len().saturating_sub(end));
        Ok(())
    }

    /// Goes back to where `done` had that length.
    fn go_back(&mut self, length: usize) -> Result<(), Errno> {
        self.done.truncate(length.saturating_sub(1));
        if length == 0 { Ok(()) } else { append(&mut self.done, &[b"\0"]) }
    }

    /// The directory walked to.
    fn here(&self) -> &CStr {
        CStr::from_bytes_with_nul(&self.done).unwrap_or(c".")
    }
}

fn append(path: &mut Path, pieces: &[&[u8]]) -> Result<(), Errno> {
    pieces.iter().try_for_each(|piece| path.extend_from_slice(piece)).map_err(|_| Errno::NAMETOOLONG)
}
