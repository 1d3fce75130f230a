//! Open files as svlogd and utmpset need them: standard input, the length of a file, whether a name still leads to it, a
//! place in it, the disk.
//!
//! Its one law: nothing here opens or names a file; that is the duty of [`crate::files`].

use crate::errno::Errno;
use crate::raw;
use crate::raw::{AsFd, BorrowedFd};
use core::mem::MaybeUninit;
use linux_raw_sys::general::AT_EMPTY_PATH;

/// What fstat(2) tells of an open file that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Bytes in it.
    pub length: u64,
    /// Does a name still lead to it? What is written into a file without a name is gone when it is closed.
    pub has_name: bool,
}

/// Standard input, which stays open for the life of the program.
pub fn standard_input() -> BorrowedFd<'static> {
    raw::standard(0)
}

/// Tells how long a file is and whether it still has a name.
pub fn extent(fd: impl AsFd) -> Result<Extent, Errno> {
    let mut stat = MaybeUninit::uninit();
    let stat = raw::stat(fd.as_fd(), c"", AT_EMPTY_PATH, &mut stat)?;
    Ok(Extent { length: stat.st_size.unsigned_abs(), has_name: stat.st_nlink > 0 })
}

/// Waits until the disk has the file.
pub fn sync(fd: impl AsFd) -> Result<(), Errno> {
    Ok(rustix::fs::fsync(rustix::fd::BorrowedFd::from(fd.as_fd()))?)
}

/// Reads once, at a place in the file; the number of bytes.
pub fn read_at(fd: impl AsFd, buffer: &mut [u8], place: u64) -> Result<usize, Errno> {
    raw::read_at(fd.as_fd(), buffer, place)
}

/// Writes once, at a place in the file; the number of bytes.
pub fn write_at(fd: impl AsFd, bytes: &[u8], place: u64) -> Result<usize, Errno> {
    raw::write_at(fd.as_fd(), bytes, place)
}

/// Cuts the file to a length.
pub fn set_length(fd: impl AsFd, length: u64) -> Result<(), Errno> {
    raw::set_length(fd.as_fd(), length)
}
