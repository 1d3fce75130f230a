//! Descriptors of open files: one that is ours, which is closed with its owner, and one that is lent.
//!
//! Its one law: a number gets here from the kernel's answer alone, and so is none below 0; the one below 0 that there is stands for
//! no file, and is not -1.

use super::call::syscall;
use core::ffi::c_int;
use core::marker::PhantomData;
use core::mem;
use core::num::NonZeroI32;
use linux_raw_sys::general as nr;

/// The number of a descriptor.
pub type RawFd = c_int;

/// What no file has: the kernel answers EBADF, and poll(2) passes it over.
const NOTHING: RawFd = -2;

/// What has a number.
pub trait AsRawFd {
    /// The number.
    fn as_raw_fd(&self) -> RawFd;
}

/// What lends a descriptor.
pub trait AsFd {
    /// The descriptor, as long as its owner lives.
    fn as_fd(&self) -> BorrowedFd<'_>;
}

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
    fn drop(&mut self) {
        if self.is_open() {
            // Safety: a number; nobody else owns what it leads to. What close(2) answers changes nothing: the number is free.
            let _ = unsafe { syscall(nr::__NR_close, [self.0 as usize]) };
        }
    }
}

impl From<rustix::fd::OwnedFd> for OwnedFd {
    fn from(fd: rustix::fd::OwnedFd) -> OwnedFd {
        OwnedFd(rustix::fd::IntoRawFd::into_raw_fd(fd))
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

/// The descriptor of an open file, lent by its owner. It is kept with all bits turned, of which one is set then, so that `None` has
/// the number -1: no descriptor to the kernel.
#[derive(Clone, Copy, Debug)]
pub struct BorrowedFd<'a> {
    turned: NonZeroI32,
    owner: PhantomData<&'a OwnedFd>,
}

impl AsRawFd for BorrowedFd<'_> {
    fn as_raw_fd(&self) -> RawFd {
        !self.turned.get()
    }
}

impl AsFd for BorrowedFd<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        *self
    }
}

impl<T: AsFd> AsFd for &T {
    fn as_fd(&self) -> BorrowedFd<'_> {
        T::as_fd(self)
    }
}

impl<'a> From<BorrowedFd<'a>> for rustix::fd::BorrowedFd<'a> {
    fn from(fd: BorrowedFd<'a>) -> rustix::fd::BorrowedFd<'a> {
        // Safety: its owner lives as long; it is not -1.
        unsafe { rustix::fd::BorrowedFd::borrow_raw(fd.as_raw_fd()) }
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
    // Safety: of all numbers, -1 alone is zero with its bits turned.
    BorrowedFd { turned: unsafe { NonZeroI32::new_unchecked(!fd) }, owner: PhantomData }
}
