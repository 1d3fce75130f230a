//! The machine that builds: its directories, its programs, and what is installed where something is missing.
//!
//! Its one law: say first, then do; and an error names the step, the reason and the remedy.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the workspace.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Where everything goes that boards are made of: `target/boards`, or the same below `CARGO_TARGET_DIR`.
pub fn work_dir() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(target).join("boards")
}

/// Tells the user what happens, on standard error; not through `eprintln!`, which a test would swallow.
pub fn say(line: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "board: {line}");
}

/// Makes a directory and its parents, and hands its path on.
pub fn make_dir(path: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&path).with_context(|| format!("unable to make the directory {}", path.display()))?;
    Ok(path)
}

/// Takes the lock under which images are prepared: two tests, or a test and a user, must not install or build at once.
/// The lock ends with the returned file.
pub fn lock() -> Result<File> {
    let path = make_dir(work_dir())?.join("lock");
    let file = File::create(&path).with_context(|| format!("unable to make {}", path.display()))?;
    file.lock().with_context(|| format!("unable to lock {}", path.display()))?;
    Ok(file)
}

/// The path of `program` if PATH has it.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    // Debian keeps some programs out of a user's PATH.
    let extra = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(extra).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Sees to it that `program` is there, from the Debian packages `packages` if need be.
pub fn require(program: &str, packages: &[&str]) -> Result<PathBuf> {
    if let Some(path) = find(program) {
        return Ok(path);
    }
    install(packages, &format!("the program {program} is missing"))?;
    find(program).with_context(|| format!("{} came without the program {program}", packages.join(" ")))
}

/// Another program of the workspace, beside the one under test; made if `cargo test` of that one's package alone has not.
pub fn sibling(tested: &Path, program: &str, package: &str) -> Result<PathBuf> {
    let path = tested.with_file_name(program);
    let _lock = lock()?;
    if !path.exists() {
        let target = path.ancestors().nth(2).with_context(|| format!("{} is not in a target", path.display()))?;
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root()).args(["build", "--package", package, "--target-dir"]).arg(target);
        if path.parent().is_some_and(|profile| profile.ends_with("release")) {
            cargo.arg("--release");
        }
        run(&mut cargo)?;
    }
    Ok(path)
}

/// Installs Debian packages on this machine, after saying so.
pub fn install(packages: &[&str], reason: &str) -> Result<()> {
    let names = packages.join(" ");
    if find("apt-get").is_none() {
        bail!("{reason} and there is no apt-get; install what your distribution calls {names}, then run this again");
    }
    say(&format!("{reason}: installing {names} (apt-get install)"));
    run(as_root("apt-get")?.arg("update")).or_else(|error| {
        // One of several sources may be out of step while the package can be had: installing decides.
        say(&format!("going on with the package lists as they are: {error:#}"));
        Ok::<(), anyhow::Error>(())
    })?;
    run(as_root("apt-get")?.args(["install", "-y", "-q", "--no-install-recommends"]).args(packages))
        .with_context(|| format!("{reason} and could not be installed; install {names} by hand, then run this again"))
}

/// A command that runs as root: as it is where the user is root, through sudo elsewhere.
pub fn as_root(program: &str) -> Result<Command> {
    let user = fs::metadata("/proc/self").context("unable to look at /proc/self")?.uid();
    let mut command = if user == 0 { Command::new("env") } else { Command::new("sudo") };
    if user != 0 && find("sudo").is_none() {
        bail!("{program} must run as root and there is no sudo; run this once as root, or install sudo");
    }
    command.arg("DEBIAN_FRONTEND=noninteractive").arg(program);
    Ok(command)
}

/// Runs a command to its end; what it prints goes to standard error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(io::stderr()).status();
    let status = status.with_context(|| format!("unable to run `{}`", line_of(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status}), see its messages above", line_of(command));
    }
    Ok(())
}

/// Runs a command to its end and hands back what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("unable to run `{}`", line_of(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line_of(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something that is not text", line_of(command)))
}

/// A command as a person would type it.
fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
