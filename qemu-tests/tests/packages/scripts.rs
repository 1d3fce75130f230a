//! Every shell script of the trees: looked at by shellcheck.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::host;

/// The trees with scripts.
const TREES: &[&str] = &["boards/buildroot"];

#[test]
fn shellcheck_finds_nothing() -> Result<()> {
    let shellcheck = host::require("shellcheck", &["shellcheck"])?;
    let list = host::output(Command::new("grep").args(["-rlE", "^#!/bin/sh"]).args(TREES).current_dir(host::root()))?;
    let scripts: Vec<PathBuf> = list.lines().map(PathBuf::from).collect();
    ensure!(scripts.len() > 5, "the scripts of {TREES:?} are not found: {scripts:?}");
    // SC1090, SC1091: files that exist on the target only.
    let mut command = Command::new(shellcheck);
    host::run(command.args(["--exclude", "SC1090,SC1091"]).args(&scripts).current_dir(host::root()))
}
