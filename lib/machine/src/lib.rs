//! What happens next: the decisions of the programs as pure machines, event and time in, effects out.
//!
//! Each machine is one value of fixed size; many live side by side. Its one law: no I/O, no clock, no system call: a
//! shell performs the effects, so every decision can be tested on any host.
#![no_std]
#![forbid(unsafe_code)]

pub mod lifecycle;
pub mod rotation;
pub mod scan;
pub mod stages;
pub mod time;
