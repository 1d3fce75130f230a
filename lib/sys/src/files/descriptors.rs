//! Descriptors: both ends of a pipe, and what a program begins with.
//!
//! Its one law: 0, 1 and 2 are open before anything else is.

use super::{CWD, open};
use crate::errno::Errno;
use crate::raw::AsRawFd;
use crate::raw::{self, OwnedFd};
use core::ffi::CStr;
use linux_raw_sys::general as bits;

/// Makes a pipe, both ends blocking: its reading and its writing end.
#[cold]
pub fn make_pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    raw::pipe()
}

/// Opens both ends of a fifo, which wait: its reading and its writing end.
pub fn open_fifo(path: &CStr) -> Result<(OwnedFd, OwnedFd), Errno> {
    // While this one is open, neither of them waits for the other.
    let _both = open(CWD, path, bits::O_RDWR | bits::O_CLOEXEC, 0)?;
    let reader = open(CWD, path, bits::O_RDONLY | bits::O_CLOEXEC, 0)?;
    Ok((reader, open(CWD, path, bits::O_WRONLY | bits::O_CLOEXEC, 0)?))
}

/// Makes sure that descriptors 0, 1 and 2 are open, and that children inherit no other, whatever we inherited.
#[cold]
pub fn settle_descriptors() {
    raw::close_inherited_on_exec();
    fill_standard();
}

/// Makes sure that descriptors 0, 1 and 2 are open, so that no other file of ours gets one of these numbers. Without /dev they
/// lead to the root directory, which takes nothing and gives nothing.
#[cold]
pub fn fill_standard() {
    let open = |path, access| open(CWD, path, access, 0);
    while let Ok(fd) = open(c"/dev/null", bits::O_RDWR).or_else(|_| open(c"/", bits::O_RDONLY)) {
        if fd.as_raw_fd() > 2 {
            return;
        }
        fd.keep_open();
    }
}
