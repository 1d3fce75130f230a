//! sv, as a program of its own; see [`pilotlight_tools::sv`].
#![no_main]

use pilotlight_tools::sv;

sys::program!(|words: sys::Words| sv::main(&words.collect::<Vec<_>>()));
