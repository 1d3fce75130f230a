//! The two clocks: monotonic for deadlines, wall for stamps.
//!
//! Its one law: a delay is never measured on the wall clock, which people and network time set at will.

use crate::raw;

/// The monotonic clock: seconds since an unstated moment near boot, and nanoseconds.
pub fn monotonic() -> (i64, u32) {
    raw::clock_monotonic()
}

/// The same in milliseconds.
pub fn monotonic_milliseconds() -> u64 {
    let (seconds, nanoseconds) = monotonic();
    seconds.unsigned_abs().wrapping_mul(1000).wrapping_add(u64::from(nanoseconds / 1_000_000))
}

/// Wall time: seconds since 1970 (negative before) and nanoseconds.
pub fn wall() -> (i64, u32) {
    raw::clock_realtime()
}
