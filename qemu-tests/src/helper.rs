//! The small programs that tests of other packages run: `src/bin/` holds them.
//!
//! Its one law: cargo gives a test the programs of its own package only, so these are built when a test asks, beside the others.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::host;

/// Denies the system calls that are newer than Linux 3.2 to the program that it becomes.
pub const DENY_NEWER_CALLS: &str = "deny-newer-calls";
/// Leaves many orphans to process 1.
pub const STORM_OF_ORPHANS: &str = "storm-of-orphans";

/// The path of one of these programs, built if it is not there.
pub fn program(name: &str) -> Result<PathBuf> {
    debug_program(env!("CARGO_PKG_NAME"), name)
}

/// The path of a package's program as the host's tests have it, not optimised; built if it is not there.
pub fn debug_program(package: &str, name: &str) -> Result<PathBuf> {
    let _lock = host::lock()?;
    // Set by the cargo that runs the tests: the same toolchain goes on.
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", package, "--bin", name]).current_dir(host::root());
    host::run(&mut cargo).with_context(|| format!("unable to build the program {name}"))?;
    let debug = host::work_dir().parent().map(|target| target.join("debug").join(name));
    let program = debug.context("the directory of the build has no parent")?;
    ensure!(Path::new(&program).is_file(), "cargo has built {name}, but it is not at {}", program.display());
    Ok(program)
}
