//! The four tools in one file: which of them it is, the name says by which it is called.
//!
//! Its one law: each name works as the program of that name alone would. sv goes by any name, for an init script is a link
//! to it. Boards carry this file, since what the tools share counts once then.

use pilotlight_tools::options::base_name;
use pilotlight_tools::{chpst, sv, svlogd, utmpset};
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = std::env::args_os().next().unwrap_or_default();
    match base_name(&program) {
        b"svlogd" => svlogd::main(),
        b"utmpset" => utmpset::main(),
        name if chpst::goes_by(name) => chpst::main(),
        _ => sv::main(),
    }
}
