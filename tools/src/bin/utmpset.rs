//! utmpset, as a program of its own; see [`pilotlight_tools::utmpset`].

use pilotlight_tools::utmpset;
use std::process::ExitCode;

fn main() -> ExitCode {
    utmpset::main()
}
