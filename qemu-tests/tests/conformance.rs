//! Conformance: the scenarios of `src/conformance` with ours, with the original, and with pairs of both.
//!
//! Its one law: the original is fetched; a comparison without it is a failure. Source: runit-facts; ARCHITECTURE.md "Differences".

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::conformance::causes::Cause;
use pilotlight_qemu_tests::conformance::differences::DIFFERENCES;
use pilotlight_qemu_tests::conformance::programs::{NAMES, Programs};
use pilotlight_qemu_tests::conformance::{Scenario, compare, scenarios};
use pilotlight_qemu_tests::{host, reference};
use temp_dir::TempDir;

/// Compares, and fails with the paragraphs of what is different.
fn expect_alike(reference: &Programs, programs: &Programs, chosen: impl Fn(&Scenario) -> bool) -> Result<()> {
    let outcomes = compare(reference, programs, chosen);
    ensure!(!outcomes.is_empty(), "no scenario was chosen");
    let different: Vec<_> =
        outcomes.iter().filter(|outcome| !outcome.wrong.is_empty()).map(ToString::to_string).collect();
    ensure!(different.is_empty(), "{} beside {}:\n{}", programs.title, reference.title, different.join("\n"));
    Ok(())
}

/// The original, one of whose programs is ours, and the other way round: in all scenarios in which it meets others.
fn expect_pairs_alike(name: &str) -> Result<()> {
    let (original, ours) = (Programs::original()?, Programs::ours()?);
    let meets_others = |scenario: &Scenario| scenario.uses.len() > 1 && scenario.uses.contains(&name);
    expect_alike(&original, &original.with(name, &ours)?, meets_others)?;
    expect_alike(&original, &ours.with(name, &original)?, meets_others)
}

#[test]
fn ours_are_as_the_original() -> Result<()> {
    expect_alike(&Programs::original()?, &Programs::ours()?, |_| true)
}

#[test]
fn either_sv_drives_the_other_runsv() -> Result<()> {
    expect_pairs_alike("sv")
}

#[test]
fn either_runsvdir_keeps_the_other_runsv() -> Result<()> {
    expect_pairs_alike("runsvdir")
}

#[test]
fn either_svlogd_logs_for_the_other_runsv() -> Result<()> {
    expect_pairs_alike("svlogd")
}

#[test]
fn the_command_takes_directories_and_tells_alike_from_different() -> Result<()> {
    let reference = reference::root()?;
    let imposters = TempDir::new().context("unable to make a temporary directory")?;
    let programs = Programs::original()?;
    fs::copy(programs.file("utmpset")?, imposters.child("sv")).context("unable to copy")?;
    let cases = [(reference.as_path(), 0, "alike     sv: misuse"), (imposters.path(), 1, "DIFFERENT sv: misuse")];
    for (directory, code, verdict) in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
        command.arg("--reference").arg(&reference).arg("--programs").arg(directory).arg("sv: misuse");
        let output = command.output().context("unable to run the command")?;
        let told = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.code() == Some(code) && told.starts_with(verdict), "{verdict}: {} {told}", output.status);
    }
    let mut nothing = Command::new(env!("CARGO_BIN_EXE_conformance"));
    let output =
        nothing.arg("--programs").arg(imposters.child("none")).output().context("unable to run the command")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1) && told.contains("has none of the programs"), "{told}");
    Ok(())
}

#[test]
fn a_declared_difference_that_is_gone_is_found() -> Result<()> {
    let (original, ours) = (Programs::original()?, Programs::ours()?);
    // A chpst of another file with the same behaviour has none of the differences that are declared for ours.
    let directory = TempDir::new().context("unable to make a temporary directory")?;
    fs::copy(original.file("chpst")?, directory.child("chpst")).context("unable to copy")?;
    let same = Programs::in_directory("a copy", directory.path())?;
    let outcomes = compare(&original, &original.with("chpst", &same)?, |scenario| scenario.name == "chpst: locks");
    let told = outcomes.iter().flat_map(|outcome| &outcome.wrong).filter(|it| it.contains("declared, but not seen"));
    ensure!(told.count() == 2, "rows that are gone are not told");
    ensure!(original.file("chpst")? != ours.file("chpst")?, "the original serves as ours");
    Ok(())
}

#[test]
fn every_name_has_scenarios_and_every_difference_has_one() -> Result<()> {
    for name in NAMES {
        ensure!(scenarios::all().any(|scenario| scenario.uses.contains(&name)), "{name} is in no scenario");
    }
    let architecture = host::root().join("ARCHITECTURE.md");
    let architecture = fs::read_to_string(architecture).context("unable to read ARCHITECTURE.md")?;
    for row in DIFFERENCES {
        if let Cause::Mended(defect) = row.cause {
            ensure!(architecture.contains(&format!("\n| {defect} |")), "ARCHITECTURE.md has no row: {defect}");
        }
        let mut of_its_name = scenarios::all().filter(|scenario| scenario.name == row.scenario);
        let uses_it = of_its_name.next().is_some_and(|scenario| scenario.uses.contains(&row.program));
        ensure!(uses_it && of_its_name.next().is_none(), "{row:?} is of no scenario");
    }
    Ok(())
}
