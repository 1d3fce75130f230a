//! The one blocking call of a program: descriptors and signals, until a deadline.
//!
//! Signals are blocked and read from a descriptor, so nothing ever runs between two instructions of a program. Its one
//! law: whoever blocks anywhere else breaks invariant 4. A deadline is milliseconds of [`crate::clock`].

use crate::clock;
use crate::errno::Errno;
use crate::raw::{self, OwnedFd};
use crate::raw::{AsFd, BorrowedFd};
use core::ffi::c_int;

/// Bytes of the kernel's `struct signalfd_siginfo`, whose first four are the signal's number.
const SIGNAL_RECORD: usize = 128;
/// How many records one read takes; signals of one number merge while they are pending, so few are ever there.
const RECORDS: usize = 2;
/// What poll(2) takes for a wait without end.
const FOREVER: c_int = -1;

/// A set of signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignalSet(raw::Mask);

impl SignalSet {
    /// No signal.
    pub const EMPTY: SignalSet = SignalSet(0);
    /// Every signal there is.
    pub const ALL: SignalSet = SignalSet(!0);

    /// The set with one more signal, by number from 1 to 64.
    #[must_use]
    pub const fn with(self, signal: u8) -> SignalSet {
        SignalSet(self.0 | 1 << (signal.wrapping_sub(1) & 63))
    }

    /// Is the signal in the set?
    pub const fn has(self, signal: u8) -> bool {
        self.0 & SignalSet::EMPTY.with(signal).0 != 0
    }
}

/// Blocks these signals, and no others, in this process.
pub fn block(signals: SignalSet) {
    raw::set_mask(signals.0);
}

/// Signals that a program reads instead of being interrupted by them.
pub struct Signals(OwnedFd);

/// What a wait ended with.
pub struct Ready<const N: usize> {
    /// The signals that came.
    pub signals: SignalSet,
    /// For each descriptor asked: is there something to read, an end of file or an error?
    pub readable: [bool; N],
}

impl Signals {
    /// Blocks `signals` and `silenced`, and makes the first readable; the second stay pending without effect (PIPE). So do
    /// signals that this process was told to ignore (nohup): its children, which begin with an empty mask, have nothing to
    /// put back then, and an ignored CHLD would let the kernel reap in our place.
    #[cold]
    pub fn take(signals: SignalSet, silenced: SignalSet) -> Result<Signals, Errno> {
        block(SignalSet::ALL);
        let ignored = raw::reset_dispositions();
        raw::set_mask(signals.0 | silenced.0 | ignored);
        raw::signalfd(signals.0).map(Signals)
    }

    /// Blocks until a signal comes, a descriptor can be read, or the clock reaches the deadline (`None`: never).
    /// A failure of the kernel's (out of memory) reads as "nothing ready": the caller's loop comes back here.
    pub fn wait<const N: usize>(&self, descriptors: [Option<BorrowedFd>; N], deadline: Option<u64>) -> Ready<N> {
        let mut list = raw::PollList {
            first: raw::PollFd::readable(Some(self.0.as_fd())),
            rest: descriptors.map(raw::PollFd::readable),
        };
        let milliseconds = deadline.map_or(FOREVER, milliseconds_until);
        raw::poll(&mut list, milliseconds);
        let signals = if list.first.is_ready() { self.read() } else { SignalSet::EMPTY };
        Ready { signals, readable: list.rest.map(|descriptor| descriptor.is_ready()) }
    }

    /// Takes what is pending, without blocking.
    fn read(&self) -> SignalSet {
        let mut buffer = [0; SIGNAL_RECORD * RECORDS];
        let length = raw::read(self.0.as_fd(), &mut buffer).unwrap_or(0);
        let records = buffer.get(..length).unwrap_or_default().chunks_exact(SIGNAL_RECORD);
        records.filter_map(|record| record.first()).fold(SignalSet::EMPTY, |set, signal| set.with(*signal))
    }
}

/// Waits for one signal of the set until the deadline, without any descriptor: for a program that has nothing else to
/// wait for. The signals must be blocked. `None` when the deadline passed or a signal outside the set was handled.
pub fn wait_for_signal(signals: SignalSet, deadline: Option<u64>) -> Option<u8> {
    raw::take_signal(signals.0, deadline.map(milliseconds_until).map(|all| all.unsigned_abs()))
}

/// Milliseconds from now to a deadline, at most what poll(2) takes (24 days: then the caller simply comes back).
fn milliseconds_until(deadline: u64) -> c_int {
    c_int::try_from(deadline.saturating_sub(clock::monotonic_milliseconds())).unwrap_or(c_int::MAX)
}
