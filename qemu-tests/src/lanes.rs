//! The two lanes: how the programs of the device are built for a target.
//!
//! Its one law: the lanes never share a cargo invocation, because features unify over one, and std switched on in a shared crate
//! breaks the programs without it. Flags stand here; what a freestanding program cannot do without, in lib/rt/link_args.rs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::debian::Debian;
use crate::host;
use crate::toolchain::{self, Source};

/// One program of the device.
pub struct Program {
    /// Its name, and that of its binary.
    pub name: &'static str,
    /// The cargo package it is built from.
    package: &'static str,
    /// How it is built.
    pub lane: Lane,
    /// The directory it has in an image.
    pub directory: &'static str,
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Without libc, with core alone.
    Freestanding,
    /// With std on static musl.
    Std,
}

/// All programs of the device, in both lanes.
pub const PROGRAMS: &[Program] = &[
    program("runit", "pilotlight-init", Lane::Freestanding, "sbin"),
    program("runit-init", "pilotlight-init", Lane::Freestanding, "sbin"),
    program("runsv", "pilotlight-supervisor", Lane::Freestanding, "bin"),
    program("runsvdir", "pilotlight-supervisor", Lane::Freestanding, "bin"),
    program("runsvchdir", "pilotlight-supervisor", Lane::Freestanding, "bin"),
    program(TOOLS, "pilotlight-tools", Lane::Std, "bin"),
];

/// The four tools in one file: what they share counts once. The programs of their own names are for other machines.
pub const TOOLS: &str = "pilotlight";
/// The names under which that file is called, each a symbolic link beside it: the tools, and the programs of daemontools that
/// chpst stands in for.
pub const TOOL_NAMES: &[&str] =
    &["sv", "svlogd", "chpst", "utmpset", "envdir", "envuidgid", "pgrphack", "setlock", "setuidgid", "softlimit"];

const fn program(name: &'static str, package: &'static str, lane: Lane, directory: &'static str) -> Program {
    Program { name, package, lane, directory }
}

/// Static, at a fixed address, linked by lld itself: what both lanes have in common.
const COMMON_FLAGS: &[&str] = &["-Clinker-flavor=ld.lld", "-Crelocation-model=static", "-Cforce-unwind-tables=no"];

/// Thumb code, which each ARMv7-A executes, has two thirds of the size of the other, and calls the ARM code of a core that is
/// compiled already. And pages of 4 KiB, since Linux has no others there: lld fills files up for those of 64 KiB.
fn flags_of(target: &str) -> &'static [&'static str] {
    if target.starts_with("armv7-") {
        &["-Ctarget-feature=+thumb-mode", "-Clink-arg=-zmax-page-size=4096"]
    } else {
        &[]
    }
}

/// Where core and std come from for the programs of `lane`: compiled where the toolchain has them for those without libc, in the
/// smallest form for the others, most of which std would be otherwise.
pub fn source(lane: Lane, target: &str) -> Result<Source> {
    match lane {
        Lane::Freestanding => Source::for_target(target),
        Lane::Std => Source::smallest_for_target(target),
    }
}

/// The programs of `lane` for `target`, and the directory that they are in. Nothing is built that is up to date.
pub fn build(lane: Lane, target: &str) -> Result<PathBuf> {
    build_with(lane, target, source(lane, target)?, None)
}

/// The same programs with core and std from another source than theirs.
pub fn build_from(source: Source, lane: Lane, target: &str) -> Result<PathBuf> {
    build_with(lane, target, source, None)
}

/// The same programs with their symbols, in a directory of their own: what the device's files are made of, by name.
pub fn build_with_symbols(lane: Lane, target: &str) -> Result<PathBuf> {
    build_with(lane, target, source(lane, target)?, Some("none"))
}

/// The programs of the workspace at `root`, which may be a copy, made below `work`.
pub fn build_of(root: &Path, work: &Path, lane: Lane, target: &str) -> Result<PathBuf> {
    build_below(root, work, lane, target, source(lane, target)?, None)
}

fn build_with(lane: Lane, target: &str, source: Source, strip: Option<&str>) -> Result<PathBuf> {
    build_below(&host::root(), &host::work_dir(), lane, target, source, strip)
}

