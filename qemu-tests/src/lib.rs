//! Boards: from `boards/NAME.toml` to an image, and from an image to a machine that QEMU runs and a test can talk to.
//!
//! Duty: what `cargo boot`, `cargo image` and the tests share. Its one law: nothing but the board's own bytes reaches
//! standard output; what the tool itself has to say goes to standard error.

pub mod board;
pub mod conformance;
pub mod console;
pub mod debian;
pub mod disk;
pub mod dist;
pub mod footprint;
pub mod guest;
pub mod helper;
pub mod host;
pub mod image;
pub mod lanes;
pub mod least_memory;
pub mod python;
pub mod reference;
pub mod signals;
pub mod squashfs;
pub mod toolchain;
