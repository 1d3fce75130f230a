//! What the four tools share.

pub mod options;
