//! The system calls of the device programs, and of the tools what rustix lacks, by number, in their smallest form.
//!
//! Its one law: no file but those below it names a system-call number, and each function is safe to call: it hands the kernel
//! only memory that it borrows for the time of the call. Numbers and structures are those of linux-raw-sys. Calls of Linux 3.2
//! are the base; a newer one is tried first only where the old one is wrong, and EPERM (a seccomp filter) counts like ENOSYS
//! there.
#![allow(unsafe_code)]

mod call;
mod clock;
mod descriptor;
mod entry;
mod files;
mod heap;
mod machine;
mod mapped;
mod poll;
mod process;
mod signals;
mod text;
mod watch;

pub(crate) use call::Answer;
pub(crate) use clock::{clock_monotonic, clock_realtime};
pub(crate) use descriptor::standard;
pub use descriptor::{AsFd, AsRawFd, BorrowedFd, CWD, OwnedFd, RawFd};
pub use entry::{Words, environment};
pub(crate) use files::*;
pub use heap::Heap;
pub use machine::Reboot;
pub(crate) use machine::{reboot, sync};
pub use mapped::give_back;
pub(crate) use poll::{PollFd, PollList, poll};
pub(crate) use process::*;
pub(crate) use signals::{Mask, set_mask, signalfd, take_signal};
pub use signals::{reset_disposition, reset_dispositions};
pub(crate) use text::{ascii_at_start, join, text};
pub(crate) use watch::*;
