//! utmpset, as a program of its own; see [`pilotlight_tools::utmpset`].
#![no_main]

use pilotlight_tools::utmpset;

sys::program!(|words: sys::Words| utmpset::main(&words.collect::<Vec<_>>()));
