//! utmpset, as a program of its own; see [`pilotlight_tools::utmpset`].
#![no_main]

use pilotlight_tools::{options, utmpset};

sys::program!(|words| utmpset::main(&options::words(words)));
