//! The way to a services directory: opening it, and being told when it leads elsewhere, or when what is in it changes.
//!
//! Duty: one inotify instance, which holds what the last look came by. Its one law: watch first, look afterwards; where a
//! watch could not be had, or the path leads to another directory than before, everything is watched anew.

use crate::chain::{self, Passed};
use core::ffi::CStr;
use core::mem;
use sys::files::{self, CWD, Identity};
use sys::watch::{Interest, Watches};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd};

/// A services directory, as it was given.
pub struct Way<'a> {
    /// The path, below the working directory if it is relative.
    pub path: &'a CStr,
    watches: Option<Watches>,
    /// Which directory it led to at the last look.
    identity: Option<Identity>,
    /// Old watches may have the place of new ones, or nothing to do with what the path leads to now.
    begins_anew: bool,
    /// Will the kernel tell of every change on it?
    is_watched: bool,
    /// What this look has watched on the way to the last link's target.
    passed: Passed,
}

impl<'a> Way<'a> {
    /// Nothing is watched yet.
    pub const fn new(path: &'a CStr) -> Way<'a> {
        Way { path, watches: None, identity: None, begins_anew: false, is_watched: false, passed: Passed::new() }
    }

    /// Where it led to at the last look; `None` if that failed.
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Will the kernel tell of every change on it, as of the last look?
    pub fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// What can be read when something has changed.
    pub fn changes(&self) -> Option<BorrowedFd<'_>> {
        self.watches.as_ref().map(AsFd::as_fd)
    }

    /// Watches the way and opens the directory, and tells its device; what has changed so far is forgotten.
    pub fn open(&mut self) -> Result<(OwnedFd, u64), Errno> {
        let (mut directory, mut identity) = self.go()?;
        if self.identity.is_some_and(|known| known != identity) {
            self.begins_anew = true;
            (directory, identity) = self.go()?;
        }
        self.identity = Some(identity);
        Ok((directory, identity.device))
    }

    fn go(&mut self) -> Result<(OwnedFd, Identity), Errno> {
        if mem::take(&mut self.begins_anew) {
            self.watches = None;
        }
        self.is_watched = self.watch().is_ok();
        let directory = files::open_directory(CWD, self.path)?;
        let identity = files::facts_of(&directory)?.identity;
        Ok((directory, identity))
    }

    fn watch(&mut self) -> Result<(), Errno> {
        let watches = match &self.watches {
            Some(watches) => watches,
            None => self.watches.insert(Watches::new()?),
        };
        watches.drain(|_| ());
        self.passed.clear();
        chain::watch(watches, self.path.to_bytes())
    }

    /// The look has failed: nothing is known of the directory, and the next look begins anew.
    pub fn lose(&mut self) {
        self.begins_anew |= self.identity.take().is_some();
    }

    /// Watches what an entry of the directory leads to, if it is a link; false where that cannot be.
    #[inline(never)]
    pub fn watch_target(&mut self, directory: BorrowedFd, name: &CStr) -> bool {
        let is_watched = self.watches.as_ref().is_some_and(|watches| {
            chain::watch_target(watches, self.path.to_bytes(), directory, name, &mut self.passed).is_ok()
        });
        self.begins_anew |= !is_watched;
        is_watched
    }

    /// Watches a lock that somebody holds; false where that cannot be.
    pub fn watch_lock(&self, path: &CStr) -> bool {
        self.watches.as_ref().is_some_and(|watches| watches.add(path, Interest::Closed).is_ok())
    }
}
