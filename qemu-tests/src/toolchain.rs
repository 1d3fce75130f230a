//! Where the core and the std of a Rust target come from on this machine.
//!
//! Its one law: three sources in a fixed order; one that cannot be had is said and the next is tried. The choice is remembered
//! in a file, so that a second run tries nothing; removing the file starts over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::host;

/// Debian's compiler and standard library, the last source, and the packages they come in.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "rust-web-src", "lld"];

/// A source of core and std.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The toolchain has them compiled.
    Prebuilt,
    /// The toolchain has their source; cargo compiles it.
    BuildStd,
    /// Debian's rustc compiles the source that Debian packages.
    DebianBuildStd,
}

impl Source {
    /// Finds the source for `target`, fetching it where it is missing.
    pub fn for_target(target: &str) -> Result<Self> {
        if has_prebuilt(target)? {
            return Ok(Self::Prebuilt);
        }
        let memory = host::make_dir(host::work_dir().join("toolchain"))?.join(target);
        let sources = [Self::BuildStd, Self::DebianBuildStd];
        let remembered = fs::read_to_string(&memory).unwrap_or_default();
        if let Some(source) = sources.into_iter().find(|source| source.name() == remembered) {
            return Ok(source);
        }
        let found = Self::search(target)?;
        if found != Self::Prebuilt {
            fs::write(&memory, found.name()).with_context(|| format!("unable to write {}", memory.display()))?;
        }
        Ok(found)
    }

    /// As [`Source::for_target`], but std is compiled for size from its source, where that can be had, even if the toolchain
    /// has it compiled: the tools' file is four times as large with that.
    pub fn smallest_for_target(target: &str) -> Result<Self> {
        let source = Self::for_target(target)?;
        if source != Self::Prebuilt {
            return Ok(source);
        }
        let memory = host::make_dir(host::work_dir().join("toolchain"))?.join("rust-src");
        let mut has_source = has_library_source()?;
        if !has_source && !memory.exists() {
            has_source =
                rustup(&["component", "add", "rust-src"], "the source of core and std") && has_library_source()?;
        }
        if has_source {
            return Ok(Self::BuildStd);
        }
        host::say(
            "the source of std is not to be had: it is linked as the toolchain has it, and the programs are larger",
        );
        fs::write(&memory, "not to be had").with_context(|| format!("unable to write {}", memory.display()))?;
        Ok(source)
    }

    fn search(target: &str) -> Result<Self> {
        let standard_library = format!("core and std for {target}");
        if rustup(&["target", "add", target], &standard_library) && has_prebuilt(target)? {
            return Ok(Self::Prebuilt);
        }
        host::say(&format!("{standard_library} are not to be had compiled: they will be compiled from their source"));
        if has_library_source()? || rustup(&["component", "add", "rust-src"], "the source of core and std") {
            return Ok(Self::BuildStd);
        }
        if !Path::new(DEBIAN_RUSTC).exists() || host::find("ld.lld").is_none() {
            host::install(DEBIAN_PACKAGES, "this Rust toolchain cannot get the source of core and std")?;
        }
        Ok(Self::DebianBuildStd)
    }

    /// Its name for a person, and in the file that remembers it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prebuilt => "compiled by the toolchain",
            Self::BuildStd => "from the toolchain's source",
            Self::DebianBuildStd => "from Debian's source",
        }
    }

    /// The cargo that builds with this source; `crates` are those of `-Zbuild-std`, with the features of `-Zbuild-std-features`.
    pub fn cargo(self, crates: &str, features: &str) -> Command {
        // Set by the cargo that started this program: the same toolchain goes on.
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("build");
        if self != Self::Prebuilt {
            cargo.env("RUSTC_BOOTSTRAP", "1").arg(format!("-Zbuild-std={crates}"));
            cargo.arg(format!("-Zbuild-std-features={features}"));
        }
        if self == Self::DebianBuildStd {
            cargo.env("RUSTC", DEBIAN_RUSTC);
        }
        cargo
    }

    /// The linker of the toolchain: rustc knows where its own rust-lld is, Debian's calls it by another name.
    pub fn linker(self) -> &'static str {
        if self == Self::DebianBuildStd { "ld.lld" } else { "rust-lld" }
    }
}

/// Asks rustup for something; says so before, and says where it went wrong.
fn rustup(words: &[&str], what: &str) -> bool {
    if host::find("rustup").is_none() {
        return false;
    }
    host::say(&format!("fetching {what} (rustup {})", words.join(" ")));
    // Its messages, a long backtrace among them, are of no use where the next source serves.
    let status =
        Command::new("rustup").args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let done = status.is_ok_and(|status| status.success());
    if !done {
        host::say(&format!("`rustup {}` failed: going on without it", words.join(" ")));
    }
    done
}

/// Does the toolchain have core and std compiled for `target`, and with them the musl of a musl target?
pub fn has_prebuilt(target: &str) -> Result<bool> {
    // A target that this rustc does not know fails here: then it is not prebuilt either.
    let mut rustc = Command::new("rustc");
    let output = rustc.args(["--print", "target-libdir", "--target", target]).stderr(Stdio::null()).output();
    let output = output.context("unable to run rustc; install Rust (https://rustup.rs), then run this again")?;
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    Ok(files.map(|file| file.file_name()).any(|name| name.to_string_lossy().starts_with("libcore-")))
}

fn has_library_source() -> Result<bool> {
    let sysroot = host::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/Cargo.lock").exists())
}
