//! A system before its boot: a temporary root with the program under test, scripts, and a fifo for a console.
//!
//! It is booted in a namespace of its own: its mounts exist there only, and so end with it.

use crate::system::{System, open_console};
use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use sys::files::{CWD, make_fifo};
use temp_dir::TempDir;

/// What the system has of this machine, read through bind mounts.
const SHARED: [&str; 5] = ["bin", "lib", "lib32", "lib64", "usr"];
/// The devices that it has of this machine, where the setup has left a file for them.
const DEVICES: [&str; 2] = ["dev/null", "dev/full"];
/// The user of systems that are not to be root's: a number that nobody has.
const STRANGER: &str = "61234";
/// What a script does to wait for the test.
pub(crate) const UNTIL_GO: &str = "while ! [ -e /tmp/go ]; do sleep 0.02; done";
/// Makes the mounts and becomes process 1. Arguments: the root, the program in it, what it inherits, what to mount.
const BOOT: &str = r#"
    root=$1 program=$2 inherits=$3; shift 3
    for shared; do mount --rbind "/$shared" "$root/$shared"; done
    if [ -d "$root/proc" ]; then mount -t proc proc "$root/proc"; fi
    case $inherits in
    nothing) exec chroot "$root" "$program" <&- >&- 2>&- ;;
    rubbish) exec env --block-signal --ignore-signal chroot "$root" "$program" 5</dev/null 9>&2 ;;
    standard) exec chroot "$root" "$program" ;;
    esac
"#;

/// A system that has not been booted.
pub(crate) struct Setup {
    directory: TempDir,
    program: String,
    environment: Vec<(String, String)>,
    has_console: bool,
    inherits: &'static str,
    is_unprivileged: bool,
}

impl Setup {
    /// A system with this program as `/sbin/runit`, and three stages that say who they are; the second one stays.
    pub(crate) fn new(runit: &Path) -> Setup {
        let directory = TempDir::new().expect("a temporary directory");
        let setup = Setup {
            directory,
            program: "/sbin/runit".into(),
            environment: Vec::new(),
            has_console: true,
            inherits: "standard",
            is_unprivileged: false,
        };
        for directory in ["dev", "etc/runit", "proc", "run", "sbin", "tmp"] {
            fs::create_dir_all(setup.path(directory)).expect("a directory");
        }
        for name in SHARED {
            let here = Path::new("/").join(name);
            match here.read_link() {
                Ok(target) => symlink(target, setup.path(name)).expect("a link"),
                Err(_) if here.exists() => fs::create_dir(setup.path(name)).expect("a directory"),
                Err(_) => {}
            }
        }
        fs::copy(runit, setup.path("sbin/runit")).expect("a copy of runit");
        setup.file("dev/null", "");
        setup.fifo("dev/console");
        setup.stage("1", "echo one").stage("2", "echo two; exec sleep 1000").stage("3", "echo three")
    }

    /// Lets the scripts go on that do [`UNTIL_GO`].
    pub(crate) fn go(&self) {
        self.file("tmp/go", "");
    }

    /// A path in the system as this machine sees it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// Writes a file.
    pub(crate) fn file(&self, path: &str, content: &str) {
        fs::write(self.path(path), content).expect("a file");
    }

    /// Makes a fifo.
    pub(crate) fn fifo(&self, path: &str) {
        let path = CString::new(self.path(path).as_os_str().as_bytes()).expect("no NUL");
        make_fifo(CWD, &path, 0o600).expect("a fifo");
    }

    /// A script of runit's.
    pub(crate) fn stage(self, name: &str, script: &str) -> Setup {
        let path = format!("etc/runit/{name}");
        self.file(&path, &format!("#!/bin/sh\n{script}\n"));
        self.mode(&path, 0o755)
    }

    /// Sets the permissions of a file.
    pub(crate) fn mode(self, path: &str, mode: u32) -> Setup {
        fs::set_permissions(self.path(path), Permissions::from_mode(mode)).expect("a mode");
        self
    }

    /// Makes a file that is set, as a request is.
    pub(crate) fn set(self, path: &str) -> Setup {
        self.file(path, "");
        self.mode(path, 0o100)
    }

    /// Without this file or folder.
    pub(crate) fn without(self, path: &str) -> Setup {
        let place = self.path(path);
        if place.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) }.expect("it was there");
        self
    }

    /// Without a console that anybody reads.
    pub(crate) fn unread(mut self) -> Setup {
        self.has_console = false;
        self
    }

    /// With descriptors 0, 1 and 2 closed, as the kernel leaves them where it finds no console.
    pub(crate) fn without_descriptors(mut self) -> Setup {
        self.inherits = "nothing";
        self
    }

    /// With what nobody should inherit: more descriptors, and every signal blocked and ignored.
    pub(crate) fn with_rubbish(mut self) -> Setup {
        self.inherits = "rubbish";
        self
    }

    /// As a system of a user other than this machine's root.
    pub(crate) fn unprivileged(mut self) -> Setup {
        self.is_unprivileged = true;
        self
    }

    /// With a helper of the tests in `/sbin`.
    pub(crate) fn helper(self, name: &str) -> Setup {
        let program = pilotlight_qemu_tests::helper::program(name);
        let program = program.unwrap_or_else(|reason| panic!("there is no {name}: {reason:#}"));
        fs::copy(program, self.path("sbin").join(name)).expect("a copy of the helper");
        self
    }

    /// With a script that becomes runit: what it does to itself before, process 1 has on it.
    pub(crate) fn becoming(self, script: &str) -> Setup {
        self.file("sbin/becoming", &format!("#!/bin/sh\n{script}\n"));
        self.mode("sbin/becoming", 0o755).program("/sbin/becoming")
    }

    /// With another program, found in the system, as process 1.
    pub(crate) fn program(mut self, program: &str) -> Setup {
        self.program = program.into();
        self
    }

    /// With a word NAME=VALUE on the kernel's command line.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Setup {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// What was told where there is no console.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Boots it. The parts that outlive a test that is killed are bound to it: setpriv(1) to the test, unshare(1) to setpriv.
    pub(crate) fn boot(self) -> System {
        let console = self.has_console.then(|| open_console(&self.path("dev/console")));
        let log = File::create(self.path("log")).expect("a log");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if self.is_unprivileged && is_root() {
            give_away(self.directory.path());
            command.args(["--reuid", STRANGER, "--clear-groups"]);
        }
        command.args(["unshare", "--pid", "--mount", "--fork", "--kill-child"]);
        if self.is_unprivileged || !is_root() {
            command.arg("--map-root-user");
        }
        command.args(["sh", "-euc", BOOT, "boot"]).arg(self.directory.path()).args([&self.program, self.inherits]);
        command.args(SHARED.iter().filter(|name| is_own_directory(&self.path(name))));
        command.args(DEVICES.iter().filter(|name| self.path(name).is_file()));
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        let namespace = command.spawn().expect("setpriv and unshare of util-linux must be installed");
        System::new(self, namespace, console)
    }
}

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"))
}

/// Gives a root and all in it to the stranger.
fn give_away(root: &Path) {
    let given = Command::new("chown").args(["-R", STRANGER]).arg(root).status();
    assert!(given.is_ok_and(|status| status.success()), "the root cannot be given away");
}

fn is_own_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|facts| facts.is_dir())
}
