//! Where a scenario plays: a temporary directory, a set of programs on PATH, and the transcript of what is seen.
//!
//! Its one law: wait for a state, never for a time; who gets no state for two minutes, fails with its name.

use std::cell::RefCell;
use std::fs::{self, File, Permissions};
use std::io;
use std::num::NonZeroU32;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use protocol::control::Signal;
use protocol::paths;
use temp_dir::TempDir;

use super::programs::Programs;
pub use super::running::Running;
use super::running::{ending, quiet};
use super::transcript::{Masks, Step, Transcript};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(120);
/// How often a state is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// Where files are kept in memory.
const MEMORY: &str = "/dev/shm";
/// The services directory of a stage.
pub const SERVICES: &str = "service";

/// Waits for something to be there.
pub fn await_some<T>(what: &str, mut get: impl FnMut() -> Option<T>) -> Result<T> {
    let end = Instant::now() + LONG;
    loop {
        if let Some(value) = get() {
            return Ok(value);
        }
        if Instant::now() > end {
            bail!("never came: {what}");
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// Waits for a state.
pub fn until(what: &str, mut is: impl FnMut() -> bool) -> Result<()> {
    await_some(what, || is().then_some(()))
}

/// Reads a file as text; without one, nothing.
pub fn read(path: impl AsRef<Path>) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// A place for one run of a scenario.
pub struct Stage {
    directory: TempDir,
    masks: Masks,
    transcript: RefCell<Transcript>,
}

impl Stage {
    /// A new one with these programs.
    pub fn new(programs: &Programs) -> Result<Self> {
        Self::at(TempDir::new(), programs)
    }

    /// The same in memory, for measurements that no disk should have a part in; where programs cannot be run from there, where
    /// temporary files are.
    pub fn in_memory(programs: &Programs) -> Result<Self> {
        let mounts = read("/proc/self/mounts");
        let mut ours = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let is_usable = |mount: Vec<&str>| {
            mount.get(1..3) == Some(&[MEMORY, "tmpfs"])
                && mount.get(3).is_some_and(|options| !options.contains("noexec"))
        };
        // A prefix that begins with a slash is no longer below the directory of temporary files.
        let prefix = if ours.any(is_usable) { format!("{MEMORY}/t") } else { "t".to_owned() };
        Self::at(TempDir::with_prefix(prefix), programs)
    }

    fn at(directory: io::Result<TempDir>, programs: &Programs) -> Result<Self> {
        let directory = directory.context("unable to make a temporary directory")?;
        for name in ["bin", SERVICES] {
            fs::create_dir(directory.child(name)).with_context(|| format!("unable to make {name}"))?;
        }
        programs.link_into(&directory.child("bin"))?;
        let masks = Masks::new(directory.path());
        Ok(Self { directory, masks, transcript: RefCell::default() })
    }

    /// What was seen; the stage is empty afterwards.
    pub(super) fn transcript(&self) -> Transcript {
        self.transcript.take()
    }

    /// A path on the stage.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file, making the directories above it.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) -> Result<()> {
        let path = self.path(name);
        let _quiet = quiet();
        fs::create_dir_all(path.parent().unwrap_or(&path))
            .with_context(|| format!("unable to make room for {name}"))?;
        fs::write(&path, text).with_context(|| format!("unable to write {name}"))?;
        fs::set_permissions(&path, Permissions::from_mode(mode)).with_context(|| format!("unable to set {name}"))
    }

    /// Writes a script that can be executed.
    pub fn script(&self, name: &str, text: &str) -> Result<()> {
        self.file(name, format!("#!/bin/sh\n{text}\n"), 0o755)
    }

    /// Makes a directory and those above it.
    pub fn make_dir(&self, name: &str) -> Result<()> {
        fs::create_dir_all(self.path(name)).with_context(|| format!("unable to make {name}"))
    }

    /// Makes a symbolic link and the directories above it.
    pub fn link(&self, name: &str, target: &str) -> Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))
            .with_context(|| format!("unable to make room for {name}"))?;
        std::os::unix::fs::symlink(target, path).with_context(|| format!("unable to make the link {name}"))
    }

    /// A command whose program, if it is one of the set, has its bare name as argv\[0\]. It plays on the stage.
    pub fn command(&self, words: &[&str]) -> Command {
        let (program, arguments) = words.split_first().unwrap_or((&"true", &[]));
        let own = self.path("bin").join(program);
        let mut command = Command::new(if own.exists() { own } else { PathBuf::from(program) });
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.path("bin").display());
        command.arg0(program).args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        command.env_clear().env("PATH", path).env("SVDIR", self.path(SERVICES)).env("JOURNAL", self.path("journal"));
        command
    }

    /// Notes what was seen.
    pub fn see(&self, done: &str, seen: impl AsRef<str>) {
        let step = Step { done: self.masks.apply(done), seen: self.masks.apply(seen.as_ref()) };
        self.transcript.borrow_mut().0.push(step);
    }

    /// Runs a command to its end and notes what it said and how it ended.
    pub fn tell(&self, words: &[&str]) -> Result<()> {
        self.tell_as(&words.join(" "), &mut self.command(words))
    }

    /// The same, of a line for a shell.
    pub fn shell(&self, line: &str) -> Result<()> {
        self.tell_as(line, &mut self.command(&["sh", "-c", line]))
    }

    /// Runs a command to its end and notes what it said and how it ended, under this name.
    pub fn tell_as(&self, done: &str, command: &mut Command) -> Result<()> {
        let answer = self.answer(command).with_context(|| format!("at `{done}`"))?;
        self.see(done, answer);
        Ok(())
    }

    /// Runs a script as root of a mount namespace, and what it starts in a process namespace; notes what it said, under this name.
    pub fn tell_in_namespace(&self, done: &str, script: &str) -> Result<()> {
        let words = ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script];
        let answer = self.answer(&mut self.command(&words))?;
        if let Some(line) = answer.lines().find(|line| line.starts_with("2: unshare:") || line.starts_with("2: mount:"))
        {
            bail!("there is no namespace for `{done}`; be root, or let users make namespaces: {line}");
        }
        self.see(done, answer);
        Ok(())
    }

    /// What a command said and how it ended: its output, its messages marked with `2:`, its exit code.
    pub fn answer(&self, command: &mut Command) -> Result<String> {
        let [out, err] = ["said.out", "said.err"].map(|name| self.path(name));
        let create = |path: &Path| File::create(path).with_context(|| format!("unable to make {}", path.display()));
        let mut running = Running::start(command.stdout(create(&out)?).stderr(create(&err)?))?;
        let ended = running.ended()?;
        let err: String = read(err).lines().map(|line| format!("2: {line}\n")).collect();
        Ok(format!("{}{err}{}", read(out), ending(ended)))
    }

    /// Starts a command that stays; what it says is appended to the files `out` and `messages`.
    pub fn start(&self, command: &mut Command) -> Result<Running> {
        let append = |name| File::options().append(true).create(true).open(self.path(name)).context("unable to append");
        Running::start(command.stdout(append("out")?).stderr(append("messages")?))
    }

    /// What programs and scripts that stay have written to standard error.
    pub fn messages(&self) -> String {
        read(self.path("messages"))
    }

    /// The complete lines that scripts wrote into the journal so far.
    pub fn journal(&self) -> Vec<String> {
        let text = read(self.path("journal"));
        text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(Into::into).collect()
    }

    /// Waits until the journal has a line.
    pub fn await_line(&self, line: &str) -> Result<()> {
        until(&format!("the line {line} in {:?}", self.journal()), || self.journal().iter().any(|it| it == line))
    }

    /// Waits until the journal has so many lines.
    pub fn await_lines(&self, count: usize) -> Result<()> {
        until(&format!("{count} lines"), || self.journal().len() >= count)
    }

    /// Notes the journal.
    pub fn see_journal(&self) {
        self.see("the journal", self.journal().join("\n"));
    }

    /// Notes the same of directories of runsv's, and for itself what ours keeps in them beside the original's files.
    pub fn see_supervised(&self, name: &str) -> Result<()> {
        let is_birth = |line: &String| line.split(' ').next().is_some_and(|path| path.ends_with(paths::BIRTH));
        let (births, files): (Vec<_>, Vec<_>) = self.files(name)?.into_iter().partition(is_birth);
        self.see(&format!("the files of {name}"), files.join("\n"));
        self.see(&format!("the births of {name}"), births.join("\n"));
        Ok(())
    }

    /// All that lies below a directory, a line each.
    fn files(&self, name: &str) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        list(&self.path(name), "", &mut lines).with_context(|| format!("unable to list {name}"))?;
        lines.sort();
        Ok(lines)
    }

    /// Notes all that lies below a directory: paths, kinds, modes, and the sizes of plain files.
    pub fn see_files(&self, name: &str) -> Result<()> {
        self.see(&format!("the files of {name}"), self.files(name)?.join("\n"));
        Ok(())
    }
}

