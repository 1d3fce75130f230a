//! The two clocks: monotonic for deadlines, wall for stamps.
//!
//! Its one law: a delay is never measured on the wall clock, which people and network time set at will.

use crate::raw;

/// Milliseconds on the monotonic clock, since an unstated moment near boot.
pub fn monotonic_milliseconds() -> u64 {
    let (seconds, nanoseconds) = raw::clock_monotonic();
    seconds.unsigned_abs().wrapping_mul(1000).wrapping_add(u64::from(nanoseconds / 1_000_000))
}

/// Wall time: seconds since 1970 (negative before) and nanoseconds.
pub fn wall() -> (i64, u32) {
    raw::clock_realtime()
}
