//! Processes: making, becoming, reaping and signalling them, and what this one is.
//!
//! Its one law: who may be signalled or waited for is decided by the caller; here it is a number.

use super::BorrowedFd;
use super::OwnedFd;
use super::call::{of, syscall};
use crate::errno::Errno;
use core::ffi::{CStr, c_char, c_int};
use core::num::NonZeroU32;
use linux_raw_sys::general as nr;

/// Makes a copy of this process, fork(2): `None` in the child, its process id in the parent.
///
/// # Safety
/// The process must have one thread: the child holds a copy of the caller only, locks of others would stay locked.
pub(crate) unsafe fn fork() -> Result<Option<NonZeroU32>, Errno> {
    // Safety: no flag but the signal at its end: no stack, no identifier is read or written by the kernel.
    let pid = unsafe { syscall(nr::__NR_clone, [nr::SIGCHLD as usize, 0, 0, 0]) }.number()?;
    Ok(NonZeroU32::new(pid as u32))
}

/// Becomes another program, execve(2). Returns only on failure. Both lists must end in a null pointer, or the program gets what
/// lies behind them.
pub(crate) fn execve(path: &CStr, arguments: &[*const c_char], environment: &[*const c_char]) -> Errno {
    debug_assert!([arguments, environment].iter().all(|list| list.last().is_some_and(|pointer| pointer.is_null())));
    // Safety: path ends in NUL. The kernel only reads; a stray pointer within a list or behind it gives EFAULT and no harm.
    // What it answers is an error, or it would not have returned.
    unsafe {
        syscall(nr::__NR_execve, [path.as_ptr() as usize, arguments.as_ptr() as usize, environment.as_ptr() as usize])
            .error()
    }
}

/// Ends this process, exit_group(2).
pub(crate) fn exit(code: u8) -> ! {
    loop {
        // Safety: the call takes a number and does not return.
        let _ = unsafe { syscall(nr::__NR_exit_group, [usize::from(code)]) };
    }
}

/// Takes a child that has ended, wait4(2), without waiting: its number, none if there is none, and its status.
pub(crate) fn take_ended() -> Option<(NonZeroU32, c_int)> {
    const ANY: usize = usize::MAX;
    let mut status: c_int = 0;
    // Safety: the kernel writes one status; what the child has used is not asked.
    let answer = unsafe { syscall(nr::__NR_wait4, [ANY, &raw mut status as usize, nr::WNOHANG as usize, 0]) };
    // An error tells that there are no children at all.
    let pid = NonZeroU32::new(answer.number().unwrap_or(0) as u32)?;
    Some((pid, status))
}

/// kill(2) with its raw target: a process, minus a group, or -1 for every process but the caller and process 1.
pub(crate) fn kill(target: c_int, signal: u8) -> Result<(), Errno> {
    // Safety: two numbers.
    unsafe { syscall(nr::__NR_kill, [target as usize, usize::from(signal)]) }.nothing()
}

/// A descriptor of a process, pidfd_open(2); Linux 5.3 and later. It can be read when the process has ended.
pub(crate) fn pidfd_open(pid: c_int) -> Result<OwnedFd, Errno> {
    // Safety: two numbers. The descriptor is new; the kernel closes it on exec.
    unsafe { syscall(nr::__NR_pidfd_open, [pid as usize, 0]).file() }
}

/// Sends a signal to the process of a descriptor and to no other, pidfd_send_signal(2).
pub(crate) fn pidfd_send_signal(process: BorrowedFd, signal: u8) -> Result<(), Errno> {
    // Safety: numbers, and null for "the signal is what kill(2) would send".
    unsafe { syscall(nr::__NR_pidfd_send_signal, [of(process), usize::from(signal), 0, 0]) }.nothing()
}

/// Makes this process the leader of a new session, setsid(2).
pub(crate) fn setsid() -> Result<(), Errno> {
    // Safety: it takes nothing.
    unsafe { syscall(nr::__NR_setsid, []) }.done()
}

/// The number of this process, getpid(2).
pub(crate) fn getpid() -> u32 {
    // Safety: it takes nothing.
    unsafe { syscall(nr::__NR_getpid, []) }.value() as u32
}

/// The user in whose name this process acts, geteuid(2).
pub(crate) fn geteuid() -> u32 {
    #[cfg(target_pointer_width = "64")]
    const NUMBER: u32 = nr::__NR_geteuid;
    // The older call has 16 bits for a user.
    #[cfg(target_pointer_width = "32")]
    const NUMBER: u32 = nr::__NR_geteuid32;
    // Safety: it takes nothing.
    unsafe { syscall(NUMBER, []) }.value() as u32
}

/// Lets another process run, sched_yield(2), which cannot fail.
pub(crate) fn sched_yield() {
    // Safety: it takes nothing.
    let _ = unsafe { syscall(nr::__NR_sched_yield, []) };
}

/// Changes the working directory, chdir(2).
pub(crate) fn chdir(path: &CStr) -> Result<(), Errno> {
    // Safety: path ends in NUL, the kernel only reads it.
    unsafe { syscall(nr::__NR_chdir, [path.as_ptr() as usize]) }.nothing()
}

/// Changes the working directory to an open one, fchdir(2).
pub(crate) fn fchdir(directory: BorrowedFd) -> Result<(), Errno> {
    // Safety: a number.
    unsafe { syscall(nr::__NR_fchdir, [of(directory)]) }.nothing()
}

/// Writes the path of the working directory with its NUL; tells how many bytes that are: getcwd(2).
pub(crate) fn getcwd(buffer: &mut [u8]) -> Result<usize, Errno> {
    // Safety: the kernel writes at most the bytes that the buffer has.
    unsafe { syscall(nr::__NR_getcwd, [buffer.as_mut_ptr() as usize, buffer.len()]) }.number()
}
