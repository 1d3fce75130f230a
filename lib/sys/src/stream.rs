//! Open files as svlogd needs them: its input, the length of a file, whether a name still leads to it, the disk.
//!
//! Its one law: nothing here opens or names a file; that is the duty of [`crate::files`].

use crate::raw;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs;
use rustix::io::Errno;

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
    fs::fstat(fd).map(|stat| Extent { length: stat.st_size.unsigned_abs(), has_name: stat.st_nlink > 0 })
}

/// Waits until the disk has the file.
pub fn sync(fd: impl AsFd) -> Result<(), Errno> {
    fs::fsync(fd)
}
