//! Users without privileges: as whom the programs are run, and who meddle with services that are not their own.
//!
//! Root becomes one for a scenario; whoever runs the tests as an ordinary user is one already. Their one law: a scenario runs
//! copies of the programs, for another user may not see the directory that they are built in.

use crate::fixture::{RUNSV, RUNSVCHDIR, RUNSVDIR, Supervisor, install, spawn};
use crate::sv;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A user and group that nobody has.
const STRANGER: u32 = 61_235;

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("/proc").uid() == 0
}

/// Puts the programs into a folder `bin` of the directory; it.
pub(crate) fn install_programs(directory: &Path) -> PathBuf {
    let folder = directory.join("bin");
    for program in [RUNSV, RUNSVDIR, RUNSVCHDIR].map(Path::new).into_iter().chain([sv::program()]) {
        install(program, &folder.join(program.file_name().expect("a name")));
    }
    folder
}

/// Gives a directory and all in it to the user without privileges.
pub(crate) fn give_away(directory: &Path) {
    if is_root() {
        let owner = format!("{STRANGER}:{STRANGER}");
        let given = Supervisor::new(spawn(Command::new("chown").args(["-R", &owner]).arg(directory))).ended();
        assert!(given.success(), "{} cannot be given away", directory.display());
    }
}

/// Lets a command be that of the user without privileges.
pub(crate) fn unprivileged(command: &mut Command) -> &mut Command {
    if is_root() { command.uid(STRANGER).gid(STRANGER) } else { command }
}

/// The beginning of a command of somebody whose the services of this user are not.
pub(crate) fn somebody_else() -> Command {
    // Only root can become another user.
    let mut command = Command::new(if is_root() { "env" } else { "sudo" });
    command.args(["setpriv", "--clear-groups"]);
    command.args([format!("--reuid={STRANGER}"), format!("--regid={STRANGER}")]);
    command
}

/// Sets a limit of a living process, as prlimit(1) writes it, in the name of the user whose process it is.
pub(crate) fn limit(pid: u32, limit: &str) {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &pid.to_string(), &format!("--{limit}")]);
    if is_root() {
        let owner = fs::metadata(format!("/proc/{pid}")).expect("a living process");
        command.uid(owner.uid()).gid(owner.gid());
    }
    assert!(Supervisor::new(spawn(&mut command)).ended().success(), "prlimit --{limit}");
}

/// How often the files of a process are looked at, and how long after each other.
const LOOKS: u32 = 50;
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(5);

/// Keeps a process from opening one more file: no number that is free in it is below the limit.
pub(crate) fn no_more_files(pid: u32) {
    let is_open = |fd: &u32| fs::symlink_metadata(format!("/proc/{pid}/fd/{fd}")).is_ok();
    // What it publishes is open for a moment longer than its name is there.
    let look = |_| {
        std::thread::sleep(BETWEEN_LOOKS);
        (0..).find(|fd| !is_open(fd)).expect("a free number")
    };
    let lowest_free = (0..LOOKS).map(look).min().expect("a look");
    limit(pid, &format!("nofile={lowest_free}:"));
}
