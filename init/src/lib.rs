//! What runit and runit-init share: the request files by which one asks the other to stop or restart the system.
//!
//! Its one law: both ask these functions; neither names a request file itself.
#![no_std]

pub mod request;
