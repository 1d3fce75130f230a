//! A system whose process 1 is the program under test, on a console that the test reads.
//!
//! Everything waits for a state, 30 seconds at most. Dropping a system ends all of its processes.

use crate::process::{LONG, LOOK, children, wait_until};
use crate::setup::Setup;
use protocol::control::Signal;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read};
use std::num::NonZeroU32;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::Instant;

/// O_NONBLOCK, of all architectures that tests run on.
const NONBLOCK: i32 = 0o4000;

/// How the machine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It restarts.
    Restart,
    /// It is powered off or halted.
    Off,
    /// Process 1 exited instead.
    Exited(i32),
}

/// A system that runs.
pub(crate) struct System {
    setup: Setup,
    namespace: Child,
    console: Option<File>,
    bytes: Vec<u8>,
    /// Where the line after the last awaited one begins.
    seen: usize,
}

/// Opens a console as its reader, who must be there before anybody writes.
pub(crate) fn open_console(path: &Path) -> File {
    OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path).expect("a console to read")
}

impl System {
    /// A system that is being booted.
    pub(crate) fn new(setup: Setup, namespace: Child, console: Option<File>) -> System {
        System { setup, namespace, console, bytes: Vec::new(), seen: 0 }
    }

    /// A path in the system as this machine sees it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.setup.path(path)
    }

    /// What the files of it are made with.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Reads a console that was made later.
    pub(crate) fn read_console(&mut self) {
        self.console = Some(open_console(&self.path("dev/console")));
    }

    /// Waits for the next line that contains the text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            // What was said before the end is read after it was seen.
            let ended = self.namespace.try_wait().expect("a child");
            while self.read() {}
            if self.has_line(text) {
                return;
            }
            self.check_namespace(ended);
            let is_lost = start.elapsed() > LONG || ended.is_some();
            assert!(!is_lost, "{text:?} was not said:\n{}", String::from_utf8_lossy(&self.bytes));
            sleep(LOOK);
        }
    }

    /// Is there a line with the text after those that were found before?
    fn has_line(&mut self, text: &str) -> bool {
        let rest = self.bytes.get(self.seen..).unwrap_or_default();
        let mut at = self.seen;
        for line in rest.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            at += line.len();
            if String::from_utf8_lossy(line).contains(text) {
                self.seen = at;
                return true;
            }
        }
        false
    }

    /// Takes what the console has; false if that is nothing.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let Some(console) = &mut self.console else { return false };
        match console.read(&mut buffer) {
            Ok(length) => {
                self.bytes.extend_from_slice(&buffer[..length]);
                length > 0
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                false
            }
        }
    }

    /// Fails with a sentence if process 1 was never started.
    fn check_namespace(&self, ended: Option<ExitStatus>) {
        let log = self.setup.log();
        let is_refused = ["unshare:", "mount:", "chroot:", "setpriv:"].iter().any(|name| log.contains(name));
        let is_over = ended.is_some();
        assert!(
            !(is_over && is_refused),
            "runit could not be started as process 1 of a namespace; be root, or let users make namespaces: {log}"
        );
    }

    /// Sends a signal to process 1.
    pub(crate) fn signal(&self, signal: Signal) {
        sys::process::kill(self.first(), signal.0).expect("process 1 lives");
    }

    /// Process 1 as this machine counts.
    pub(crate) fn first(&self) -> NonZeroU32 {
        let unshare = NonZeroU32::new(self.namespace.id()).expect("not 0");
        wait_until("process 1", || children(unshare).into_iter().next())
    }

    /// Waits until process 1 has taken every signal sent to it, and waits for others.
    pub(crate) fn settle(&self) {
        let path = format!("/proc/{}/status", self.first());
        wait_until("process 1 to take its signals", || {
            let status = fs::read_to_string(&path).expect("process 1 lives");
            let is_empty = |mask: &str| status.contains(&format!("{mask}:\t0000000000000000\n"));
            (is_empty("SigPnd") && is_empty("ShdPnd") && status.contains("State:\tS")).then_some(())
        });
    }

    /// Asks for a stop as an operator does.
    pub(crate) fn stop(&self) {
        for path in ["etc/runit/stopit", "run/runit.stopit"] {
            self.request(path);
        }
        self.signal(Signal::CONT);
    }

    /// Sets a request file.
    pub(crate) fn request(&self, path: &str) {
        self.setup.file(path, "");
        fs::set_permissions(self.path(path), Permissions::from_mode(0o100)).expect("a mode");
    }

    /// Waits for the end of the machine.
    pub(crate) fn end(&mut self) -> Ended {
        let start = Instant::now();
        let status = loop {
            self.read();
            if let Some(status) = self.namespace.try_wait().expect("a child") {
                break status;
            }
            assert!(start.elapsed() < LONG, "it did not end:\n{}", String::from_utf8_lossy(&self.bytes));
            sleep(LOOK);
        };
        while self.read() {}
        self.check_namespace(Some(status));
        match (status.signal(), status.code()) {
            (Some(1), _) => Ended::Restart,
            (Some(2), _) => Ended::Off,
            (_, Some(code)) => Ended::Exited(code),
            (other, None) => panic!("process 1 was ended by signal {other:?}"),
        }
    }

    /// What the console has shown.
    pub(crate) fn lines(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.bytes).lines().map(str::to_owned).collect()
    }

    /// What the console has shown after the line of the boot.
    pub(crate) fn transcript(&self) -> Vec<String> {
        let mut lines = self.lines();
        let first = lines.first().map(String::as_str).unwrap_or_default();
        assert!(first.starts_with("- runit: ") && first.ends_with(": booting."), "{first}");
        lines.remove(0);
        lines
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if self.namespace.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        let first = children(NonZeroU32::new(self.namespace.id()).expect("not 0"));
        let _ = self.namespace.kill();
        let _ = self.namespace.wait();
        for pid in first {
            wait_until("the end of process 1", || (!Path::new(&format!("/proc/{pid}")).exists()).then_some(()));
        }
    }
}
