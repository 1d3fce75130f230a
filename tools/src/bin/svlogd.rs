//! svlogd, as a program of its own; see [`pilotlight_tools::svlogd`].

use pilotlight_tools::svlogd;
use std::process::ExitCode;

fn main() -> ExitCode {
    svlogd::main()
}
