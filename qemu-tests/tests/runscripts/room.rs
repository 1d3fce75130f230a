//! A root directory with daemons from Debian's packages, in namespaces of its own: mounts, processes, network, host name.
//!
//! Its one law: the machine that tests is not altered; nothing is installed on it, and what is started ends with the room.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::{self, Board};
use pilotlight_qemu_tests::debian::Debian;
use pilotlight_qemu_tests::lanes::{self, Lane, TOOLS};
use pilotlight_qemu_tests::{host, reference};
use temp_dir::TempDir;

use crate::table;

/// Makes the room and becomes runsvdir in it.
const SCRIPT: &str = "tests/runscripts/room.sh";
/// What its namespaces are called by unshare and nsenter.
const NAMESPACES: &[&str] = &["--mount", "--pid", "--net", "--ipc", "--uts"];
/// The environment of a command in the room.
const ENVIRONMENT: &[&str] =
    &["/opt/busybox/env", "-i", "PATH=/opt/pilotlight:/usr/sbin:/usr/bin:/opt/busybox", "SVDIR=/service"];

/// The room, while it is there.
pub(super) struct Room {
    unshare: Child,
    /// Its process 1, runsvdir, as the machine outside knows it.
    pid: String,
    _place: TempDir,
}

impl Room {
    /// A new one with these packages and services; the services are down.
    pub(super) fn new(packages: &[&str], services: &[&str]) -> Result<Self> {
        let (root, programs, tools) = prepare(packages)?;
        // As on a device, the shell is busybox.
        let shell = root.join("usr/bin/sh");
        if !shell.exists() {
            std::os::unix::fs::symlink("busybox", &shell).context("unable to make the link sh")?;
        }
        let place = TempDir::new().context("unable to make a temporary directory")?;
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = host::as_root("unshare")?;
        command.args(NAMESPACES).args(["--fork", "--kill-child", "sh"]).arg(here.join(SCRIPT)).arg(place.path());
        command.arg(root).arg(here.join("tests/runscripts/root")).arg(table::directory()).arg(programs).arg(tools);
        // A daemon that signals its whole process group must not find the tests in it.
        let mut unshare =
            command.args(services).process_group(0).stdout(Stdio::piped()).spawn().context("unable to run unshare")?;
        let mut pid = String::new();
        let output = unshare.stdout.take().context("unshare has no output")?;
        BufReader::new(output).read_line(&mut pid).context("unable to read what unshare says")?;
        ensure!(
            !pid.is_empty(),
            "there is no namespace for the daemons; be root, outside of a container that forbids it"
        );
        Ok(Self { unshare, pid: pid.trim().to_owned(), _place: place })
    }

    /// Runs a command in the room: whether it exited 0, and what it printed.
    pub(super) fn run(&self, words: &[&str]) -> Result<(bool, String)> {
        let mut command = host::as_root("nsenter")?;
        command.args(["--target", &self.pid]).args(NAMESPACES).args(["--root", "--wd=/"]).args(ENVIRONMENT);
        let output = command.args(words).stdin(Stdio::null()).output().context("unable to run nsenter")?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// What a file of the room holds; nothing where there is none.
    pub(super) fn read(&self, path: &str) -> Result<String> {
        Ok(self.run(&["cat", path])?.1)
    }
}

/// The root directory of the packages, and our programs as a board of this architecture gets them: the directory of those without
/// libc, and the file of the tools.
fn prepare(packages: &[&str]) -> Result<(PathBuf, PathBuf, PathBuf)> {
    let _lock = host::lock()?;
    let architecture = reference::architecture()?;
    let boards = board::names()?.iter().map(|name| Board::load(name)).collect::<Result<Vec<_>>>()?;
    let board = boards.into_iter().find(|board| board.kernel.architecture == architecture);
    let board = board.with_context(|| format!("no board has the architecture of this machine, {architecture}"))?;
    let programs = lanes::build(Lane::Freestanding, &board.targets.freestanding)?;
    let tools = lanes::build(Lane::Std, &board.targets.std)?.join(TOOLS);
    Ok((Debian::new(architecture)?.root("daemons", packages)?, programs, tools))
}

impl Drop for Room {
    /// With process 1, which TERM ends, the kernel ends all others, and the mounts with them.
    fn drop(&mut self) {
        let kill = host::as_root("kill").and_then(|mut kill| host::run(kill.args(["-TERM", &self.pid])));
        if kill.is_ok() {
            let _ = self.unshare.wait();
        }
    }
}
