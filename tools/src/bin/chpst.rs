//! chpst, as a program of its own; see [`pilotlight_tools::chpst`].
#![no_main]

use pilotlight_tools::chpst;

sys::program!(|words: sys::Words| chpst::main(&words.collect::<Vec<_>>()));
