//! The conformance command: `cargo conformance [--reference DIR] [--programs DIR] [NAME...]`.
//!
//! Its one law: standard output has a paragraph a scenario; the exit code is 0 if all are alike, 1 if not.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::conformance::{self, scenarios};
use pilotlight_qemu_tests::host;

/// Plays the same scenarios with two sets of programs and compares what is seen.
#[derive(Parser)]
#[command(after_help = "Exit codes: 0 alike, 1 different or a step failed, 2 misuse.")]
struct Arguments {
    /// The directory of the programs to compare with; without it, Debian's package of runit.
    #[arg(long, value_name = "DIR")]
    reference: Option<PathBuf>,
    /// The directory of the programs to look at; without it, ours, built for this machine.
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// A program of the reference's that serves in place of the other's; may be given more than once.
    #[arg(long, value_name = "PROGRAM")]
    borrow: Vec<String>,
    /// Prints the transcripts of the programs instead of comparing.
    #[arg(long)]
    transcripts: bool,
    /// Scenarios, by a part of their names; without one, all.
    scenarios: Vec<String>,
}

fn main() -> ExitCode {
    run(&Arguments::parse()).unwrap_or_else(|error| {
        host::say(&format!("fatal: {error:#}"));
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let named = |title, directory: &PathBuf| Programs::in_directory(title, directory);
    let reference = arguments.reference.as_ref().map_or_else(Programs::original, |it| named("the reference", it))?;
    let mut programs = arguments.programs.as_ref().map_or_else(Programs::ours, |it| named("the programs", it))?;
    for name in &arguments.borrow {
        programs = programs.with(name, &reference)?;
    }
    let is_chosen = |name: &str| {
        arguments.scenarios.is_empty() || arguments.scenarios.iter().any(|part| name.contains(part.as_str()))
    };
    if arguments.transcripts {
        for scenario in scenarios::all().filter(|scenario| is_chosen(scenario.name)) {
            println!("== {}\n{}", scenario.name, conformance::play(scenario, &programs)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let outcomes = conformance::compare(&reference, &programs, |scenario| is_chosen(scenario.name));
    outcomes.iter().for_each(|outcome| println!("{outcome}"));
    let different = outcomes.iter().filter(|outcome| !outcome.wrong.is_empty()).count();
    host::say(&format!("{} scenarios, {different} of them different", outcomes.len()));
    Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
