//! The fuzz targets in `fuzz/`, each for some seconds from its seeds: what an hour of fuzzing would find at once, and that the
//! targets are built and hold what they hold.
//!
//! PILOTLIGHT_FUZZ_SECONDS is the time of each; what is found new is kept below `target/boards/fuzz/corpus`. Its one law: a target
//! that crashes, hangs or runs nothing fails, with the input that does it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::host;

/// How long each target runs, unless told.
const SECONDS: &str = "8";
/// Bytes of an input at most: more only makes each run slower.
const INPUT: u32 = 512;
/// Seconds that one input may take, on the slowest machine.
const HANG: u32 = 60;
/// The version is fixed as those of all libraries are.
const VERSION: &str = "0.13.2";

/// The targets, as the tests below run them.
const TARGETS: [&str; 5] = ["control", "lifecycle", "status", "svlogd_config", "svlogd_lines"];

#[test]
fn control_bytes() -> Result<()> {
    fuzz(TARGETS[0])
}

#[test]
fn the_lifecycle_machine() -> Result<()> {
    fuzz(TARGETS[1])
}

#[test]
fn status_records() -> Result<()> {
    fuzz(TARGETS[2])
}

#[test]
fn configurations_of_svlogd() -> Result<()> {
    fuzz(TARGETS[3])
}

#[test]
fn the_way_of_a_line_through_svlogd() -> Result<()> {
    fuzz(TARGETS[4])
}

#[test]
fn every_target_has_seeds_and_is_run_here() -> Result<()> {
    let manifest = fs::read_to_string(home().join("Cargo.toml")).context("unable to read fuzz/Cargo.toml")?;
    let manifest: toml::Table = toml::from_str(&manifest).context("fuzz/Cargo.toml is no table")?;
    let targets = manifest.get("bin").and_then(toml::Value::as_array).context("fuzz/Cargo.toml has no target")?;
    let names: Vec<&str> = targets.iter().filter_map(|target| target.get("name")?.as_str()).collect();
    ensure!(names == TARGETS, "fuzz/Cargo.toml has {names:?}, the tests run {TARGETS:?}");
    for name in names {
        let seeds = fs::read_dir(home().join("seeds").join(name)).with_context(|| format!("{name} has no seeds"))?;
        ensure!(seeds.count() > 0, "{name} has no seeds");
    }
    Ok(())
}

fn home() -> PathBuf {
    host::root().join("fuzz")
}

/// Where everything goes that fuzzing makes.
fn work() -> PathBuf {
    host::work_dir().join("fuzz")
}

fn fuzz(target: &str) -> Result<()> {
    let corpus = host::make_dir(work().join("corpus").join(target))?;
    let artifacts = host::make_dir(work().join("artifacts").join(target))?;
    {
        // One cargo-fuzz and one build for all targets.
        let _lock = host::lock()?;
        host::require("c++", &["g++"])?;
        host::run(cargo_fuzz("build")?.current_dir(host::root()))?;
    }
    let seconds = std::env::var("PILOTLIGHT_FUZZ_SECONDS").unwrap_or_else(|_| SECONDS.to_owned());
    let mut run = cargo_fuzz("run")?;
    run.arg(target).arg(&corpus).arg(home().join("seeds").join(target));
    run.args(["--", &format!("-max_total_time={seconds}"), &format!("-max_len={INPUT}"), &format!("-timeout={HANG}")]);
    run.arg(format!("-artifact_prefix={}/", artifacts.display())).arg("-verbosity=0");
    // The directories of a log come and go thousands of times.
    if fs::metadata("/dev/shm").is_ok_and(|memory| memory.is_dir()) {
        run.env("TMPDIR", "/dev/shm");
    }
    host::run(run.current_dir(host::root()))
        .with_context(|| format!("the target {target} found something: its input is in {}", artifacts.display()))
}

/// A call of cargo-fuzz, which is installed below `target` where it is missing. It wants flags of the compiler that are not
/// stable; the compiler is the one of everything else.
fn cargo_fuzz(command: &str) -> Result<Command> {
    let root = host::work_dir().join("cargo-fuzz");
    let program = root.join("bin/cargo-fuzz");
    if !program.exists() {
        host::say("the program cargo-fuzz is missing: building it (cargo install)");
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "cargo-fuzz", "--version", VERSION, "--locked", "--root"]).arg(&root);
        host::run(&mut cargo).context("cargo-fuzz is not to be had")?;
    }
    let mut cargo_fuzz = Command::new(program);
    cargo_fuzz.arg(command).env("RUSTC_BOOTSTRAP", "1");
    // Not for the programs that cargo builds around it.
    cargo_fuzz.env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("RUSTFLAGS");
    if !has_sanitizer()? {
        host::say("the toolchain has no address sanitizer: fuzzing without it");
        cargo_fuzz.args(["--sanitizer", "none"]);
    }
    cargo_fuzz.arg("--fuzz-dir").arg(home()).arg("--target-dir").arg(work());
    Ok(cargo_fuzz)
}

/// Does the toolchain have the runtime of the address sanitizer?
fn has_sanitizer() -> Result<bool> {
    let directory = host::output(Command::new("rustc").args(["--print", "target-libdir"]))?;
    let files = fs::read_dir(directory.trim()).with_context(|| format!("unable to read {}", directory.trim()))?;
    Ok(files.flatten().any(|file| file.file_name().to_string_lossy().ends_with("_rt.asan.a")))
}
