//! Service directories whose supervisor is the test itself, and sv run on them.

use protocol::paths;
use protocol::status::{State, Status, Want};
use protocol::tai64n::Tai64n;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use sys::files::{CWD, make_fifo};
use temp_dir::TempDir;

/// The program under test.
pub(crate) const SV: &str = env!("CARGO_BIN_EXE_sv");
/// Longer than anything here takes: who reaches it, fails.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// O_NONBLOCK, of all architectures that tests run on.
const NONBLOCK: i32 = 0o4000;

/// A services directory.
pub(crate) struct Services {
    directory: TempDir,
}

/// What a run of sv gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
    /// The exit code.
    pub(crate) code: i32,
}

/// A service of which the test is the supervisor.
pub(crate) struct Service {
    directory: PathBuf,
    ok: Option<File>,
    control: File,
}

/// Runs: `(pid 77)`, for `age` seconds, wanted up.
pub(crate) fn run(age: i64) -> Status {
    let since = Tai64n::from_unix(sys::clock::wall().0 - age, 0);
    Status { since, pid: 77, paused: false, want: Want::Up, got_term: false, state: State::Run }
}

/// Down for `age` seconds, and wanted so.
pub(crate) fn down(age: i64) -> Status {
    Status { pid: 0, want: Want::Down, state: State::Down, ..run(age) }
}

impl Services {
    /// An empty services directory.
    pub(crate) fn new() -> Services {
        Services { directory: TempDir::new().expect("a temporary directory") }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A service directory with a living supervisor, in this state.
    pub(crate) fn add(&self, name: &str, status: Status) -> Service {
        let service = Service::at(&self.path().join(name));
        service.publish(status);
        service
    }

    /// sv on this services directory, with an empty environment besides.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(SV);
        command.arg0("sv").args(words).env_clear().env("SVDIR", self.path()).stdin(Stdio::null());
        command
    }

    /// Runs sv to its end.
    pub(crate) fn sv(&self, words: &[&str]) -> Answer {
        answer(&mut self.command(words))
    }

    /// Runs sv as the init script of a service.
    pub(crate) fn init_script(&self, name: &str, words: &[&str]) -> Answer {
        answer(self.command(words).arg0(format!("/etc/init.d/{name}")))
    }
}

/// Runs a command to its end.
pub(crate) fn answer(command: &mut Command) -> Answer {
    Answer::from(command.output().expect("sv runs"))
}

impl From<Output> for Answer {
    fn from(output: Output) -> Answer {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Answer { out: round_ages(&text(&output.stdout)), err: text(&output.stderr), code }
    }
}

/// Ages in tests are full hundreds of seconds; what a slow machine adds to them is taken off again.
fn round_ages(text: &str) -> String {
    let mut rounded = String::new();
    for piece in text.split_inclusive(|character: char| !character.is_ascii_digit()) {
        let (digits, end) = piece.split_at(piece.len() - piece.chars().next_back().map_or(0, char::len_utf8));
        let is_age = end == "s" || rounded.ends_with("\"seconds\":");
        match digits.parse::<u64>() {
            Ok(age) if is_age => rounded += &format!("{}{end}", age - age % 100),
            _ => rounded += piece,
        }
    }
    rounded
}

impl Answer {
    /// One with nothing on standard error.
    pub(crate) fn new(code: i32, out: &str) -> Answer {
        Answer { out: out.into(), err: String::new(), code }
    }
}

impl Service {
    /// Makes the service directory and its fifos, and holds them as runsv does.
    pub(crate) fn at(directory: &Path) -> Service {
        let supervise = directory.join(paths::SUPERVISE);
        fs::create_dir_all(&supervise).expect("supervise");
        Service::over(directory, &supervise)
    }

    /// The same for a `supervise` directory that is there, wherever it is.
    pub(crate) fn over(directory: &Path, supervise: &Path) -> Service {
        let fifo = |name: &str| {
            let path = supervise.join(name);
            make_fifo(CWD, &CString::new(path.as_os_str().as_bytes()).expect("no NUL"), 0o600).expect("a fifo");
            path
        };
        let mut open = File::options();
        open.read(true).custom_flags(NONBLOCK);
        let ok = open.open(fifo(paths::OK)).expect("supervise/ok");
        let control = open.write(true).open(fifo(paths::CONTROL)).expect("supervise/control");
        Service { directory: directory.into(), ok: Some(ok), control }
    }

    /// A file of the service directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Publishes a status as runsv does, by renaming.
    pub(crate) fn publish(&self, status: Status) {
        self.publish_bytes(&status.encode());
    }

    /// Publishes whatever bytes.
    pub(crate) fn publish_bytes(&self, bytes: &[u8]) {
        let status = self.file(paths::SUPERVISE).join(paths::STATUS);
        let new = status.with_extension("new");
        fs::write(&new, bytes).expect("status.new");
        fs::rename(&new, &status).expect("status");
    }

    /// Gives it an executable script.
    pub(crate) fn script(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("a script");
        fs::set_permissions(self.file(name), fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    /// The letters sent so far, without waiting.
    pub(crate) fn letters(&self) -> String {
        let mut letters = [0; 64];
        let length = (&self.control).read(&mut letters).unwrap_or(0);
        String::from_utf8_lossy(&letters[..length]).into_owned()
    }

    /// Waits until exactly these letters have come.
    pub(crate) fn expect_letters(&self, expected: &str) {
        let mut letters = String::new();
        eventually(&format!("the letters {expected}"), || {
            letters += &self.letters();
            letters == expected
        });
    }

    /// Fills the control fifo.
    pub(crate) fn stuff_control(&self) {
        while (&self.control).write(&[b'\n'; 4096]).is_ok() {}
    }

    /// Ends as a supervisor does: its descriptors close, its files stay.
    pub(crate) fn leave(&mut self) {
        self.ok = None;
        // A child that another test starts at this moment has the fifo open too, until it becomes its program.
        let ok = self.file(paths::SUPERVISE).join(paths::OK);
        eventually("no reader", || File::options().write(true).custom_flags(NONBLOCK).open(&ok).is_err());
    }
}

/// Waits for a state.
pub(crate) fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let until = Instant::now() + LONG;
    while !is() {
        assert!(Instant::now() < until, "never came: {what}");
        std::thread::yield_now();
    }
}
