//! The small programs that tests of other packages run, and surroundings that they give to the programs under test:
//! `src/bin/` holds the helpers.
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

/// The two answers that denied calls get: that of container runtimes, and that of old kernels.
pub const REASONS: [&str; 2] = ["EPERM", "ENOSYS"];

/// Becomes a program with every signal blocked and ignored, and with descriptors that are nobody's business.
const WITH_RUBBISH: &str = "exec env --block-signal --ignore-signal \"$@\" 5</dev/null 9>&2";

/// The command that becomes a program to which newer calls are denied, for one of the [`REASONS`].
pub fn denied(reason: &str, program: &str) -> Result<Command> {
    let mut command = Command::new(self::program(DENY_NEWER_CALLS)?);
    command.args([reason, program]);
    Ok(command)
}

/// The command that becomes a program with what nobody should inherit: every signal blocked and ignored, descriptors 5 and 9.
pub fn with_rubbish(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", WITH_RUBBISH, "rubbish", program]);
    command
}

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
