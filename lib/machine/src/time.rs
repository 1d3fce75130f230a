//! A moment as the machines know it: monotonic for deadlines, wall for stamps.
//!
//! Its one law: a machine never asks what time it is; it is told.

use protocol::tai64n::Tai64n;

/// A moment on the monotonic clock, in milliseconds since an unstated moment near boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(
    /// Milliseconds.
    pub u64,
);

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milliseconds(
    /// How many.
    pub u64,
);

impl Instant {
    /// The moment that much later.
    #[must_use]
    pub const fn plus(self, delay: Milliseconds) -> Instant {
        Instant(self.0.saturating_add(delay.0))
    }
}

/// The first of the moments that are known.
#[inline(never)]
pub fn earliest(moments: &[Option<Instant>]) -> Option<Instant> {
    moments.iter().copied().flatten().min()
}

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For the status of a service.
    pub stamp: Tai64n,
}