impl Drop for Stage {
    /// Whatever still plays here ends: supervisors with sessions of their own, and services whose supervisor is gone.
    fn drop(&mut self) {
        for _ in 0..100 {
            let players = self.players();
            if players.is_empty() {
                return;
            }
            players.into_iter().for_each(|pid| {
                let _ = sys::process::kill(pid, Signal::KILL.0);
            });
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
}

impl Stage {
    /// The processes whose working directory is on the stage.
    fn players(&self) -> Vec<NonZeroU32> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let on_stage = processes.filter(|process| {
            fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(self.directory.path()))
        });
        on_stage.filter_map(|process| process.file_name().to_str()?.parse().ok()).collect()
    }
}

fn list(directory: &Path, prefix: &str, lines: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, metadata) = (entry.path(), entry.path().symlink_metadata()?);
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let mode = metadata.permissions().mode() & 0o7777;
        let kind = metadata.file_type();
        if kind.is_symlink() {
            lines.push(format!("{name} -> {}", fs::read_link(&path)?.display()));
        } else if kind.is_dir() {
            lines.push(format!("{name}/ {mode:04o}"));
            list(&path, &format!("{name}/"), lines)?;
        } else {
            let what = if kind.is_fifo() { "fifo".into() } else { format!("{} bytes", metadata.len()) };
            lines.push(format!("{name} {mode:04o} {what}"));
        }
    }
    Ok(())
}
