//! The limits of stages 1 and 3, from the kernel's command line.

use crate::ours;
use crate::system::Ended;

/// A stage that neither ends nor heeds TERM.
const HANGS: &str = "trap '' TERM HUP INT; echo it hangs; while :; do sleep 1; done";

#[test]
fn a_stage_3_that_hangs_is_killed_at_its_limit_and_the_machine_ends() {
    let setup = ours().environment("RUNIT_STAGE3_LIMIT", "1").stage("2", "exit 0").stage("3", HANGS);
    let mut system = setup.set("etc/runit/reboot").boot();
    assert_eq!(system.end(), Ended::Restart);
    let expected = [
        "- runit: enter stage: /etc/runit/3",
        "it hangs",
        "- runit: warning: stage 3 not terminated, sending sigkill...",
        "- runit: leave stage: /etc/runit/3",
        "- runit: sending KILL signal to all processes...",
        "- runit: system reboot.",
    ];
    assert_eq!(system.transcript()[5..], expected);
}

#[test]
fn a_stage_1_that_hangs_is_killed_at_its_limit_and_stage_3_follows() {
    let setup = ours().environment("RUNIT_STAGE1_LIMIT", "1").stage("1", &format!("echo $$ >/tmp/1; {HANGS}"));
    let mut system = setup.stage("3", "kill -0 $(cat /tmp/1) 2>/dev/null && echo it lives || echo it is gone").boot();
    assert_eq!(system.end(), Ended::Off);
    let expected = [
        "- runit: enter stage: /etc/runit/1",
        "it hangs",
        "- runit: warning: stage 1 not terminated, sending sigkill...",
        "- runit: leave stage: /etc/runit/1",
        "- runit: warning: skipping stage 2...",
        "- runit: enter stage: /etc/runit/3",
        "it is gone",
    ];
    assert_eq!(system.transcript()[..7], expected);
}

#[test]
fn stage_2_has_no_limit() {
    let setup = ours().environment("RUNIT_STAGE1_LIMIT", "1").environment("RUNIT_STAGE3_LIMIT", "1");
    let mut system = setup.stage("2", "sleep 2; echo two seconds").boot();
    system.wait_for("two seconds");
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn zero_is_no_limit() {
    let setup = ours().environment("RUNIT_STAGE3_LIMIT", "0").environment("RUNIT_STAGE1_LIMIT", "0");
    let slow = |says: &str| format!("sleep 1.5; echo {says}");
    let mut system = setup.stage("1", &slow("one")).stage("2", "exit 0").stage("3", &slow("three")).boot();
    system.wait_for("one");
    system.wait_for("three");
    assert_eq!(system.end(), Ended::Off);
    assert!(!system.transcript().iter().any(|line| line.contains("warning")));
}

#[test]
fn a_limit_that_is_no_number_is_told_and_passed_over() {
    for value in ["soon", "-1", "1.5", " 1", "", "99999999999999999999"] {
        let setup = ours().environment("RUNIT_STAGE3_LIMIT", value).stage("2", "exit 0");
        let mut system = setup.boot();
        assert_eq!(system.end(), Ended::Off);
        let warning = format!("- runit: warning: not a number of seconds, passed over: RUNIT_STAGE3_LIMIT={value}");
        assert_eq!(system.lines().first(), Some(&warning));
    }
}
