//! svlogd, as a program of its own; see [`pilotlight_tools::svlogd`].
#![no_main]

use pilotlight_tools::{options, svlogd};

sys::program!(|words| svlogd::main(&options::words(words)));
