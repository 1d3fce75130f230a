//! runit-init: as process 1, and as the command `init`; and runit where it is not process 1.

use crate::ours;
use crate::setup::Setup;
use crate::system::{Ended, System};
use crate::{RUNIT, RUNIT_INIT};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Standard error and exit code of a command called `name`.
fn run(program: &str, name: &str, words: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(program).arg0(name).args(words).output().expect("it runs");
    assert!(output.stdout.is_empty());
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

/// A system with `/sbin/init` beside runit.
pub(crate) fn with_init() -> Setup {
    let setup = ours();
    fs::copy(RUNIT_INIT, setup.path("sbin/init")).expect("a copy");
    setup
}

#[test]
fn runit_that_is_not_process_1_refuses() {
    let refusal = "- runit: fatal: must be run as process no 1.\n".to_owned();
    assert_eq!(run(RUNIT, "runit", &[]), (refusal, Some(111)));
}

#[test]
fn usage_is_told_with_exit_0() {
    for name in ["init", "/sbin/runit-init"] {
        for words in [&[][..], &["1"], &[""], &["-h"], &["halt"]] {
            assert_eq!(run(RUNIT_INIT, name, words), (format!("usage: {name} 0|6\n\n"), Some(0)), "{words:?}");
        }
    }
}

#[test]
fn process_1_becomes_runit_with_its_environment() {
    let setup = with_init().program("/sbin/init").environment("flame", "lit");
    let mut system =
        setup.stage("2", "cat /proc/1/cmdline | tr '\\0' ' '; echo; readlink /proc/1/exe; echo $flame").boot();
    assert_eq!(system.end(), Ended::Off);
    let transcript = system.transcript();
    let at = transcript.iter().position(|line| line == "runit ").expect("its name is runit");
    assert_eq!(transcript[at + 1..at + 3], ["/sbin/runit", "lit"]);
}

#[test]
fn process_1_says_why_it_cannot_become_runit() {
    let mut system = with_init().program("/sbin/init").without("sbin/runit").boot();
    assert_eq!(system.end(), Ended::Exited(111));
    assert_eq!(system.setup().log(), "init: fatal: unable to start runit: file does not exist\n");
}

/// The modes of stopit and reboot, 0 where there is none.
fn modes(system: &System) -> [Option<u32>; 2] {
    ["etc/runit/stopit", "etc/runit/reboot"]
        .map(|path| fs::metadata(system.path(path)).ok().map(|facts| facts.permissions().mode() & 0o7777))
}

/// What `init WORD` leaves in stage 1, where runit does not act on it yet.
fn modes_after(setup: Setup, word: &str) -> [Option<u32>; 2] {
    let mut system = setup.stage("1", &format!("/sbin/init {word}; echo $?; exit 100")).boot();
    system.wait_for("0");
    assert_eq!(system.end(), if word.starts_with('6') { Ended::Restart } else { Ended::Off });
    assert!(system.transcript().contains(&"- runit: warning: signals only work in stage 2.".to_owned()));
    modes(&system)
}

#[test]
fn init_0_sets_stopit_and_takes_a_reboot_back() {
    assert_eq!(modes_after(with_init(), "0"), [Some(0o100), None]);
    assert_eq!(modes_after(with_init().set("etc/runit/reboot"), "0"), [Some(0o100), Some(0)]);
    assert_eq!(modes_after(with_init(), "0 and more"), [Some(0o100), None]);
}

#[test]
fn init_6_sets_both() {
    assert_eq!(modes_after(with_init(), "6"), [Some(0o100), Some(0o100)]);
    let before = with_init().set("etc/runit/stopit").mode("etc/runit/stopit", 0);
    assert_eq!(modes_after(before, "6"), [Some(0o100), Some(0o100)]);
    assert_eq!(modes_after(with_init(), "6th"), [Some(0o100), Some(0o100)]);
}

#[test]
fn init_0_and_6_from_stage_2_end_the_machine() {
    for (word, ended) in [("0", Ended::Off), ("6", Ended::Restart)] {
        let mut system = with_init().stage("2", &format!("/sbin/init {word}; exec sleep 1000")).boot();
        assert_eq!(system.end(), ended);
        let three = system.transcript().iter().filter(|line| *line == "three").count();
        assert_eq!((three, modes(&system)[0]), (1, Some(0)));
    }
}

#[test]
fn init_says_what_it_cannot_set() {
    let script = "rm -r /etc/runit; : >/etc/runit; /sbin/init 6; echo $?";
    let mut system = with_init().stage("1", script).boot();
    system.wait_for("init: fatal: unable to set /etc/runit/reboot: not a directory");
    system.wait_for("111");
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn on_a_read_only_root_init_says_so_and_a_request_that_stays_is_acted_on_once() {
    let read_only = "mount --bind /etc/runit /etc/runit; mount -o remount,bind,ro /etc/runit; /sbin/init 6; echo $?";
    let mut system = with_init().stage("1", read_only).boot();
    system.wait_for("init: fatal: unable to set /etc/runit/reboot: read-only file system");
    system.wait_for("111");
    system.wait_for("two");
    // This machine sees the folder through another mount, where it can be written.
    system.stop();
    assert_eq!(system.end(), Ended::Off);
    assert_eq!(modes(&system), [Some(0o100), None]);
    assert_eq!(system.transcript().iter().filter(|line| *line == "three").count(), 1);
}
