//! A service directory, the programs that supervise it, and how to wait for what they do.

use protocol::paths;
use protocol::status::Status;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::num::NonZeroU32;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use temp_dir::TempDir;

pub(crate) use crate::wait::{eventually, eventually_equal, eventually_some, is_alive, read, signal};

/// The programs under test.
pub(crate) const RUNSV: &str = env!("CARGO_BIN_EXE_runsv");
pub(crate) const RUNSVDIR: &str = env!("CARGO_BIN_EXE_runsvdir");
pub(crate) const RUNSVCHDIR: &str = env!("CARGO_BIN_EXE_runsvchdir");
/// O_NONBLOCK, of all architectures that tests run on.
const NONBLOCK: i32 = 0o4000;
const TERM: u8 = 15;
const KILL: u8 = 9;

/// A script that runs until TERM.
pub(crate) const IDLE: &str = "exec sleep 1000";

/// Held while a script is written and while a process is started: a new process holds a copy of every open descriptor for
/// a moment, and a script that somebody may write to cannot be executed.
fn quiet() -> MutexGuard<'static, ()> {
    static QUIET: Mutex<()> = Mutex::new(());
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a command in a process group of its own.
pub(crate) fn spawn(command: &mut Command) -> Child {
    let _quiet = quiet();
    command.stdin(Stdio::null()).process_group(0).spawn().expect("the program starts")
}

/// Runs a command to its end.
pub(crate) fn output(command: &mut Command) -> Output {
    let mut program = Supervisor::new(spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped())));
    // What the programs say fits into a pipe.
    program.ended();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    program.child.stdout.take().expect("a pipe").read_to_end(&mut out).expect("its output");
    program.child.stderr.take().expect("a pipe").read_to_end(&mut err).expect("its messages");
    Output { status: program.ended(), stdout: out, stderr: err }
}

/// Writes a file that can be executed, making the folders above it.
pub(crate) fn write_script(path: &Path, text: &str) {
    write_file(path, &format!("#!/bin/sh\n{text}\n"), 0o755);
}

/// Writes a file, making the folders above it.
pub(crate) fn write_file(path: &Path, text: &str, mode: u32) {
    let _quiet = quiet();
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    fs::write(path, text).expect("the file");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
}

/// Copies a program, so that users find it who may not see the build's directory.
pub(crate) fn install(program: &Path, place: &Path) {
    let _quiet = quiet();
    fs::create_dir_all(place.parent().expect("a folder")).expect("the folder");
    fs::copy(program, place).expect("a copy of the program");
}

/// A service directory `web` in a temporary directory of its own.
pub(crate) struct Service {
    parent: TempDir,
}

impl Service {
    /// One whose `run` is this script.
    pub(crate) fn new(run: &str) -> Service {
        let service = Service { parent: TempDir::new().expect("a temporary directory") };
        service.script("run", run);
        service
    }

    /// The directory that it is in.
    pub(crate) fn parent(&self) -> &Path {
        self.parent.path()
    }

