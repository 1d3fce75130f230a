//! Our sv, by which a person reaches the services.

use crate::fixture::{RUNSV, output};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program, built first if the tests of this package alone are run.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        pilotlight_qemu_tests::host::sibling(Path::new(RUNSV), "sv", "pilotlight-tools").expect("sv can be built")
    })
}

/// Runs sv on the services of a directory: exit code and what it printed.
pub(crate) fn sv(services: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = output(Command::new(program()).args(words).env("SVDIR", services));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}
