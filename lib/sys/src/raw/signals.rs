//! Signals of this process: their mask, their actions, and reading them.
//!
//! Its one law: no signal is ever handled; it is blocked and read, or does what it does by itself.

use super::OwnedFd;
use super::call::syscall;
use crate::errno::Errno;
use core::{mem, ptr};
use linux_raw_sys::general as nr;

/// Set of signals as the kernel keeps it, bit N - 1 for signal N; 64 signals on every architecture here.
pub(crate) type Mask = u64;
const MASK_SIZE: usize = size_of::<Mask>();

/// Sets the mask of blocked signals.
pub(crate) fn set_mask(mask: Mask) {
    // Safety: the kernel reads eight bytes and writes none (no old set is asked); with these arguments it cannot fail.
    let _ =
        unsafe { syscall(nr::__NR_rt_sigprocmask, [nr::SIG_SETMASK as usize, &raw const mask as usize, 0, MASK_SIZE]) };
}

/// Puts every signal back to its default action: what was ignored before an exec stays so, and children would inherit it.
/// Which were ignored, or handled?
pub fn reset_dispositions() -> Mask {
    (1..65).fold(0, |mask, signal| mask | Mask::from(reset_disposition(signal)) << (signal - 1))
}

/// Puts one signal back to its default action. Was it ignored before, or handled?
pub fn reset_disposition(signal: u8) -> bool {
    // Safety: all zero is a valid kernel_sigaction: SIG_DFL, no flags, no mask, no restorer.
    let (default, mut before): (nr::kernel_sigaction, nr::kernel_sigaction) = unsafe { mem::zeroed() };
    let (new, old) = (&raw const default as usize, &raw mut before as usize);
    // Safety: the kernel reads and writes one structure of its own type each; KILL, STOP and what is no signal answer EINVAL
    // and write nothing, which is as well.
    let _ = unsafe { syscall(nr::__NR_rt_sigaction, [usize::from(signal), new, old, MASK_SIZE]) };
    before.sa_handler_kernel.is_some()
}

/// A descriptor from which the signals of the mask can be read, signalfd4(2); non-blocking, closed on exec.
pub(crate) fn signalfd(mask: Mask) -> Result<OwnedFd, Errno> {
    const CLOSE_ON_EXEC_AND_NONBLOCK: usize = (nr::O_CLOEXEC | nr::O_NONBLOCK) as usize;
    let (new, mask) = (usize::MAX, &raw const mask as usize);
    // Safety: -1 asks for a new descriptor; the kernel reads eight bytes of mask.
    unsafe { syscall(nr::__NR_signalfd4, [new, mask, MASK_SIZE, CLOSE_ON_EXEC_AND_NONBLOCK]).file() }
}

/// Takes one pending signal of the mask, waiting `milliseconds` at most (`None`: without end): rt_sigtimedwait(2).
/// `None` when the time is over or another signal came.
pub(crate) fn take_signal(mask: Mask, milliseconds: Option<u32>) -> Option<u8> {
    let time = milliseconds
        .map(|all| nr::__kernel_old_timespec { tv_sec: (all / 1000) as _, tv_nsec: (all % 1000 * 1_000_000) as _ });
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    // Safety: the kernel reads the mask and, unless it is null, the time; no information record is asked.
    let answer = unsafe { syscall(nr::__NR_rt_sigtimedwait, [&raw const mask as usize, 0, time as usize, MASK_SIZE]) };
    let answer = answer.number();
    #[cfg(target_pointer_width = "32")]
    let answer = match answer {
        Err(error) if is_missing(error) => take_signal_after_2038(mask, milliseconds),
        answer => answer,
    };
    answer.ok().and_then(|signal| u8::try_from(signal).ok())
}

/// Does the error say that the kernel lacks a call, or that a filter takes it away?
#[cfg(target_pointer_width = "32")]
fn is_missing(error: Errno) -> bool {
    matches!(error, Errno::NOSYS | Errno::PERM)
}

/// The call of Linux 5.1 with times of 64 bits: a kernel without `COMPAT_32BIT_TIME` has no other.
#[cfg(target_pointer_width = "32")]
fn take_signal_after_2038(mask: Mask, milliseconds: Option<u32>) -> Result<usize, Errno> {
    let time = milliseconds
        .map(|all| nr::__kernel_timespec { tv_sec: (all / 1000).into(), tv_nsec: (all % 1000 * 1_000_000).into() });
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    let arguments = [&raw const mask as usize, 0, time as usize, MASK_SIZE];
    // Safety: as above, with the structure of this call.
    unsafe { syscall(nr::__NR_rt_sigtimedwait_time64, arguments) }.number()
}
