//! The release of x86_64: packed twice from two places, looked at, and installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::dist::{self, Dist};
use pilotlight_qemu_tests::host;
use temp_dir::TempDir;

const TARGET: &str = "x86_64-unknown-linux-musl";
/// What a build may leave in a program of the place where it was made.
const PLACES: &[&str] = &["/.cargo/", "/registry/src/", "/.rustup/", "/target/", "/lib/sys/src"];
/// The time of the releases here, in seconds since 1970.
const TIME: u64 = 1_700_000_000;

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("unable to read {}", file.display()))
}

#[test]
fn a_release_made_elsewhere_has_the_same_bytes() -> Result<()> {
    let here = Dist::here().pack(TARGET, TIME)?;
    let elsewhere = TempDir::new().context("unable to make a temporary directory")?;
    let sources = elsewhere.child("another/place");
    dist::copy_sources(&host::root(), &sources)?;
    let there = Dist::of_copy(sources, elsewhere.child("made/boards")).pack(TARGET, TIME)?;
    ensure!(here.archive.file_name() == there.archive.file_name(), "the two releases have different names");
    ensure!(read(&here.archive)? == read(&there.archive)?, "the two releases differ");
    ensure!(read(&here.checksum)? == read(&there.checksum)?, "the two checksums differ");
    let mut sum = Command::new("sha256sum");
    sum.args(["--check", "--strict"]).arg(&there.checksum).current_dir(elsewhere.child("made/dist"));
    host::run(&mut sum).context("sha256sum does not agree with the file of the checksum")
}

/// Every file below a directory.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let list = host::output(Command::new("find").arg(directory).args(["-type", "f"]))?;
    Ok(list.lines().map(PathBuf::from).collect())
}

#[test]
fn what_is_installed_is_whole_knows_nothing_of_its_build_and_leaves_etc_alone() -> Result<()> {
    let root = TempDir::new().context("unable to make a temporary directory")?;
    let stage = root.child("etc/runit/1");
    host::make_dir(root.child("etc/runit"))?;
    fs::write(&stage, "mine\n").context("unable to write a stage")?;
    let kept = Dist::here().install(TARGET, root.path())?;
    ensure!(kept == ["etc/runit/1"] && read(&stage)? == b"mine\n", "kept: {kept:?}");

    let programs = ["runit", "runit-init", "runsv", "runsvdir", "runsvchdir", "sv", "svlogd", "chpst", "utmpset"];
    let names = programs.map(|program| format!("sbin/{program}"));
    let manuals = programs.map(|program| format!("usr/share/man/man8/{program}.8"));
    let more = ["etc/runit/2", "etc/runit/3", "etc/sv/syslogd/run", "usr/share/doc/pilotlight/LICENSE-MIT"];
    let completions = ["usr/share/bash-completion/completions/sv"].map(str::to_owned);
    for path in names.into_iter().chain(manuals).chain(more.map(str::to_owned)).chain(completions) {
        ensure!(root.child(&path).is_file(), "{path} is missing");
    }
    let default = fs::read_dir(root.child("etc/runit/runsvdir/default")).context("there is no default runlevel")?;
    ensure!(default.count() == 0, "services are switched on that nobody has asked for");

    let root_of_sources = host::root().to_string_lossy().into_owned();
    let places: Vec<&str> = PLACES.iter().copied().chain([root_of_sources.as_str()]).collect();
    for program in files(&root.child("sbin"))? {
        let bytes = read(&program)?;
        let found = |place: &&&str| bytes.windows(place.len()).any(|window| window == place.as_bytes());
        let told: Vec<_> = places.iter().filter(found).collect();
        ensure!(told.is_empty(), "{} tells where it was made: {told:?}", program.display());
    }
    // A second time everything is there: what is not below etc is put in place again.
    fs::write(root.child("sbin/runsv"), "old").context("unable to overwrite a program")?;
    Dist::here().install(TARGET, root.path())?;
    ensure!(read(&root.child("sbin/runsv"))?.starts_with(b"\x7fELF"), "an old program was left");
    Ok(())
}

#[test]
fn a_target_that_is_none_is_refused_with_the_list() -> Result<()> {
    let error = Dist::here().pack("x86_64-unknown-linux-gnu", TIME).err().context("a wrong target was taken")?;
    ensure!(format!("{error:#}").contains("riscv64gc-unknown-linux-musl"), "{error:#}");
    Ok(())
}
