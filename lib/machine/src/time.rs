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
    /// The moment that does not come.
    pub const NEVER: Instant = Instant(u64::MAX);

    /// The moment, unless it does not come.
    pub fn known(self) -> Option<Instant> {
        Some(self).filter(|moment| *moment != Instant::NEVER)
    }

    /// Has it come? Then it does not come again.
    pub fn take_if_come(&mut self, now: Instant) -> bool {
        let has_come = *self <= now;
        if has_come {
            *self = Instant::NEVER;
        }
        has_come
    }

    /// The moment that much later.
    #[must_use]
    pub const fn plus(self, delay: Milliseconds) -> Instant {
        Instant(self.0.saturating_add(delay.0))
    }
}

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For the status of a service.
    pub stamp: Tai64n,
}
