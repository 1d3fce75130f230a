//! svlogd, as a program of its own; see [`pilotlight_tools::svlogd`].
#![no_main]

use pilotlight_tools::svlogd;

sys::program!(|words: sys::Words| svlogd::main(&words.collect::<Vec<_>>()));
