//! No process can be made: process 1 says so, waits, and goes on when it can; the machine ends whatever is missing.
//!
//! The kernel counts the processes of a user other than root, so these systems belong to one; limiting process 1 to a
//! single process, from within, then lets each of its forks fail.

use crate::ours;
use crate::setup::UNTIL_GO;
use crate::system::Ended;
use protocol::control::Signal;

/// Lets process 1 fork no more.
const LIMIT: &str = "prlimit --pid 1 --nproc=1:";
/// Lets it fork again.
const LIFT: &str = "prlimit --pid 1 --nproc=1000:";

#[test]
fn a_stage_that_cannot_be_forked_is_tried_again_after_five_seconds() {
    let script = format!("setsid sh -c '{UNTIL_GO}; {LIFT}' & {LIMIT}; echo two; exec sleep 1000");
    let mut system = ours().unprivileged().stage("2", &script).boot();
    system.wait_for("two");
    system.stop();
    system.wait_for("unable to fork");
    system.setup().go();
    assert_eq!(system.end(), Ended::Off);
    let expected = [
        "- runit: leave stage: /etc/runit/2",
        "- runit: enter stage: /etc/runit/3",
        "- runit: warning: unable to fork, sleeping: temporary failure",
        "- runit: warning: restarting.",
        "- runit: enter stage: /etc/runit/3",
        "three",
        "- runit: leave stage: /etc/runit/3",
        "- runit: sending KILL signal to all processes...",
        "- runit: power off...",
    ];
    assert_eq!(system.transcript()[5..], expected);
}

#[test]
fn a_ctrlaltdel_that_cannot_be_forked_is_given_up_and_the_next_is_taken() {
    let script = format!("{LIMIT}; echo two; {UNTIL_GO}; {LIFT}; echo lifted; exec sleep 1000");
    let mut system = ours().unprivileged().stage("2", &script).stage("ctrlaltdel", "echo cad").boot();
    system.wait_for("two");
    system.signal(Signal::INT);
    system.wait_for("unable to fork");
    system.setup().go();
    system.wait_for("lifted");
    system.signal(Signal::INT);
    system.wait_for("cad");
    system.stop();
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn the_machine_ends_even_if_no_process_can_be_made_for_it() {
    let script = format!("{LIMIT}; echo three");
    let mut system = ours().unprivileged().set("etc/runit/reboot").stage("2", "exit 0").stage("3", &script).boot();
    assert_eq!(system.end(), Ended::Restart);
    let expected = [
        "three",
        "- runit: leave stage: /etc/runit/3",
        "- runit: sending KILL signal to all processes...",
        "- runit: warning: unable to fork, sleeping: temporary failure",
        "- runit: system reboot.",
    ];
    assert_eq!(system.transcript()[6..], expected);
}
