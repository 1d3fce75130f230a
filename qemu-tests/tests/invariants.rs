//! The invariants of ARCHITECTURE.md that a look at the sources can hold; `linked` looks at the programs.
//!
//! Its one law: a rule is checked where it would be broken, and the message says which file breaks it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::host;

/// The packages whose programs have no std.
const FREESTANDING: &[&str] = &["init", "supervisor"];
/// Every place with device code.
const DEVICE: &[&str] = &["lib/protocol", "lib/machine", "lib/sys", "lib/rt", "init", "supervisor", "tools"];
/// The addresses of unsafe code.
const UNSAFE: &[&str] = &["lib/sys/src/raw.rs", "lib/sys/src/raw/", "lib/sys/src/process.rs", "lib/rt/src/"];

/// The Rust sources below the `src` folders of some packages, each with its path from the root.
fn sources(packages: &[&str]) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut ahead: Vec<PathBuf> = packages.iter().map(|package| host::root().join(package).join("src")).collect();
    while let Some(path) = ahead.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).with_context(|| format!("unable to read {}", path.display()))?;
            ahead.extend(entries.flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
            let name = path.strip_prefix(host::root()).unwrap_or(Path::new("")).display().to_string();
            found.push((name, text));
        }
    }
    ensure!(found.len() >= packages.len(), "no sources below {packages:?}: this test looks in the wrong place");
    Ok(found)
}

/// The lines of a source that are code: without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn manifest(package: &str) -> Result<String> {
    let path = host::root().join(package).join("Cargo.toml");
    fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))
}

#[test]
fn the_pure_crates_depend_on_nothing_that_can_act() -> Result<()> {
    for package in ["lib/protocol", "lib/machine"] {
        let manifest = manifest(package)?;
        for name in ["sys", "rustix", "linux-raw-sys", "rt"] {
            ensure!(!manifest.lines().any(|line| line.starts_with(name)), "{package} depends on {name}");
        }
        let library = sources(&[package])?.into_iter().find(|(name, _)| name.ends_with("/lib.rs"));
        let (_, text) = library.context("no lib.rs")?;
        ensure!(text.contains("#![forbid(unsafe_code)]"), "{package} may hold unsafe code");
    }
    Ok(())
}

#[test]
fn unsafe_code_has_three_addresses() -> Result<()> {
    for (name, text) in sources(DEVICE)? {
        let is_allowed = UNSAFE.iter().any(|address| name.starts_with(address));
        let is_unsafe = code(&text).any(|line| line.contains("unsafe ") || line.contains("allow(unsafe_code)"));
        ensure!(is_allowed || !is_unsafe, "{name} holds unsafe code");
    }
    Ok(())
}

#[test]
fn only_sys_names_rustix_and_only_raw_names_numbers() -> Result<()> {
    for (name, text) in sources(DEVICE)? {
        let names = |word: &str| code(&text).any(|line| line.contains(word));
        ensure!(name.starts_with("lib/sys/") || !names("rustix"), "{name} names rustix");
        ensure!(name.starts_with("lib/sys/src/raw") || !names("__NR_"), "{name} names a system call's number");
    }
    Ok(())
}

#[test]
fn a_freestanding_program_blocks_in_one_place_and_never_sleeps() -> Result<()> {
    for (name, text) in sources(FREESTANDING)? {
        let waits =
            code(&text).filter(|line| line.contains("signals.wait(") || line.contains("wait_for_signal(")).count();
        ensure!(waits <= 1, "{name} blocks in {waits} places");
        ensure!(!code(&text).any(|line| line.contains("sleep(")), "{name} sleeps");
    }
    Ok(())
}

#[test]
fn the_freestanding_packages_have_no_std_and_no_allocator() -> Result<()> {
    for (name, text) in sources(FREESTANDING)? {
        let is_root = name.ends_with("src/lib.rs") || name.contains("/bin/");
        ensure!(!is_root || text.contains("#![no_std]"), "{name} is not no_std");
        ensure!(!code(&text).any(|line| line.contains("extern crate alloc")), "{name} allocates");
    }
    Ok(())
}

#[test]
fn a_path_is_spelled_in_protocol_alone() -> Result<()> {
    let spelled = ["\"/etc/runit", "\"/service", "\"/dev/console", "\"supervise", "\"/run/runit"];
    for (name, text) in sources(FREESTANDING)? {
        // The names of the files in a service directory are spelled again where a sentence calls them.
        for path in spelled.iter().filter(|path| !(name.ends_with("failure.rs") && **path == "\"supervise")) {
            ensure!(!code(&text).any(|line| line.contains(path)), "{name} spells {path}\"");
        }
    }
    Ok(())
}