    /// A file of the service directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.parent().join("web").join(name)
    }

    /// Gives it an executable script.
    pub(crate) fn script(&self, name: &str, text: &str) {
        write_script(&self.path(name), text);
    }

    /// Gives it a file.
    pub(crate) fn file(&self, name: &str, text: &str) {
        write_file(&self.path(name), text, 0o644);
    }

    /// The command `runsv web`, its messages going to files beside the service.
    pub(crate) fn command(&self, runsv: &Path) -> Command {
        let append = |name| File::options().append(true).create(true).open(self.parent().join(name)).expect(name);
        let mut command = Command::new(runsv);
        command.arg0("runsv").arg("web").current_dir(self.parent()).stdout(append("out")).stderr(append("messages"));
        command
    }

    /// Starts our runsv, and waits until it is there.
    pub(crate) fn start(&self) -> Supervisor {
        self.start_as(&mut self.command(Path::new(RUNSV)))
    }

    /// Starts a command that is or becomes a runsv, and waits until it is there.
    pub(crate) fn start_as(&self, command: &mut Command) -> Supervisor {
        // A child of a killed runsv holds the lock until it is a program.
        let lock = self.path("supervise/lock");
        eventually("the lock is free", || !lock.exists() || is_free(&lock));
        let supervisor = Supervisor::new(spawn(command));
        eventually("runsv is there", || self.open_control("supervise/ok").is_some());
        supervisor
    }

    /// Runs our runsv where it cannot start: its exit code and message.
    pub(crate) fn refusal(&self) -> (Option<i32>, String) {
        let output = output(&mut self.command(Path::new(RUNSV)));
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// What runsv and the scripts wrote to standard error.
    pub(crate) fn messages(&self) -> String {
        read(self.parent().join("messages"))
    }

    /// The lines that the scripts wrote so far.
    pub(crate) fn journal(&self) -> Vec<String> {
        let text = read(self.path("journal"));
        // A line whose end is missing is still being written.
        text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(Into::into).collect()
    }

    /// Waits until the scripts have written exactly these lines.
    #[track_caller]
    pub(crate) fn expect_journal(&self, lines: &[&str]) {
        eventually_equal(|| self.journal(), lines);
    }

    /// Waits until the scripts have written a line, whatever else.
    #[track_caller]
    pub(crate) fn expect_line(&self, line: &str) {
        eventually(&format!("the line {line}"), || self.journal().iter().any(|it| it == line));
    }

    /// Opens a fifo of `supervise` for writing; none unless a runsv reads it.
    pub(crate) fn open_control(&self, name: &str) -> Option<File> {
        File::options().write(true).custom_flags(NONBLOCK).open(self.path(name)).ok()
    }

    /// Sends control letters.
    pub(crate) fn send(&self, letters: &str) {
        self.send_to("supervise/control", letters);
    }

    /// Sends control letters to the log service.
    pub(crate) fn send_log(&self, letters: &str) {
        self.send_to("log/supervise/control", letters);
    }

    fn send_to(&self, control: &str, letters: &str) {
        let mut control = self.open_control(control).expect("a runsv that listens");
        control.write_all(letters.as_bytes()).expect("room for letters");
    }

    /// The line of `supervise/stat`.
    pub(crate) fn stat(&self) -> String {
        read(self.path("supervise/stat")).trim_end().into()
    }

    /// Waits for a line of `supervise/stat`.
    #[track_caller]
    pub(crate) fn expect_stat(&self, stat: &str) {
        eventually_equal(|| self.stat(), stat);
    }

    /// Waits for a line of `log/supervise/stat`.
    #[track_caller]
    pub(crate) fn expect_log_stat(&self, stat: &str) {
        eventually_equal(|| read(self.path("log/supervise/stat")), format!("{stat}\n"));
    }

    /// The decoded `supervise/status`.
    pub(crate) fn status(&self) -> Status {
        let record = fs::read(self.path("supervise/status")).expect("supervise/status");
        Status::decode(&record).expect("20 bytes")
    }

    /// Waits until the record's pid is another one than this; it.
    pub(crate) fn pid_after(&self, before: u32) -> u32 {
        self.pid_in(paths::SUPERVISE, before)
    }

    /// Waits for the pid of `./run` or `./finish`.
    pub(crate) fn pid(&self) -> u32 {
        self.pid_after(0)
    }

    /// Waits for the pid of `log/run`.
    pub(crate) fn log_pid(&self) -> u32 {
        self.log_pid_after(0)
    }

    /// The same, of another process than this.
    pub(crate) fn log_pid_after(&self, before: u32) -> u32 {
        self.pid_in("log/supervise", before)
    }

    /// The status is the last of the files to be published: where it tells of the process, the others do.
    fn pid_in(&self, supervise: &str, before: u32) -> u32 {
        let file = |name| self.path(supervise).join(name);
        eventually_some("a process", || {
            let status = Status::decode(&fs::read(file("status")).ok()?)?;
            let pid = read(file(paths::PID)).trim_end().parse().ok()?;
            Some(pid).filter(|pid| *pid != before && *pid == status.pid)
        })
    }
}

/// Has nobody the lock?
fn is_free(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// A runsv or runsvdir, ended with all its children when the test is over.
pub(crate) struct Supervisor {
    child: Child,
}

impl Supervisor {
    /// Takes the duty to end the child and its process group.
    pub(crate) fn new(child: Child) -> Supervisor {
        Supervisor { child }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        self.signal(TERM);
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, number: u8) {
        signal(self.pid(), number);
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        eventually_some("the end of the supervisor", || self.child.try_wait().expect("a child"))
    }

    /// Has it ended?
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The group lives as long as one of its members, also without its leader.
        let _ = NonZeroU32::new(self.child.id()).map(|group| sys::process::kill_group(group, KILL));
        let _ = self.child.wait();
    }
}
