//! The place of a soak: a services directory and all that belongs to it, in a temporary directory, with the programs of the
//! device as they are released.
//!
//! Its one law: a service that is made anew under an old name is another service, with another number file and another log.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::lanes::{self, Lane, TOOLS};
use temp_dir::TempDir;

use crate::processes::{self, Process};

/// The program whose kinds the services are.
const SERVICE: &str = env!("CARGO_BIN_EXE_soak-service");

/// The directories of a soak, and the runsvdir that looks at them.
pub(crate) struct Site {
    directory: TempDir,
    runsvdir: Child,
}

impl Site {
    /// Builds the programs, makes the directories, starts a runsvdir that has nothing to do yet.
    pub(crate) fn new() -> Result<Site> {
        let directory = TempDir::new().context("unable to make a temporary directory")?;
        for name in ["bin", "services", "store", "numbers", "logs", "gone"] {
            host::make_dir(directory.child(name))?;
        }
        copy_programs(&directory.child("bin"))?;
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let path = [directory.child("bin").into_os_string(), rest].join(&OsString::from(":"));
        let messages = File::create(directory.child("messages")).context("unable to make a file")?;
        let mut runsvdir = Command::new(directory.child("bin").join("runsvdir"));
        runsvdir.args(["-P".into(), directory.child("services")]).env("PATH", &path);
        runsvdir.stdin(Stdio::null()).stdout(Stdio::null()).stderr(messages);
        let runsvdir = runsvdir.spawn().context("unable to start runsvdir")?;
        Ok(Site { directory, runsvdir })
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// The process id of runsvdir.
    pub(crate) fn runsvdir(&self) -> u32 {
        self.runsvdir.id()
    }

    /// A path in the services directory.
    pub(crate) fn service(&self, entry: &str) -> PathBuf {
        self.directory.child("services").join(entry)
    }

    /// Where services are that are put into the services directory by a link.
    pub(crate) fn store(&self, id: &str) -> PathBuf {
        self.directory.child("store").join(id)
    }

    pub(crate) fn number(&self, id: &str) -> PathBuf {
        self.directory.child("numbers").join(id)
    }

    pub(crate) fn logs(&self, id: &str) -> PathBuf {
        self.directory.child("logs").join(id)
    }

    /// Calls `sv`; whether it was content. A service may be gone by now, or deaf.
    pub(crate) fn sv(&self, command: &str, entry: &str) -> Result<bool> {
        let mut sv = Command::new(self.directory.child("bin").join("sv"));
        sv.args(["-w1", command]).arg(self.service(entry));
        let status = sv.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.context("unable to run sv").map(|status| status.success())
    }

    /// Sends letters, if there is a supervisor; whether there is one.
    pub(crate) fn send(&self, entry: &str, letters: &[u8]) -> bool {
        const NONBLOCK: i32 = 0o4000;
        let path = self.service(entry).join("supervise/control");
        let control = File::options().write(true).custom_flags(NONBLOCK).open(path);
        control.and_then(|mut control| control.write_all(letters)).is_ok()
    }

    /// The runsv of a service, wherever that has been moved since.
    pub(crate) fn supervisor(&self, entry: &str) -> Result<Option<Process>> {
        let place = fs::canonicalize(self.service(entry)).context("unable to follow a link")?;
        let all = processes::look()?;
        let is_here = |it: &&Process| fs::read_link(format!("/proc/{}/cwd", it.pid)).is_ok_and(|path| path == place);
        Ok(processes::supervisors(&all, self.runsvdir()).find(is_here).cloned())
    }

    /// Takes an entry out of the services directory, at once, and its files if it is not a link.
    pub(crate) fn remove(&self, entry: &str, id: &str) -> Result<()> {
        let aside = self.directory.child("gone").join(id);
        fs::rename(self.service(entry), &aside).with_context(|| format!("unable to remove {entry}"))?;
        // Its runsv may still write there: what is left goes with the temporary directory.
        let _ = fs::remove_dir_all(&aside).or_else(|_| fs::remove_file(&aside));
        Ok(())
    }

    /// Makes the files of a service, and puts it into the services directory when it is whole.
    pub(crate) fn make(&self, entry: &str, id: &str, kind: &str, features: &Features) -> Result<()> {
        let store = host::make_dir(self.store(id))?;
        self.write_run(&store, id, kind)?;
        if features.has_finish {
            script(&store.join("finish"), "exit 0")?;
        }
        if features.has_hook {
            host::make_dir(store.join("control"))?;
            script(&store.join("control/h"), "exit 0")?;
        }
        if features.has_log {
            host::make_dir(self.logs(id))?;
            self.configure(id, 5_000, 0)?;
            host::make_dir(store.join("log"))?;
            let stamp = if features.has_stamps { "-tt " } else { "" };
            script(&store.join("log/run"), &format!("exec svlogd {stamp}'{}'", self.logs(id).display()))?;
        }
        let place = self.service(entry);
        let put = if features.is_link { symlink(&store, &place) } else { fs::rename(&store, &place) };
        put.with_context(|| format!("unable to put {entry} into the services directory"))
    }

    /// Writes the script of a service, in place of the one that may be there, without a moment in between.
    pub(crate) fn write_run(&self, service: &Path, id: &str, kind: &str) -> Result<()> {
        let before = if kind == "deaf" { "trap '' TERM; " } else { "" };
        let number = self.number(id);
        let new = service.join("run.new");
        script(&new, &format!("ulimit -c 0; {before}exec '{SERVICE}' run {kind} '{}'", number.display()))?;
        fs::rename(&new, service.join("run")).context("unable to replace a script")
    }

    /// Writes what svlogd reads: no old file is deleted but by who reads them.
    pub(crate) fn configure(&self, id: &str, size: u64, age: u64) -> Result<()> {
        write(&self.logs(id).join("config"), &format!("n0\ns{size}\nt{age}\n"))
    }

    /// All processes that live in its directories, removed ones too: supervisors, services, logs.
    pub(crate) fn inhabitants(&self) -> Result<Vec<Process>> {
        let lives_here = |process: &Process| {
            let directory = fs::read_link(format!("/proc/{}/cwd", process.pid));
            directory.is_ok_and(|directory| directory.starts_with(self.root()))
        };
        Ok(processes::look()?.into_iter().filter(lives_here).collect())
    }

    /// What runsvdir, the supervisors and the services wrote to standard error.
    pub(crate) fn messages(&self) -> String {
        fs::read_to_string(self.directory.child("messages")).unwrap_or_default()
    }

    /// Asks everything to end: runsvdir by HUP, which ends every runsv.
    pub(crate) fn end(&mut self) -> Result<()> {
        signal(self.runsvdir(), "HUP")?;
        self.runsvdir.wait().context("unable to wait for runsvdir").map(|_| ())
    }
}

impl Drop for Site {
    /// Nothing outlives the test, however it ends: first who would start others, then all who live in its directories.
    fn drop(&mut self) {
        let _ = self.runsvdir.kill();
        let _ = self.runsvdir.wait();
        for is_supervisors_turn in [true, false] {
            for process in self.inhabitants().unwrap_or_default() {
                let is_supervisor = process.words.first().is_some_and(|word| word == "runsv");
                if is_supervisor == is_supervisors_turn {
                    let _ = signal(process.pid, "KILL");
                }
            }
        }
    }
}

/// What a service has besides its script.
#[derive(Clone, Debug)]
pub(crate) struct Features {
    pub(crate) has_log: bool,
    pub(crate) has_stamps: bool,
    pub(crate) has_finish: bool,
    pub(crate) has_hook: bool,
    /// Is it in the services directory by a link?
    pub(crate) is_link: bool,
}

/// Sends a signal by its name.
pub(crate) fn signal(pid: u32, name: &str) -> Result<()> {
    let mut kill = Command::new("kill");
    kill.args(["-s", name, &pid.to_string()]).stderr(Stdio::null()).stdin(Stdio::null());
    kill.status().context("unable to run kill").map(|_| ())
}

/// The released programs under their names, as copies: another test may build them anew meanwhile.
fn copy_programs(bin: &Path) -> Result<()> {
    let targets = Board::load("x86_64")?.targets;
    let (freestanding, tools) = {
        let _lock = host::lock()?;
        (lanes::build(Lane::Freestanding, &targets.freestanding)?, lanes::build(Lane::Std, &targets.std)?)
    };
    let programs = [("runsv", &freestanding, "runsv"), ("runsvdir", &freestanding, "runsvdir")];
    for (name, directory, file) in programs.into_iter().chain([("sv", &tools, TOOLS), ("svlogd", &tools, TOOLS)]) {
        fs::copy(directory.join(file), bin.join(name)).with_context(|| format!("unable to copy {name}"))?;
    }
    Ok(())
}

fn script(path: &Path, text: &str) -> Result<()> {
    write(path, &format!("#!/bin/sh\n{text}\n"))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).context("unable to make a script executable")
}

fn write(path: &Path, text: &str) -> Result<()> {
    let file = File::create(path).and_then(|mut file| file.write_all(text.as_bytes()));
    file.with_context(|| format!("unable to write {}", path.display()))
}
