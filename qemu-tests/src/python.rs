//! Programs from PyPI, each in a virtual environment below `target/boards`.
//!
//! Its one law: the machine's own Python gets nothing but Debian's packages.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::host;
use anyhow::{Context, Result};

/// The directory of the programs of `release`, a word as pip takes it (`name==version`); made if it is not there yet.
pub fn programs_of(release: &str) -> Result<PathBuf> {
    let _lock = host::lock()?;
    let environment = host::work_dir().join("python").join(release);
    let programs = environment.join("bin");
    // Written last: what was cut off is made anew.
    let whole = environment.join("whole");
    if whole.exists() {
        return Ok(programs);
    }
    let python = host::require("python3", &["python3", "python3-venv"])?;
    let has_venv =
        Command::new(&python).args(["-c", "import ensurepip, venv"]).output().is_ok_and(|it| it.status.success());
    if !has_venv {
        host::install(&["python3-venv"], "Python's module venv is missing")?;
    }
    host::say(&format!("making a Python environment with {release} (venv, pip install)"));
    host::run(Command::new(&python).args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut pip = Command::new(programs.join("pip"));
    host::run(pip.args(["install", "--quiet", "--no-compile", "--disable-pip-version-check", release]))
        .with_context(|| format!("unable to fetch {release}; is PyPI reachable?"))?;
    fs::write(&whole, "").with_context(|| format!("unable to write {}", whole.display()))?;
    Ok(programs)
}
