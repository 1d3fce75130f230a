//! poll(2): waiting until descriptors are ready, or for some time.
//!
//! Its one law: it is asked of [`crate::wait`] and [`crate::message`] alone, which say how long a program may wait.

use super::call::syscall;
use super::{AsRawFd, BorrowedFd};
use core::ffi::c_int;
use core::ptr;
use linux_raw_sys::general as nr;

/// A descriptor for poll(2), laid out as the kernel's `struct pollfd`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct PollFd {
    fd: c_int,
    events: i16,
    returned: i16,
}

impl PollFd {
    /// Asks whether a descriptor can be read; `None` is passed over by the kernel.
    pub(crate) fn readable(fd: Option<BorrowedFd>) -> PollFd {
        PollFd { fd: fd.map_or(-1, |fd| fd.as_raw_fd()), events: nr::POLLIN as i16, returned: 0 }
    }

    /// Asks whether a descriptor can be written.
    pub(crate) fn writable(fd: BorrowedFd) -> PollFd {
        PollFd { fd: fd.as_raw_fd(), events: nr::POLLOUT as i16, returned: 0 }
    }

    /// Is there what was asked for, an end of file or an error?
    pub(crate) fn is_ready(&self) -> bool {
        self.returned != 0
    }
}

/// One descriptor and N more, in one piece of memory as poll(2) wants them.
#[repr(C)]
pub(crate) struct PollList<const N: usize> {
    pub(crate) first: PollFd,
    pub(crate) rest: [PollFd; N],
}

/// Waits until a descriptor is ready or the milliseconds (-1: no end) are over. Where that fails, nothing in the list is made ready.
pub(crate) fn poll<const N: usize>(list: &mut PollList<N>, milliseconds: c_int) {
    let (list, length) = (ptr::from_mut(list) as usize, 1 + N);
    #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm"))]
    // Safety: the kernel reads and writes 1 + N structures of its own layout, which lie in a row.
    let _ = unsafe { syscall(nr::__NR_poll, [list, length, milliseconds as usize]) };
    #[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
    let _ = {
        let milliseconds = u32::try_from(milliseconds).ok();
        let mut time = milliseconds.map(|all| nr::__kernel_old_timespec {
            tv_sec: (all / 1000).into(),
            tv_nsec: (all % 1000 * 1_000_000).into(),
        });
        let time = time.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
        // Safety: as above, and the time, to which the kernel writes what is left of it, is null or lives until the call returns; no
        // mask is given.
        unsafe { syscall(nr::__NR_ppoll, [list, length, time as usize, 0]) }
    };
}
