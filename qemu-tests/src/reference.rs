//! The original to compare with: Debian's package of runit 2.1.2, unpacked below `target/boards`, not installed.
//!
//! Its one law: a comparison never goes without it; where it cannot be had, that is an error with its reason.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::debian::Debian;
use crate::host;

/// What Debian calls the architecture of this machine.
pub fn architecture() -> Result<&'static str> {
    Ok(match env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "i386",
        "aarch64" => "arm64",
        "arm" => "armhf",
        other => bail!("Debian has no packages for this machine ({other}) to compare with"),
    })
}

/// The root of the unpacked package: its programs are in `usr/bin`, `usr/sbin` and `sbin`. Fetched if it is not there yet.
pub fn root() -> Result<PathBuf> {
    let _lock = host::lock()?;
    Debian::new(architecture()?)?.files_of("runit", "./*")
}
