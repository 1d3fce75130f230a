//! The four tools in one file: which of them it is, the name says by which it is called.
//!
//! Its one law: each name works as the program of that name alone would. sv goes by any name, for an init script is a link
//! to it. Boards carry this file, since what the tools share counts once then.

#![no_main]

use pilotlight_tools::options::base_name;
use pilotlight_tools::{chpst, sv, svlogd, utmpset};

sys::program!(start);

fn start(words: sys::Words) -> u8 {
    let words: Vec<_> = words.collect();
    match words.first().map(|program| base_name(program)).unwrap_or_default() {
        b"svlogd" => svlogd::main(&words),
        b"utmpset" => utmpset::main(&words),
        name if chpst::goes_by(name) => chpst::main(&words),
        _ => sv::main(&words),
    }
}
