//! runsvchdir: switching the runlevel.

use crate::fixture::{RUNSVCHDIR, Supervisor, output, spawn};
use crate::services::{NOTING, Services};
use pilotlight_qemu_tests::signals;
use protocol::control::Signal;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use temp_dir::TempDir;

/// A directory of runlevels `one`, `two` and `three`, with `current` leading to the first.
struct Runlevels(TempDir);

impl Runlevels {
    fn new() -> Runlevels {
        let runlevels = Runlevels(TempDir::new().expect("a temporary directory"));
        for name in ["one", "two", "three"] {
            fs::create_dir(runlevels.path(name)).expect("a runlevel");
        }
        symlink("one", runlevels.path("current")).expect("current");
        runlevels
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        command(self.0.path(), arguments)
    }

    /// Runs runsvchdir: exit code, standard output, standard error.
    fn change(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        answer(&mut self.command(arguments))
    }

    fn links(&self) -> [Option<String>; 2] {
        ["current", "previous"].map(|name| Some(fs::read_link(self.path(name)).ok()?.to_str()?.into()))
    }
}

fn command(runlevels: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(RUNSVCHDIR);
    command.arg0("runsvchdir").args(arguments).env("RUNSVDIR", runlevels).current_dir("/");
    command
}

fn answer(command: &mut Command) -> (Option<i32>, String, String) {
    let output = output(command);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn said(text: &str) -> (Option<i32>, String, String) {
    (Some(0), format!("runsvchdir: {text}\n"), String::new())
}

fn fatal(text: &str) -> (Option<i32>, String, String) {
    (Some(111), String::new(), format!("runsvchdir: fatal: {text}\n"))
}

fn links(current: &str, previous: &str) -> [Option<String>; 2] {
    [Some(current.into()), Some(previous.into())]
}

#[test]
fn current_and_previous_follow_each_change() {
    let runlevels = Runlevels::new();
    assert_eq!(runlevels.change(&["two"]), said("two: now current."));
    assert_eq!(runlevels.links(), links("two", "one"));
    assert_eq!(runlevels.change(&["three"]), said("three: now current."));
    assert_eq!(runlevels.links(), links("three", "two"));
    assert_eq!(runlevels.change(&["previous"]), said("previous: now current."));
    assert!(fs::metadata(runlevels.path("current")).is_ok_and(|facts| facts.is_dir()));
}

#[test]
fn the_current_one_is_told_and_left() {
    let runlevels = Runlevels::new();
    assert_eq!(runlevels.change(&["one"]), said("one: current."));
    assert_eq!(runlevels.links(), [Some("one".into()), None]);
    symlink("one", runlevels.path("alias")).unwrap();
    assert_eq!(runlevels.change(&["alias"]), said("alias: current."));
}

#[test]
fn further_arguments_are_ignored() {
    assert_eq!(Runlevels::new().change(&["two", "three", "-x"]), said("two: now current."));
}

#[test]
fn refusals() {
    let runlevels = Runlevels::new();
    fs::write(runlevels.path("file"), "").unwrap();
    assert_eq!(runlevels.change(&[".two"]), fatal(".two: must not start with a dot."));
    assert_eq!(runlevels.change(&["none"]), fatal("none: file does not exist"));
    assert_eq!(runlevels.change(&["file"]), fatal("file: not a directory."));
    assert_eq!(runlevels.links(), [Some("one".into()), None]);
    fs::remove_file(runlevels.path("current")).unwrap();
    assert_eq!(runlevels.change(&["two"]), fatal("unable to stat: current: file does not exist"));
}

#[test]
fn a_missing_directory_of_runlevels() {
    let nowhere = Path::new("/nowhere/at/all");
    assert_eq!(answer(&mut command(nowhere, &["two"])), fatal("unable to chdir: /nowhere/at/all: file does not exist"));
    assert_eq!(answer(&mut command(nowhere, &[".two"])), fatal(".two: must not start with a dot."));
}

#[test]
fn a_previous_that_is_a_directory_is_told_and_current_stays() {
    let runlevels = Runlevels::new();
    fs::create_dir_all(runlevels.path("previous/full")).unwrap();
    let (code, out, message) = runlevels.change(&["two"]);
    assert_eq!((code, out.as_str()), (Some(111), ""));
    assert!(message.starts_with("runsvchdir: fatal: unable to ") && message.contains("previous"), "{message}");
    assert_eq!(runlevels.links()[0].as_deref(), Some("one"));
}

#[test]
fn what_an_interrupted_change_left_is_no_obstacle() {
    let runlevels = Runlevels::new();
    symlink("three", runlevels.path("current.new")).unwrap();
    symlink("three", runlevels.path("previous.new")).unwrap();
    assert_eq!(runlevels.change(&["two"]), said("two: now current."));
    assert_eq!(runlevels.links(), links("two", "one"));
    let leftovers = ["current.new", "previous.new"].map(|name| fs::symlink_metadata(runlevels.path(name)).is_ok());
    assert_eq!(leftovers, [false, false]);
}

#[test]
fn there_is_no_moment_without_current() {
    let runlevels = Runlevels::new();
    let script = "i=0; while [ $i -lt 100 ]; do \"$0\" two && \"$0\" one || exit 1; i=$((i+1)); done >/dev/null";
    let mut switching = Command::new("/bin/sh");
    switching.args(["-c", script, RUNSVCHDIR]).env("RUNSVDIR", runlevels.path(""));
    let mut switching = crate::fixture::Supervisor::new(spawn(&mut switching));
    let mut seen = [0_u64; 2];
    while !switching.has_ended() {
        for _ in 0..1000 {
            let target = fs::read_link(runlevels.path("current")).expect("current is there at every moment");
            seen[usize::from(target == Path::new("two"))] += 1;
        }
    }
    assert_eq!(switching.ended().code(), Some(0));
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn runsvdir_follows_runsvchdir() {
    let services = Services::new();
    for name in ["one", "two"] {
        crate::fixture::write_script(&services.path("runlevels").join(name).join("own/run"), NOTING);
    }
    services.link("one", "runlevels/current");
    let _runsvdir = services.start("runlevels/current");
    services.supervisor("runlevels/one/own");
    assert_eq!(answer(&mut command(&services.path("runlevels"), &["two"])), said("two: now current."));
    services.supervisor("runlevels/two/own");
}

#[test]
fn whatever_signal_interrupts_it_there_is_a_current_that_leads_to_one_of_both() {
    let runlevels = Runlevels::new();
    for number in signals::ALL {
        let to = if number % 2 == 0 { "one" } else { "two" };
        let mut change = Supervisor::new(spawn(runlevels.command(&[to]).stdout(Stdio::null())));
        change.signal(number);
        // It may be stopped.
        change.signal(Signal::CONT.0);
        let status = change.ended();
        assert!(status.success() || status.signal() == Some(number.into()), "{status}");
        let [current, _] = runlevels.links();
        assert!(current.is_some_and(|current| ["one", "two"].contains(&&*current)), "signal {number}");
        assert_eq!(runlevels.change(&[to]).0, Some(0), "after signal {number}");
    }
}
