//! The way to a services directory: opening it, and being told when it leads elsewhere, or when what is in it changes.
//!
//! Duty: one inotify instance, which holds what the last look came by. Its one law: watch first, look afterwards; where a
//! watch could not be had, or the path leads to another directory than before, everything is watched anew.

use crate::chain::{self, Passed, WALKED};
use crate::lock::Lock;
use core::ffi::CStr;
use core::mem;
use sys::files::{self, CWD, Identity};
use sys::watch::{Change, Interest, Watch, Watches};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd};

/// What no directory is.
const UNKNOWN: Identity = Identity { device: 0, inode: 0 };

/// A services directory, as it was given.
// The longest field at the end: the others are reached by shorter instructions.
#[repr(C)]
pub struct Way<'a> {
    path: &'a CStr,
    watches: Watches,
    /// Where the names in it are watched.
    names: Watch,
    /// Which directory it led to at the last look.
    identity: Identity,
    /// Old watches have nothing to do with what the path leads to now.
    begins_anew: bool,
    /// Will the kernel tell of every change on it, and of all that the last look wanted to be told of? If not, old
    /// watches may have the place of new ones.
    is_watched: bool,
    /// Does a link in it that leads elsewhere make another change than a name that comes?
    links_are_told: bool,
    /// Has none of these been told since the last look?
    links_hold: bool,
    /// What this look has watched on the way to the last link's target.
    passed: Passed,
}

impl<'a> Way<'a> {
    /// Nothing is watched yet.
    pub const fn new(path: &'a CStr) -> Way<'a> {
        Way {
            path,
            watches: Watches::NONE,
            names: Watch::NONE,
            identity: UNKNOWN,
            begins_anew: false,
            is_watched: false,
            links_are_told: false,
            links_hold: false,
            passed: Passed::new(),
        }
    }

    /// Was it found at the last look?
    pub fn is_found(&self) -> bool {
        self.identity != UNKNOWN
    }

    /// The file system of the directory.
    pub fn device(&self) -> u64 {
        self.identity.device
    }

    /// Will the kernel tell of all that the last look wanted to be told of?
    pub fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// Do all links lead where they led at the last look, as far as they are there still?
    pub fn links_hold(&self) -> bool {
        self.links_hold
    }

    /// What can be read when something has changed.
    pub fn changes(&self) -> BorrowedFd<'_> {
        self.watches.as_fd()
    }

    /// Watches the way and opens the directory; what has changed so far is forgotten.
    pub fn open(&mut self) -> Result<OwnedFd, Errno> {
        let known = self.identity;
        let directory = self.go()?;
        if known == UNKNOWN || known == self.identity {
            return Ok(directory);
        }
        self.begins_anew = true;
        self.go()
    }

    #[inline(never)]
    fn go(&mut self) -> Result<OwnedFd, Errno> {
        self.watch();
        let directory = files::open_directory(CWD, self.path)?;
        self.identity = files::facts_of(&directory)?.identity;
        Ok(directory)
    }

    fn watch(&mut self) {
        self.links_hold = self.links_are_told;
        if mem::take(&mut self.begins_anew) || !self.is_watched {
            // The old ones first, or the new ones might lack a descriptor.
            self.watches = Watches::NONE;
            self.watches = Watches::new().unwrap_or(Watches::NONE);
            self.links_hold = false;
        }
        self.links_hold &= self.has_only_new_names();
        self.passed.clear();
        let names = chain::watch(&self.watches, self.path.to_bytes(), b"", self.names, &mut self.passed);
        self.is_watched = names.is_ok();
        self.links_are_told = self.is_watched;
        self.links_hold &= names == Ok(self.names);
        self.names = names.unwrap_or(Watch::NONE);
    }

    /// Takes what has changed. Are all changes names that came into the directory?
    // Not a part of its caller, whose stack then is not that deep while the way is walked.
    #[inline(never)]
    fn has_only_new_names(&self) -> bool {
        let mut answer = true;
        self.watches.drain(|change| answer &= change == Change::New(self.names));
        answer
    }

    /// The look has failed: nothing is known of the directory, and the next look begins anew.
    pub fn lose(&mut self) {
        self.begins_anew |= self.is_found();
        self.links_are_told = false;
        self.identity = UNKNOWN;
    }

    /// Watches what an entry of the directory leads to, if it is a link.
    pub fn watch_target(&mut self, name: &CStr) {
        match chain::watch(&self.watches, self.path.to_bytes(), name.to_bytes(), self.names, &mut self.passed) {
            // The name of another entry: it is told as one that comes.
            Ok(names) => self.links_are_told &= names != self.names,
            Err(_) => self.is_watched = false,
        }
    }

    /// Has a runsv that is not ours the lock of a service in the directory, or a child that is about to become it? The
    /// lock is watched then.
    // Not a part of its caller, whose stack then is not that deep while a link is walked.
    #[inline(never)]
    pub fn is_held(&mut self, name: &CStr, identity: Identity) -> bool {
        let mut path = [0; WALKED];
        let lock = Lock::find(self.path, name, identity, &mut path);
        if !lock.is_held() {
            return false;
        }
        self.is_watched &= self.watches.add(lock.path(&mut path), Interest::Closed).is_ok();
        // It may have been given back before it was watched.
        lock.is_held()
    }
}
