//! A kernel, or a filter, that denies every system call newer than Linux 3.2: process 1 through its whole life.

use crate::RUNIT_INIT;
use crate::ours;
use crate::setup::Setup;
use crate::system::Ended;
use pilotlight_qemu_tests::helper::{DENY_NEWER_CALLS, REASONS};
use protocol::control::Signal;
use std::fs;

/// A system in which this holds for process 1 and all that it starts.
fn denied(reason: &str) -> Setup {
    let setup = ours().helper(DENY_NEWER_CALLS);
    fs::copy(RUNIT_INIT, setup.path("sbin/init")).expect("a copy");
    // The libc of the scripts needs no newer call; the shell says that the filter is there.
    setup.becoming(&format!("exec /sbin/{DENY_NEWER_CALLS} {reason} /sbin/init"))
}

#[test]
fn boot_orphans_ctrlaltdel_and_a_restart() {
    for reason in REASONS {
        let filtered = "grep Seccomp: /proc/1/status";
        let setup = denied(reason).stage("2", &format!("{filtered}; (sleep 0.1 &); echo two; exec sleep 1000"));
        // Stage 3 lets the script finish its sentence: at its end all that lives is killed.
        let setup = setup.stage("3", "until [ -e /run/asked ]; do sleep 0.01; done; echo three");
        let setup = setup.stage("ctrlaltdel", "echo cad; /sbin/init 6; echo asked $?; echo >/run/asked");
        let mut system = setup.boot();
        system.wait_for("Seccomp:\t2");
        system.wait_for("two");
        system.settle();
        system.signal(Signal::INT);
        system.wait_for("asked 0");
        assert_eq!(system.end(), Ended::Restart, "{reason}");
        let expected = ["three", "- runit: leave stage: /etc/runit/3"];
        let transcript = system.transcript();
        assert!(transcript.ends_with(&[
            expected[0].to_owned(),
            expected[1].to_owned(),
            "- runit: sending KILL signal to all processes...".to_owned(),
            "- runit: system reboot.".to_owned(),
        ]));
        assert!(!transcript.iter().any(|line| line.contains("fatal")), "{transcript:?}");
    }
}

#[test]
fn a_stage_3_that_hangs_is_killed_and_the_machine_is_powered_off() {
    for reason in REASONS {
        let setup = denied(reason).environment("RUNIT_STAGE3_LIMIT", "1").stage("2", "/sbin/init 0; exec sleep 1000");
        let mut system = setup.stage("3", "trap '' TERM; echo it hangs; while :; do sleep 1; done").boot();
        system.wait_for("it hangs");
        system.wait_for("stage 3 not terminated, sending sigkill");
        assert_eq!(system.end(), Ended::Off, "{reason}");
    }
}

#[test]
fn what_is_inherited_stays_with_process_1_although_close_range_is_denied() {
    for reason in REASONS {
        let script = "for fd in /proc/$$/fd/*; do echo has ${fd##*/}; done; echo two; exec sleep 1000";
        let mut system = denied(reason).with_rubbish().stage("2", script).boot();
        system.wait_for("two");
        let has = |number: &str| system.lines().contains(&format!("has {number}"));
        assert_eq!(["0", "1", "2", "5", "9"].map(has), [true, true, true, false, false], "{reason}");
    }
}
