//! Process 1 without descriptors, or without memory: it says so where it can, reaps, heeds requests, and ends the machine.
//!
//! The kernel's limits are set on process 1 alone, from a process beside it, so that its scripts can still be watched.

use crate::ours;
use crate::process::{children, wait_until};
use crate::setup::{Setup, UNTIL_GO};
use crate::system::Ended;
use protocol::control::Signal;

/// A system whose stage 2 sets a limit on process 1 and then leaves an orphan; its own limits stay.
fn limited(limit: &str) -> Setup {
    ours().stage("2", &format!("prlimit --pid 1 {limit}; (sleep 0.1 &); echo two; exec sleep 1000"))
}

/// The limits of descriptors: none at all, and no more than the three that there are.
const NO_DESCRIPTORS: [&str; 2] = ["--nofile=0:", "--nofile=3:"];
/// No memory but what process 1 has: its children cannot become programs.
const NO_MEMORY: &str = "--as=0:";

#[test]
fn without_descriptors_orphans_are_reaped_and_the_machine_is_powered_off() {
    for limit in NO_DESCRIPTORS {
        let mut system = limited(limit).boot();
        system.wait_for("two");
        wait_until("stage 2 alone", || (children(system.first()).len() == 1).then_some(()));
        system.stop();
        assert_eq!(system.end(), Ended::Off, "{limit}");
        let transcript = system.transcript();
        let failed = "warning: child failed: /etc/runit/3";
        for sentence in ["leave stage: /etc/runit/2", "enter stage: /etc/runit/3", failed, "power off..."] {
            assert!(transcript.iter().any(|line| line.ends_with(sentence)), "{limit}: {transcript:?}");
        }
    }
}

#[test]
fn without_descriptors_from_the_start_every_stage_fails_and_the_machine_is_ended() {
    for (request, ended) in [("etc/runit/nosync", Ended::Off), ("etc/runit/reboot", Ended::Restart)] {
        let mut system = ours().set(request).becoming("ulimit -Sn 3; exec /sbin/runit").boot();
        assert_eq!(system.end(), ended);
        // There is none for the console either: sentences go where standard error leads.
        let told = system.setup().log();
        assert_eq!(told.matches("- runit: warning: child failed: /etc/runit/").count(), 3, "{told}");
    }
}

#[test]
fn without_descriptors_ctrlaltdel_and_a_crashed_stage_2_are_answered() {
    let script = format!(
        "if [ -e /tmp/again ]; then exec /bin/true; fi; : >/tmp/again
        setsid sh -c '{UNTIL_GO}; prlimit --pid 1 --nofile=1024:' &
        prlimit --pid 1 --nofile=3:; echo two; wait; kill -9 $$"
    );
    let mut system = ours().set("etc/runit/reboot").stage("2", &script).stage("ctrlaltdel", "echo cad").boot();
    system.wait_for("two");
    // The shell finds no descriptor for its script.
    system.signal(Signal::INT);
    system.wait_for("leave stage: /etc/runit/ctrlaltdel");
    system.setup().go();
    system.wait_for("child crashed: /etc/runit/2");
    system.wait_for("restarting");
    assert_eq!(system.end(), Ended::Restart);
    assert!(!system.lines().contains(&"cad".to_owned()));
    assert!(system.lines().contains(&"three".to_owned()), "with descriptors again, stage 3 runs");
}

#[test]
fn without_memory_stages_are_told_to_have_failed_and_the_machine_is_ended() {
    for (restart, ended) in [(false, Ended::Off), (true, Ended::Restart)] {
        let setup = limited(NO_MEMORY);
        let setup = if restart { setup.set("etc/runit/reboot") } else { setup };
        let mut system = setup.stage("ctrlaltdel", "echo cad").boot();
        system.wait_for("two");
        wait_until("stage 2 alone", || (children(system.first()).len() == 1).then_some(()));
        system.signal(Signal::INT);
        system.wait_for("leave stage: /etc/runit/ctrlaltdel");
        system.stop();
        system.wait_for("leave stage: /etc/runit/2");
        system.wait_for("warning: child crashed: /etc/runit/3");
        system.wait_for("leave stage: /etc/runit/3");
        assert_eq!(system.end(), ended);
        let lines = system.lines();
        assert!(!lines.contains(&"three".to_owned()) && !lines.contains(&"cad".to_owned()), "{lines:?}");
    }
}
