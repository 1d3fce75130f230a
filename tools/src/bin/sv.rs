//! sv, as a program of its own; see [`pilotlight_tools::sv`].
#![no_main]

use pilotlight_tools::{options, sv};

sys::program!(|words| sv::main(&options::words(words)));
