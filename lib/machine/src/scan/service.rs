//! What is known of one service: 40 bytes, so that a page of memory holds a hundred of them.

use super::Identity;
use crate::lifecycle::Pid;
use crate::time::{Instant, Milliseconds};

/// The longest that a service waits for its time. What would be longer is a time that has come: the halves of moments
/// that it is told by are the same every 49 days.
const LONGEST_WAIT: u32 = 5_000;

/// A service by its place, counted from 1; 0 is none.
pub(super) type Link = u16;

/// What is the matter with the supervisor of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is none, until its time.
    Due,
    /// Somebody else's has the lock.
    Foreign,
    Running,
    /// Told to end, and not reaped yet.
    Leaving,
    /// The service is none any more; its place is free when the next look begins.
    Gone,
}

#[derive(Debug)]
pub(super) struct Service {
    /// The numbers that the two trees know it by: the inode, and the mark of the entry that was seen last; 0 if it has
    /// none.
    pub(super) numbers: [u64; 2],
    pub(super) device: u32,
    pub(super) pid: Option<Pid>,
    /// The low half of the moment before which no supervisor is started.
    time: u32,
    /// What hangs on it, two in each tree.
    pub(super) below: [Link; 4],
    pub(super) state: State,
    pub(super) is_seen: bool,
}

impl Service {
    /// One that was not seen before.
    pub(super) fn new(directory: Identity, now: Instant) -> Service {
        Service {
            numbers: [directory.inode, 0],
            device: directory.device as u32,
            pid: None,
            time: now.0 as u32,
            below: [0; 4],
            state: State::Due,
            is_seen: false,
        }
    }

    /// No supervisor is started before so much time has passed.
    pub(super) fn wait(&mut self, delay: Milliseconds, now: Instant) {
        self.time = (now.0 as u32).wrapping_add(delay.0 as u32);
    }

    /// The moment before which no supervisor is started; now, if it has passed.
    pub(super) fn due(&self, now: Instant) -> Instant {
        let left = self.time.wrapping_sub(now.0 as u32);
        now.plus(Milliseconds(if left > LONGEST_WAIT { 0 } else { left.into() }))
    }
}

/// A hash of a number and a device: those that follow each other, or are multiples of a power of two, differ in the
/// first bits.
pub(super) fn hash(number: u64, device: u32) -> u32 {
    // The golden ratio's part of 2^32.
    ((number ^ number >> 32) as u32 ^ device).wrapping_mul(0x9E37_79B1)
}
