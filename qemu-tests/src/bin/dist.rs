//! The release command: `cargo dist TARGET` and `cargo install-to DIR TARGET`.
//!
//! Its one law: standard output is the paths that were written; what else there is to say goes to standard error.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use pilotlight_qemu_tests::dist::{self, Dist, TARGETS};
use pilotlight_qemu_tests::host;

/// Makes the release tree of pilotlight for a target.
#[derive(Parser)]
#[command(after_help = format!("Targets: {}.", TARGETS.join(", ")))]
struct Arguments {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Packs the tree as a tar.gz, with its SHA-256 beside it, into target/dist.
    Archive {
        /// The Rust target.
        target: String,
    },
    /// Installs the tree below a directory; what is there below etc already is kept.
    Install {
        /// The directory, which stands for the root of the target's file system.
        directory: PathBuf,
        /// The Rust target.
        target: String,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            host::say(&format!("fatal: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Archive { target } => {
            let release = Dist::here().pack(&target, dist::time()?)?;
            println!("{}\n{}", release.archive.display(), release.checksum.display());
        }
        Verb::Install { directory, target } => {
            for path in Dist::here().install(&target, &directory)? {
                host::say(&format!("kept as it was: {}", directory.join(path).display()));
            }
            println!("{}", directory.display());
        }
    }
    Ok(())
}
