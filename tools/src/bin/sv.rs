//! sv, as a program of its own; see [`pilotlight_tools::sv`].

use pilotlight_tools::sv;
use std::process::ExitCode;

fn main() -> ExitCode {
    sv::main()
}
