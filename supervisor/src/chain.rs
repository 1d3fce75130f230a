//! Watching a path and every symbolic link on it, so that whatever makes it lead elsewhere is noticed at once.
//!
//! A services directory is often reached through links (`/service` to `current` to a runlevel), and a service through one
//! into a store. Each link and each directory on the way is watched for itself, which costs no wakeup until it goes. Its
//! one law: watch first, look afterwards, so that nothing is missed in between.

use core::ffi::CStr;
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

/// A path in two halves: directories walked through, without a link among them, and what is ahead.
struct Walk {
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
            append(&mut self.done, &[b"/"])?;
        }
        Ok(())
    }

    /// Walks, watching. At a link it comes to a stand with the link's target ahead: true. False at the end, be it that the
    /// next directory is missing.
    fn follow_to_next_link(&mut self, watches: &Watches, end: End) -> Result<bool, Errno> {
        let (mut here, mut next) = ([0; PATH_MAX], [0; PATH_MAX]);
        while self.has_name_ahead() {
            let here = self.here(&mut here)?;
            let walked = self.done.len();
            self.take_name()?;
            if !self.has_name_ahead() && end == End::Place {
                watches.add(here, Interest::Names)?;
            }
            let next = self.here(&mut next)?;
            match files::facts_of_link(CWD, next) {
                Ok(facts) if facts.is_link => {
                    watches.add(next, Interest::Link)?;
                    self.done.truncate(walked);
                    let mut target = [0; PATH_MAX];
                    let target = files::read_link(CWD, next, &mut target)?.ok_or(Errno::NAMETOOLONG)?;
                    return self.lead_to(target.to_bytes()).map(|()| true);
                }
                Ok(facts) if facts.is_directory => drop(watches.add(next, Interest::Itself)?),
                // What is missing will come in the directory before it.
                Ok(_) | Err(_) => return watches.add(here, Interest::Names).map(|_| false),
            }
        }
        if end == End::Names {
            watches.add(self.here(&mut here)?, Interest::Names)?;
        }
        Ok(false)
    }

    fn has_name_ahead(&self) -> bool {
        self.ahead.iter().any(|byte| *byte != b'/')
    }

    /// Walks into the first name ahead.
    fn take_name(&mut self) -> Result<(), Errno> {
        let slashes = self.ahead.iter().take_while(|byte| **byte == b'/').count();
        let name = self.ahead.iter().skip(slashes).take_while(|byte| **byte != b'/').count();
        let slash: &[u8] = if self.done.is_empty() || self.done.ends_with(b"/") { b"" } else { b"/" };
        let end = slashes.saturating_add(name);
        append(&mut self.done, &[slash, self.ahead.get(slashes..end).unwrap_or_default()])?;
        self.ahead.rotate_left(end);
        self.ahead.truncate(self.ahead.len().saturating_sub(end));
        Ok(())
    }

    /// The directory walked to.
    fn here<'a>(&self, buffer: &'a mut [u8]) -> Result<&'a CStr, Errno> {
        let path: &[u8] = if self.done.is_empty() { b"." } else { &self.done };
        files::join_in(buffer, &[path]).ok_or(Errno::NAMETOOLONG)
    }
}

fn append(path: &mut Path, pieces: &[&[u8]]) -> Result<(), Errno> {
    pieces.iter().try_for_each(|piece| path.extend_from_slice(piece)).map_err(|_| Errno::NAMETOOLONG)
}
