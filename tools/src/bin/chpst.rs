//! chpst, as a program of its own; see [`pilotlight_tools::chpst`].
#![no_main]

use pilotlight_tools::{chpst, options};

sys::program!(|words| chpst::main(&options::words(words)));
