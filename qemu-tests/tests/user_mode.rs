//! The architectures without a board: `runsv` built for each, and under qemu-user a service started, controlled and ended.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::lanes::{self, Lane};
use temp_dir::TempDir;

/// How long one change of a service may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn x86_runs_a_service() -> Result<()> {
    run_a_service("i686-unknown-linux-gnu", "qemu-i386-static")
}

#[test]
fn armv5te_runs_a_service() -> Result<()> {
    run_a_service("armv5te-unknown-linux-gnueabi", "qemu-arm-static")
}

#[test]
fn armv7_in_thumb_runs_a_service() -> Result<()> {
    run_a_service("thumbv7neon-unknown-linux-gnueabihf", "qemu-arm-static")
}

#[test]
fn riscv64_runs_a_service() -> Result<()> {
    run_a_service("riscv64gc-unknown-linux-gnu", "qemu-riscv64-static")
}

/// Builds for `target`, starts `runsv` on a service under `emulator`, sends it the letters of a service's life, sees it end.
fn run_a_service(target: &str, emulator: &str) -> Result<()> {
    let runsv = {
        let _lock = host::lock()?;
        host::require(emulator, &["qemu-user-static"])?;
        lanes::build(Lane::Freestanding, target)?.join("runsv")
    };
    let directory = TempDir::new().context("unable to make a temporary directory")?;
    let run = directory.child("run");
    fs::write(&run, "#!/bin/sh\nexec sleep 100000\n").context("unable to write the run script")?;
    fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).context("unable to make the run script executable")?;
    let child = Command::new(emulator).arg(&runsv).arg(directory.path()).spawn();
    let mut supervisor = Supervisor(child.with_context(|| format!("unable to run {emulator}"))?);

    let supervise = directory.path().join("supervise");
    wait_for_stat(&supervise, "run\n")?;
    let first = read(&supervise.join("pid"))?;
    send(&supervise, "t")?;
    wait_for(&supervise, "another pid", |supervise| {
        let stat = read(&supervise.join("stat"))?;
        Ok(stat == "run\n" && read(&supervise.join("pid"))? != first)
    })?;
    send(&supervise, "d")?;
    wait_for_stat(&supervise, "down\n")?;
    send(&supervise, "x")?;
    let status = supervisor.0.wait().context("unable to wait for runsv")?;
    ensure!(status.success(), "runsv ended with {status}");
    Ok(())
}

/// The emulated supervisor; it must not outlive a test that failed, nor may its service.
struct Supervisor(Child);

impl Drop for Supervisor {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // TERM: runsv takes its service down with it.
            let _ = Command::new("kill").arg(self.0.id().to_string()).status();
            let _ = self.0.wait();
        }
    }
}

fn send(supervise: &Path, letter: &str) -> Result<()> {
    let control = OpenOptions::new().write(true).open(supervise.join("control"));
    let result = control.and_then(|mut control| control.write_all(letter.as_bytes()));
    result.with_context(|| format!("unable to send {letter} to runsv"))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("unable to read {}", path.display()))
}

fn wait_for_stat(supervise: &Path, stat: &str) -> Result<()> {
    wait_for(supervise, &format!("{stat:?} in stat"), |supervise| Ok(read(&supervise.join("stat"))? == stat))
}

/// Looks again and again, for a change has no event that std could wait for, until `condition` holds.
fn wait_for(supervise: &Path, what: &str, condition: impl Fn(&Path) -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        // An error is a file that is not there yet.
        if condition(supervise).unwrap_or(false) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    bail!("{what} did not come within {PATIENCE:?}; stat is {:?}", read(&supervise.join("stat")))
}
