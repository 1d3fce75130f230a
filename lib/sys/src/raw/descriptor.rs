//! The descriptor of an open file that is ours: it is closed with its owner.
//!
//! rustix has the same type, but one that looks again at each use whether it is -1, and panics. Its one law: a number gets
//! here from the kernel's answer alone, and so is none below 0; the one below 0 that there is stands for no file.

use super::call::syscall;
use core::mem;
use linux_raw_sys::general as nr;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, RawFd};

/// What no file has: the kernel answers EBADF, and poll(2) passes it over. rustix takes it for a mistake in a build for debugging.
const NOTHING: RawFd = -2;

/// An open file, or the place for one.
#[derive(Debug)]
pub struct OwnedFd(RawFd);

impl OwnedFd {
    /// The place of a file that is not open.
    pub const NONE: OwnedFd = OwnedFd(NOTHING);

    /// Is it a file, and not the place for one?
    pub fn is_open(&self) -> bool {
        self.0 >= 0
    }

    /// Takes over the descriptor that the kernel answered with.
    ///
    /// # Safety
    /// It must be open, and nobody else's.
    pub(crate) unsafe fn new(answer: usize) -> OwnedFd {
        OwnedFd(answer as RawFd)
    }

    /// Leaves it open for the life of the process.
    pub(crate) fn keep_open(self) {
        mem::forget(self);
    }
}

impl Drop for OwnedFd {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_open() {
            close(self.0);
        }
    }
}

#[inline(never)]
fn close(fd: RawFd) {
    // Safety: a number; nobody else owns what it leads to. What close(2) answers changes nothing: the number is free.
    let _ = unsafe { syscall(nr::__NR_close, [fd as usize]) };
}

impl From<rustix::fd::OwnedFd> for OwnedFd {
    fn from(fd: rustix::fd::OwnedFd) -> OwnedFd {
        OwnedFd(fd.into_raw_fd())
    }
}

impl AsRawFd for OwnedFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

impl AsFd for OwnedFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        borrow(self.0)
    }
}

/// The directory that this process works in, as a base of paths.
pub const CWD: BorrowedFd<'static> = borrow(nr::AT_FDCWD);

/// Standard input, output or error: 0, 1 or 2.
pub(crate) fn standard(number: u8) -> BorrowedFd<'static> {
    // No file of ours gets a number up to 2 (see `files::settle_descriptors`) and none of ours closes them; should one be
    // closed all the same, the calls on it answer EBADF.
    borrow(RawFd::from(number.min(2)))
}

/// Lends a descriptor that is open, or on which calls answer EBADF. It must not be -1.
const fn borrow<'a>(fd: RawFd) -> BorrowedFd<'a> {
    // Safety: the type is transparent for the number, and every number but -1 is one.
    unsafe { mem::transmute::<RawFd, BorrowedFd<'a>>(fd) }
}
