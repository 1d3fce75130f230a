//! Watching a path and every symbolic link on it, so that whatever makes it lead elsewhere is noticed at once.
//!
//! A services directory is often reached through links (`/service` to `current` to a runlevel), and a service through one
//! into a store. Each link and each directory on the way is watched for itself, which costs no wakeup until it goes. Its
//! one law: watch first, look afterwards, so that nothing is missed in between.

use core::ffi::CStr;
use heapless::{CString, Vec};
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
        match walk.to_next_link(watches, end)? {
            None => return Ok(()),
            Some(link) => walk.lead_to(link.to_bytes())?,
        }
    }
    Err(Errno::LOOP)
}

/// Watches all that a name in a directory leads to, if it is a link; a directory's own name is its parent's business.
pub fn watch_target(watches: &Watches, directory: BorrowedFd, path: &[u8], name: &CStr) -> Result<(), Errno> {
    if !files::facts_of_link(directory, name).is_ok_and(|facts| facts.is_link) {
        return Ok(());
    }
    let full = files::join::<PATH_MAX>(&[path, b"/", name.to_bytes()]).ok_or(Errno::NAMETOOLONG)?;
    watch(watches, full.to_bytes(), End::Place)
}

/// A path in two halves: directories walked through, without a link among them, and what is ahead.
struct Walk {
    done: Path,
    ahead: Path,
}

impl Walk {
    /// Puts a path, the target of a link, in front of what is ahead.
    fn lead_to(&mut self, target: &[u8]) -> Result<(), Errno> {
        let mut ahead = Path::new();
        for piece in [target, b"/", &self.ahead] {
            ahead.extend_from_slice(piece).map_err(|_| Errno::NAMETOOLONG)?;
        }
        if target.starts_with(b"/") {
            self.done.clear();
            self.done.push(b'/').map_err(|_| Errno::NAMETOOLONG)?;
        }
        self.ahead = ahead;
        Ok(())
    }

    /// Walks, watching, until a link (its target) or the end (`None`), be it that the next directory is missing.
    fn to_next_link(&mut self, watches: &Watches, end: End) -> Result<Option<CString<PATH_MAX>>, Errno> {
        while let Some(name) = self.take_name()? {
            let here = self.here()?;
            let is_last = !self.ahead.iter().any(|byte| *byte != b'/');
            if is_last && end == End::Place {
                watches.add(&here, Interest::Names)?;
            }
            self.enter(&name)?;
            let next = self.here()?;
            match files::facts_of_link(CWD, &next) {
                Ok(facts) if facts.is_link => {
                    watches.add(&next, Interest::Link)?;
                    let target = files::read_link::<PATH_MAX>(CWD, &next)?.ok_or(Errno::NAMETOOLONG)?;
                    self.leave(&name);
                    return Ok(Some(target));
                }
                Ok(facts) if facts.is_directory => drop(watches.add(&next, Interest::Itself)?),
                // What is missing will come in the directory before it.
                Ok(_) | Err(_) => return watches.add(&here, Interest::Names).map(|_| None),
            }
        }
        if end == End::Names {
            watches.add(&self.here()?, Interest::Names)?;
        }
        Ok(None)
    }

    /// Takes the first name ahead.
    fn take_name(&mut self) -> Result<Option<CString<{ files::NAME_MAX }>>, Errno> {
        let Some(start) = self.ahead.iter().position(|byte| *byte != b'/') else { return Ok(None) };
        let rest = self.ahead.get(start..).unwrap_or_default();
        let name = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
        let behind = rest.get(name.len()..).unwrap_or_default();
        let name = files::join(&[name]).ok_or(Errno::NAMETOOLONG)?;
        self.ahead = Path::from_slice(behind).map_err(|_| Errno::NAMETOOLONG)?;
        Ok(Some(name))
    }

    /// The directory walked to.
    fn here(&self) -> Result<CString<PATH_MAX>, Errno> {
        let path: &[u8] = if self.done.is_empty() { b"." } else { &self.done };
        files::join(&[path]).ok_or(Errno::NAMETOOLONG)
    }

    fn enter(&mut self, name: &CStr) -> Result<(), Errno> {
        let slash: &[u8] = if self.done.is_empty() || self.done.ends_with(b"/") { b"" } else { b"/" };
        for piece in [slash, name.to_bytes()] {
            self.done.extend_from_slice(piece).map_err(|_| Errno::NAMETOOLONG)?;
        }
        Ok(())
    }

    fn leave(&mut self, name: &CStr) {
        self.done.truncate(self.done.len().saturating_sub(name.to_bytes().len()));
        while self.done.len() > 1 && self.done.ends_with(b"/") {
            self.done.pop();
        }
    }
}
