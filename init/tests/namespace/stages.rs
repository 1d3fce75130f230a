//! Stages that crash, that cannot be started, and what they leave behind.

use crate::ours;
use crate::system::Ended;

/// Everything that is said after stage 3 has begun.
const END: [&str; 4] = [
    "three",
    "- runit: leave stage: /etc/runit/3",
    "- runit: sending KILL signal to all processes...",
    "- runit: power off...",
];

#[test]
fn stage_1_crash_goes_to_stage_3() {
    let mut system = ours().stage("1", "kill -9 $$").boot();
    assert_eq!(system.end(), Ended::Off);
    let expected = [
        "- runit: enter stage: /etc/runit/1",
        "- runit: warning: child crashed: /etc/runit/1",
        "- runit: leave stage: /etc/runit/1",
        "- runit: warning: skipping stage 2...",
        "- runit: enter stage: /etc/runit/3",
    ];
    assert_eq!(system.transcript(), [&expected[..], &END].concat());
}

#[test]
fn stage_2_crash_is_restarted() {
    let script = "if [ -e /tmp/again ]; then echo again; exit 0; fi; : >/tmp/again; kill -11 $$";
    let mut system = ours().stage("2", script).boot();
    assert_eq!(system.end(), Ended::Off);
    let expected = [
        "- runit: enter stage: /etc/runit/1",
        "one",
        "- runit: leave stage: /etc/runit/1",
        "- runit: enter stage: /etc/runit/2",
        "- runit: warning: child crashed: /etc/runit/2",
        "- runit: warning: killing all processes in stage 2...",
        "- runit: warning: restarting.",
        "- runit: enter stage: /etc/runit/2",
        "again",
        "- runit: leave stage: /etc/runit/2",
        "- runit: enter stage: /etc/runit/3",
    ];
    assert_eq!(system.transcript(), [&expected[..], &END].concat());
}

#[test]
fn stage_3_crash_is_told_and_the_machine_ends() {
    let mut system = ours().stage("2", "exit 0").stage("3", "kill -9 $$").boot();
    assert_eq!(system.end(), Ended::Off);
    let expected = ["- runit: enter stage: /etc/runit/3", "- runit: warning: child crashed: /etc/runit/3"];
    assert_eq!(system.transcript()[5..], [&expected[..], &END[1..]].concat());
}

#[test]
fn a_stop_is_heeded_while_stage_2_waits_for_its_restart() {
    let mut system = ours().stage("2", "echo two; exit 111").boot();
    system.wait_for("killing all processes in stage 2");
    system.settle();
    system.stop();
    system.wait_for("enter stage: /etc/runit/3");
    assert_eq!(system.end(), Ended::Off);
    assert!(!system.transcript().iter().any(|line| line.contains("restarting")));
}

#[test]
fn a_stage_that_cannot_be_executed_says_why() {
    let setup = ours().stage("2", "").mode("etc/runit/2", 0o644);
    setup.file("etc/runit/1", "#!/no/such/interpreter\n");
    setup.file("etc/runit/3", "neither a script nor a program");
    let mut system = setup.boot();
    assert_eq!(system.end(), Ended::Off);
    let told: Vec<String> = system.transcript().into_iter().filter(|line| line.contains("fatal")).collect();
    let expected = [
        "- runit: fatal: unable to start child: /etc/runit/1: file does not exist",
        "- runit: fatal: unable to start child: /etc/runit/2: access denied",
        "- runit: fatal: unable to start child: /etc/runit/3: exec format error",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_stage_2_leaves_lives_until_stage_3_is_over() {
    let mut system = ours()
        .stage("2", "sleep 1000 & echo $! >/tmp/left; setsid sh -c 'echo $$ >/tmp/apart; exec sleep 1000' & wait $!")
        .stage("3", "kill -0 $(cat /tmp/left) && kill -0 $(cat /tmp/apart) && echo both live")
        .boot();
    let apart = system.path("tmp/apart");
    crate::process::wait_until("both", || std::fs::read(&apart).is_ok_and(|pid| pid.ends_with(b"\n")).then_some(()));
    system.stop();
    system.wait_for("both live");
    assert_eq!(system.end(), Ended::Off);
}
