//! Being told of changes and of many descriptors: inotify(7) and epoll(7).
//!
//! Its one law: what a mask or a token means is decided in [`crate::watch`].

use super::BorrowedFd;
use super::OwnedFd;
use super::call::{of, syscall};
use crate::errno::Errno;
use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;
use core::slice;
use linux_raw_sys::general as nr;

pub(crate) use nr::epoll_event as Event;

/// A descriptor for watches, inotify_init1(2); non-blocking, closed on exec.
pub(crate) fn inotify() -> Result<OwnedFd, Errno> {
    // Safety: a number. The descriptor is new.
    unsafe { syscall(nr::__NR_inotify_init1, [(nr::IN_CLOEXEC | nr::IN_NONBLOCK) as usize]).file() }
}

/// Watches a file, inotify_add_watch(2): the number of the watch.
pub(crate) fn add_watch(watches: BorrowedFd, path: &CStr, mask: u32) -> Result<c_int, Errno> {
    // Safety: path ends in NUL, the kernel only reads it.
    let answer = unsafe { syscall(nr::__NR_inotify_add_watch, [of(watches), path.as_ptr() as usize, mask as usize]) };
    answer.number().map(|watch| watch as c_int)
}

/// Ends a watch, inotify_rm_watch(2).
pub(crate) fn remove_watch(watches: BorrowedFd, watch: c_int) {
    // Safety: two numbers.
    let _ = unsafe { syscall(nr::__NR_inotify_rm_watch, [of(watches), watch as usize]) };
}

/// A descriptor that gathers others, epoll_create1(2); closed on exec.
pub(crate) fn epoll() -> Result<OwnedFd, Errno> {
    // Safety: a number. The descriptor is new.
    unsafe { syscall(nr::__NR_epoll_create1, [nr::EPOLL_CLOEXEC as usize]).file() }
}

/// Adds a descriptor to those that are gathered, epoll_ctl(2).
pub(crate) fn gather(gathering: BorrowedFd, member: BorrowedFd, events: u32, token: u64) -> Result<(), Errno> {
    let event = Event { events, data: token };
    let (add, event) = (nr::EPOLL_CTL_ADD as usize, &raw const event as usize);
    // Safety: the kernel reads one structure of its own type.
    unsafe { syscall(nr::__NR_epoll_ctl, [of(gathering), add, of(member), event]) }.nothing()
}

/// Those that are ready now, epoll_wait(2) without waiting; as many as the list holds.
pub(crate) fn ready_now<'a>(gathering: BorrowedFd, list: &'a mut [MaybeUninit<Event>]) -> &'a [Event] {
    let place = list.as_mut_ptr() as usize;
    #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm"))]
    // Safety: the kernel writes structures of its own type, as many as there is room for.
    let answer = unsafe { syscall(nr::__NR_epoll_wait, [of(gathering), place, list.len(), 0]) };
    #[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
    // Safety: as above, and no mask is given.
    let answer = unsafe { syscall(nr::__NR_epoll_pwait, [of(gathering), place, list.len(), 0, 0]) };
    let count = answer.number().map_or(0, |count| count.min(list.len()));
    // Safety: so many have been written.
    unsafe { slice::from_raw_parts(list.as_ptr().cast(), count) }
}
