//! The test bench: a log directory of its own for each scenario, and an svlogd that reads what the test writes.
//!
//! Its one law: a test waits for a state, with a deadline that only a broken program reaches.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::time::{Duration, Instant};
use temp_dir::TempDir;

/// After this time a state that has not come will not come.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until the state is there.
pub(crate) fn until(what: &str, mut state: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !state() {
        assert!(Instant::now() < end, "did not come: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A log directory.
pub(crate) struct Log {
    _root: TempDir,
    pub(crate) path: PathBuf,
}

impl Log {
    /// An empty one with this configuration.
    pub(crate) fn new(config: &str) -> Log {
        let root = TempDir::new().unwrap();
        let path = root.path().join("log");
        fs::create_dir(&path).unwrap();
        let log = Log { _root: root, path };
        log.configure(config);
        log
    }

    pub(crate) fn configure(&self, config: &str) {
        fs::write(self.path.join("config"), config).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path.join(name)).unwrap_or_default()).into_owned()
    }

    pub(crate) fn current(&self) -> String {
        self.read("current")
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path.join(name)).unwrap().permissions().mode() & 0o7777
    }

    /// The names of old files with this ending, in order.
    pub(crate) fn old(&self, ending: &str) -> Vec<String> {
        let names = fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.starts_with('@') && name.ends_with(ending)).collect();
        names.sort();
        names
    }

    /// All that was logged, in the order of the files' names.
    pub(crate) fn all(&self) -> String {
        let files = self.old("").into_iter().chain(["current".to_owned()]);
        files.map(|name| self.read(&name)).collect()
    }
}

/// The command, for arguments that differ from the usual.
pub(crate) fn svlogd() -> Command {
    Command::new(env!("CARGO_BIN_EXE_svlogd"))
}

/// Runs svlogd over the whole input.
pub(crate) fn log_all(options: &[&str], directory: &Path, input: &[u8]) -> Output {
    let mut command = svlogd();
    command.args(options).arg(directory);
    let mut running = Running::start(command);
    running.write(input);
    running.end()
}

/// An svlogd that runs, and the pipe into it.
pub(crate) struct Running {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group that the test is not in: the stops of a terminal are not heeded by one that nobody would continue.
        let mut child = piped.process_group(0).spawn().unwrap();
        let input = child.stdin.take();
        Running { child, input }
    }

    /// Starts it on one directory and waits until it is open.
    pub(crate) fn on(log: &Log, options: &[&str]) -> Running {
        let mut command = svlogd();
        command.args(options).arg(&log.path);
        let running = Running::start(command);
        until("the log is open", || log.path.join("current").exists() && log.mode("current") == 0o644);
        running
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        // An svlogd that refused its arguments reads nothing.
        let _ = self.input.as_mut().unwrap().write_all(bytes);
    }

    pub(crate) fn signal(&self, signal: u8) {
        sys::process::kill(NonZeroU32::new(self.child.id()).unwrap(), signal).unwrap();
    }

    /// Waits for the next bytes that svlogd says.
    pub(crate) fn hears(&mut self, bytes: usize) -> String {
        let mut told = vec![0; bytes];
        self.child.stderr.as_mut().unwrap().read_exact(&mut told).unwrap();
        String::from_utf8_lossy(&told).into_owned()
    }

    /// Ends the input and waits for the end of svlogd.
    pub(crate) fn end(mut self) -> Output {
        self.input.take();
        self.ended()
    }

    /// Waits for the end of svlogd, with its input still open.
    pub(crate) fn ended(mut self) -> Output {
        let mut output = Output { status: wait(&mut self.child), stdout: Vec::new(), stderr: Vec::new() };
        self.child.stderr.take().unwrap().read_to_end(&mut output.stderr).unwrap();
        output
    }
}

fn wait(child: &mut Child) -> std::process::ExitStatus {
    until("svlogd ends", || child.try_wait().unwrap().is_some());
    child.wait().unwrap()
}

/// What svlogd said.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `count` numbered lines of 20 bytes.
pub(crate) fn lines(from: usize, count: usize) -> String {
    (from..from + count).map(|number| format!("line {number:014}\n")).collect()
}
