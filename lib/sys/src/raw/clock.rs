//! Reading the clocks, clock_gettime(2).
//!
//! Its one law: which clock is for what is said in [`crate::clock`] alone.

use super::call::syscall;
use linux_raw_sys::general as nr;

/// Reads a clock: seconds and nanoseconds. On 32 bits the call of 5.1 is asked first: the wall clock of the old one ends in 2038,
/// and a kernel without `COMPAT_32BIT_TIME` has no other.
// Its fields are 32 bits wide on 32-bit architectures.
#[allow(clippy::useless_conversion)]
fn read_clock(clock: u32) -> (i64, u32) {
    #[cfg(target_pointer_width = "32")]
    {
        let mut time = nr::__kernel_timespec { tv_sec: 0, tv_nsec: 0 };
        // Safety: the kernel writes one structure of this very type, or fails and writes nothing.
        let answer = unsafe { syscall(nr::__NR_clock_gettime64, [clock as usize, &raw mut time as usize]) };
        if answer.nothing().is_ok() {
            return (time.tv_sec, time.tv_nsec as u32);
        }
    }
    let mut time: nr::__kernel_old_timespec = nr::__kernel_old_timespec { tv_sec: 0, tv_nsec: 0 };
    // Safety: the kernel writes one structure of this very type. Both clocks exist on every kernel, so it cannot fail.
    let _ = unsafe { syscall(nr::__NR_clock_gettime, [clock as usize, &raw mut time as usize]) };
    (i64::from(time.tv_sec), time.tv_nsec as u32)
}

/// The monotonic clock: seconds and nanoseconds since an unstated moment, near boot.
pub(crate) fn clock_monotonic() -> (i64, u32) {
    read_clock(nr::CLOCK_MONOTONIC)
}

/// The wall clock: seconds since 1970 and nanoseconds.
pub(crate) fn clock_realtime() -> (i64, u32) {
    read_clock(nr::CLOCK_REALTIME)
}
