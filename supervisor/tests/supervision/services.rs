//! A services directory and the runsvdir that looks after it.

use crate::fixture::{RUNSVDIR, Supervisor, eventually, eventually_some, read, spawn, write_script};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use temp_dir::TempDir;

/// A script that notes its runsv, and runs until TERM.
pub(crate) const NOTING: &str = "echo $PPID >>journal; exec sleep 1000";

/// Where our runsv is found, before all others.
pub(crate) fn search_path() -> String {
    let ours = Path::new(RUNSVDIR).parent().expect("a directory");
    format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", ours.display())
}

/// A temporary directory with the services directory `services` in it.
pub(crate) struct Services {
    root: PathBuf,
    /// What removes it.
    _owner: Owner,
}

enum Owner {
    Disk { _directory: TempDir },
    Memory(PathBuf),
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Owner::Memory(root) = self {
            let _ = fs::remove_dir_all(root);
        }
    }
}

impl Services {
    /// An empty one.
    pub(crate) fn new() -> Services {
        let directory = TempDir::new().expect("a temporary directory");
        Services::at(directory.path().into(), Owner::Disk { _directory: directory })
    }

    /// An empty one for more files than a disk takes in the time that a test has. Nothing may be executed in it.
    pub(crate) fn in_memory() -> Services {
        let memory = Path::new("/dev/shm");
        if !memory.is_dir() {
            return Services::new();
        }
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = memory.join(format!("pilotlight-{}-{number}", std::process::id()));
        fs::create_dir(&root).expect("a directory in memory");
        Services::at(root.clone(), Owner::Memory(root))
    }

    fn at(root: PathBuf, owner: Owner) -> Services {
        fs::create_dir(root.join("services")).expect("services");
        Services { root, _owner: owner }
    }

    /// A path below the temporary directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Makes a service directory as a whole, as a package manager does: elsewhere, then renamed.
    pub(crate) fn add(&self, name: &str) {
        self.add_script(name, NOTING);
    }

    /// The same with this `run`.
    pub(crate) fn add_script(&self, name: &str, run: &str) {
        let new = self.path("being-made");
        write_script(&new.join("run"), run);
        self.rename("being-made", name);
    }

    /// Renames below the temporary directory.
    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).expect("a rename");
    }

    /// Makes a symbolic link below the temporary directory.
    pub(crate) fn link(&self, target: &str, name: &str) {
        symlink(target, self.path(name)).expect("a link");
    }

    /// Puts a symbolic link in the place of another one, by a rename.
    pub(crate) fn relink(&self, target: &str, name: &str) {
        self.link(target, "new-link");
        self.rename("new-link", name);
    }

    /// The command runsvdir, begun in the temporary directory, its messages going to a file there.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let messages = File::options().append(true).create(true).open(self.path("messages")).expect("messages");
        let mut command = Command::new(RUNSVDIR);
        command.arg0("runsvdir").args(arguments).current_dir(self.path("")).env("PATH", search_path());
        command.stdout(messages.try_clone().expect("messages")).stderr(messages);
        command
    }

    /// Starts runsvdir on a directory.
    pub(crate) fn start(&self, directory: &str) -> Supervisor {
        Supervisor::new(spawn(&mut self.command(&[directory])))
    }

    /// What was said on standard error.
    pub(crate) fn messages(&self) -> String {
        read(self.path("messages"))
    }

    /// Waits until a sentence was said.
    #[track_caller]
    pub(crate) fn expect_message(&self, sentence: &str) {
        eventually(&format!("the message {sentence}"), || self.messages().lines().any(|line| line == sentence));
    }

    /// The runsvs that started a service so far, by what its `run` noted.
    pub(crate) fn supervisors(&self, name: &str) -> Vec<u32> {
        let journal = read(self.path(name).join("journal"));
        journal.lines().map(|line| line.parse().expect("a pid")).collect()
    }

    /// Waits for the runsv that starts a service; it.
    #[track_caller]
    pub(crate) fn supervisor(&self, name: &str) -> u32 {
        self.nth_supervisor(name, 0)
    }

    /// Waits for the start of a service after `earlier` others; its runsv.
    #[track_caller]
    pub(crate) fn nth_supervisor(&self, name: &str, earlier: usize) -> u32 {
        eventually_some(&format!("start {earlier} of {name}"), || self.supervisors(name).get(earlier).copied())
    }

    /// The line of a service's `supervise/stat`.
    pub(crate) fn stat(&self, name: &str) -> String {
        read(self.path(name).join("supervise/stat")).trim_end().into()
    }
}

/// Waits until a process waits in poll(2) for nothing but an event: no time would wake it.
#[track_caller]
pub(crate) fn expect_no_deadline(pid: u32) {
    eventually("a wait without an end", || {
        let call = read(format!("/proc/{pid}/syscall"));
        let words: Vec<_> = call.split(' ').collect();
        let argument = |index: usize| {
            words.get(index + 1).and_then(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok())
        };
        // poll's third argument are milliseconds, ppoll's a pointer to a time.
        match words.first() {
            Some(&POLL) => argument(2).is_some_and(|timeout| timeout as u32 == u32::MAX),
            Some(&PPOLL) => argument(2) == Some(0),
            _ => false,
        }
    });
}

/// Number of the system call poll; of the newer architectures none has it.
const POLL: &str = if cfg!(target_arch = "x86_64") { "7" } else { "168" };
/// Number of the system call ppoll.
const PPOLL: &str = if cfg!(target_arch = "x86_64") { "271" } else { "73" };
