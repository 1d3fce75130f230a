//! The original: Debian's package of runit 2.1.2, to compare with. It is fetched once, into `target/reference`.

use crate::fixture::output;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The directory of the original's programs. Without it a comparison fails; it is never left out.
pub(crate) fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PROGRAMS.get_or_init(prepare) {
        Ok(programs) => programs,
        Err(reason) => panic!("there is no original to compare with: {reason}"),
    }
}

fn prepare() -> Result<PathBuf, String> {
    let reference = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("reference");
    let programs = reference.join("usr/bin");
    if programs.join("runsv").exists() {
        return Ok(programs);
    }
    // Past the harness, which keeps what tests say to itself.
    let _ = writeln!(std::io::stderr(), "fetching Debian's package runit into {}", reference.display());
    let new = reference.with_extension(format!("{}.new", std::process::id()));
    fs::create_dir_all(&new).map_err(|error| format!("{}: {error}", new.display()))?;
    // Fetched and unpacked, not installed: this machine stays as it is.
    run(Command::new("apt-get").args(["-q", "download", "runit"]).current_dir(&new))
        .or_else(|_| {
            run(Command::new("apt-get").args(["-q", "update"]))?;
            run(Command::new("apt-get").args(["-q", "download", "runit"]).current_dir(&new))
        })
        .and_then(|()| {
            run(Command::new("sh").args(["-c", "dpkg -x runit_*.deb . && rm runit_*.deb"]).current_dir(&new))
        })?;
    // Somebody else may have been faster.
    if fs::rename(&new, &reference).is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    if programs.join("runsv").exists() { Ok(programs) } else { Err(format!("{} has no runsv", reference.display())) }
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = format!("{command:?}");
    if Command::new("sh")
        .args(["-c", "command -v apt-get dpkg >/dev/null"])
        .status()
        .is_ok_and(|status| !status.success())
    {
        return Err("apt-get and dpkg are needed to fetch Debian's package runit; put its /usr/bin into target/reference/usr/bin".into());
    }
    let output = output(command);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{program} failed: {text}")) }
}
