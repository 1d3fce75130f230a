//! How to ask the kernel: the only crate that names rustix, and the only one with system-call numbers.
//!
//! Thin, safe functions over system calls, each with the failure it can have. Its one law: no policy; a function asks the
//! kernel for one thing and hands back the answer or the error number.
#![no_std]

pub mod clock;
pub mod datagram;
mod errno;
pub mod files;
pub mod identity;
pub mod kinship;
pub mod message;
pub mod phrases;
pub mod process;
mod raw;
pub mod stream;
pub mod system;
pub mod wait;
pub mod watch;

pub use errno::Errno;
pub use raw::{
    AsFd, AsRawFd, BorrowedFd, Heap, OwnedFd, RawFd, Words, environment, give_back, reset_disposition,
    reset_dispositions,
};
