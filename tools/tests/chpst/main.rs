//! chpst and its emulations: each test runs a program below it and looks at what that program is.

mod accounts;

mod emulations;
mod environment;
mod names;
mod state;
mod usage;

// For the file of chpst that `names` holds.
use pilotlight_tools::number;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

/// chpst under this name, which decides what it is.
fn called(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chpst"));
    command.arg0(name).args(arguments);
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    told(called("chpst", arguments).output().unwrap())
}

/// Code, standard output, standard error.
fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// What a run prints that fails in the system with this sentence.
fn failed(sentence: &str) -> (Option<i32>, String, String) {
    (Some(111), String::new(), format!("chpst: fatal: {sentence}\n"))
}

fn printed(text: &str) -> (Option<i32>, String, String) {
    (Some(0), text.to_owned(), String::new())
}

/// Only root may do what the test does: it says so where it cannot.
fn is_root() -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if !root {
        eprintln!("skipped: not root");
    }
    root
}