fn build_below(
    root: &Path,
    work: &Path,
    lane: Lane,
    target: &str,
    source: Source,
    strip: Option<&str>,
) -> Result<PathBuf> {
    // A directory for each way of building: what they share would be built anew at each change from one to the other.
    let mut way = format!("{lane:?}{}", if source == Source::Prebuilt { "" } else { "-build-std" });
    way += if strip.is_some() { "-symbols" } else { "" };
    let directory = work.join("lanes").join(way.to_lowercase());
    let mut flags: Vec<String> = COMMON_FLAGS.iter().chain(flags_of(target)).map(|flag| (*flag).to_owned()).collect();
    flags.push(format!("-Clinker={}", source.linker()));
    let mut cargo = match lane {
        Lane::Freestanding => source.cargo("core,compiler_builtins", "compiler-builtins-mem"),
        Lane::Std => {
            flags.extend(musl_flags(source, target)?);
            source.cargo("std,panic_abort", "optimize_for_size")
        }
    };
    // Encoded flags win over RUSTFLAGS and over any configuration: a board's programs are the same wherever they are built.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).current_dir(root);
    cargo.envs(strip.map(|what| ("CARGO_PROFILE_RELEASE_STRIP", what)));
    cargo.args(["--release", "--target", target, "--target-dir"]).arg(&directory);
    for program in PROGRAMS.iter().filter(|program| program.lane == lane) {
        cargo.args(["--package", program.package, "--bin", program.name]);
    }
    host::say(&format!("building the {lane:?} programs for {target} (core: {})", source.name()));
    host::run(&mut cargo).with_context(|| format!("unable to build the {lane:?} programs for {target}"))?;
    Ok(directory.join(target).join("release"))
}

/// Where musl comes from: the toolchain has it for a target that it has std for; else it is Debian's.
fn musl_flags(source: Source, target: &str) -> Result<Vec<String>> {
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    if source != Source::Prebuilt {
        // A panic that ends the program at once is the smallest, and needs no unwinder. Debian's musl has none, and that of the
        // toolchain would leave parts of musl behind that only it asked for.
        flags.extend(["-Zunstable-options", "-Cpanic=immediate-abort"].map(str::to_owned));
        flags.push(format!("-Lnative={}", no_unwinder()?.display()));
    }
    if source != Source::DebianBuildStd && toolchain::has_prebuilt(target)? {
        flags.push("-Clink-self-contained=yes".to_owned());
        return Ok(flags);
    }
    let directory = musl(target)?;
    flags.push("-Clink-self-contained=no".to_owned());
    flags.push(format!("-Lnative={}", directory.display()));
    let objects = ["crt1.o", "crti.o", "crtn.o"].map(|object| directory.join(object));
    flags.extend(objects.iter().map(|object| format!("-Clink-arg={}", object.display())));
    Ok(flags)
}

/// A directory with the libunwind.a that std asks for, empty.
fn no_unwinder() -> Result<PathBuf> {
    let directory = host::make_dir(host::work_dir().join("no-unwinder"))?;
    let unwind = directory.join("libunwind.a");
    fs::write(&unwind, "!<arch>\n").with_context(|| format!("unable to write {}", unwind.display()))?;
    Ok(directory)
}

/// The directory of Debian's musl for the architecture of `target`.
fn musl(target: &str) -> Result<PathBuf> {
    let architecture = match target.split('-').next().unwrap_or_default() {
        "armv7" => "armhf",
        "aarch64" => "arm64",
        "x86_64" => "amd64",
        "i686" => "i386",
        "armv5te" => "armel",
        "riscv64gc" => "riscv64",
        other => {
            anyhow::bail!(
                "musl for {other} is neither in this toolchain nor known to be in Debian; \
                 `rustup target add {target}` brings it where that target can be had"
            )
        }
    };
    let unpacked = Debian::new(architecture)?.files_of("musl-dev", "./usr/lib/*")?;
    directory_with("crt1.o", &unpacked.join("usr/lib"))
}

fn directory_with(name: &str, parent: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(parent).with_context(|| format!("unable to read {}", parent.display()))?;
    let mut directories = entries.flatten().map(|entry| entry.path());
    let found = directories.find(|directory| directory.join(name).exists());
    found.with_context(|| {
        format!("no directory below {} holds {name}; remove it, then run this again", parent.display())
    })
}
