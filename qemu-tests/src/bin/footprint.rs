//! The footprint command: `cargo footprint [--reference NAME=DIR] [--only TOPIC] [--json FILE] [--readme]`.
//!
//! Its one law: standard output has the table and nothing else; the exit code is 0 if everything was measured, 1 if not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::footprint::record::Record;
use pilotlight_qemu_tests::footprint::table::Section;
use pilotlight_qemu_tests::footprint::{self, Scale, TOPICS, growth, plot, targets};
use pilotlight_qemu_tests::host;

/// The picture of the growth, from the root of the workspace.
const GROWTH: &str = "doc/growth.svg";

/// Measures what the programs cost: ours, Debian's package of runit, and others.
#[derive(Parser)]
#[command(
    after_help = "Run it as root, on a machine that does nothing else. What takes time is measured on /dev/shm, if programs can be\n\
    run from there, without a disk.\n\
    Exit codes: 0 everything was measured, 1 something was not, 2 misuse."
)]
struct Arguments {
    /// Another set of programs to measure, and what to call it; may be given more than once.
    #[arg(long, value_name = "NAME=DIR", value_parser = reference)]
    reference: Vec<(String, PathBuf)>,
    /// A topic to measure, by a part of its name; may be given more than once. Without one, all.
    #[arg(long, value_name = "TOPIC")]
    only: Vec<String>,
    /// Writes what was measured into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Records what was measured in doc/footprint.json, and makes the README's table anew from there.
    #[arg(long)]
    readme: bool,
    /// Draws doc/growth.svg instead, the costs of 10 to 4,000 services; needs 12,000 process ids and 1.6 GB of memory.
    #[arg(long)]
    growth: bool,
}

fn reference(text: &str) -> Result<(String, PathBuf), String> {
    let (name, directory) = text.split_once('=').ok_or("a name, `=`, and a directory of programs is what is needed")?;
    Ok((name.into(), directory.into()))
}

fn main() -> ExitCode {
    run(&Arguments::parse()).unwrap_or_else(|error| {
        host::say(&format!("fatal: {error:#}"));
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let is_chosen = |title: &str| {
        let title = title.to_lowercase();
        arguments.only.is_empty() || arguments.only.iter().any(|part| title.contains(&part.to_lowercase()))
    };
    let topics: Vec<_> = TOPICS.iter().filter(|topic| is_chosen(topic.title)).collect();
    let titles = || TOPICS.iter().chain([&targets::TOPIC]).map(|topic| topic.title).collect::<Vec<_>>().join(", ");
    if topics.is_empty() && !is_chosen(targets::TOPIC.title) {
        bail!("there is no such topic; there are: {}", titles());
    }
    let mut sets = vec![Programs::ours()?, Programs::original()?];
    for (name, directory) in &arguments.reference {
        sets.push(Programs::in_directory(name, directory)?);
    }
    if arguments.growth {
        let picture = plot::svg(&growth::panels(&sets, Scale::Full)?)?;
        write(&host::root().join(GROWTH), &picture)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut measured = Vec::new();
    let mut show = |(section, wrong): (Section, Vec<anyhow::Error>)| {
        println!("{section}");
        measured.push(section);
        wrong
    };
    let mut errors = Vec::new();
    for topic in topics {
        errors.extend(show(footprint::measure(topic, &sets, Scale::Full)));
    }
    if is_chosen(targets::TOPIC.title) {
        errors.extend(show(targets::section()?));
    }
    if let Some(path) = &arguments.json {
        write(path, &serde_json::to_string_pretty(&measured).context("unable to make JSON of it")?)?;
    }
    if arguments.readme && errors.is_empty() {
        let mut record = Record::load()?;
        record.take(&measured)?;
        record.save()?;
    }
    errors.iter().for_each(|error| host::say(&format!("not measured: {error:#}")));
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("unable to write {}", path.display()))
}
