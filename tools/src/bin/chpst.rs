//! chpst, as a program of its own; see [`pilotlight_tools::chpst`].

use pilotlight_tools::chpst;
use std::process::ExitCode;

fn main() -> ExitCode {
    chpst::main()
}
