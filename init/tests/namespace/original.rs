//! Scenarios in which the original does the same, line by line: played with our runit and with Debian's runit 2.1.2.
//!
//! The transcripts stand here as the original gives them; it is fetched to prove them.

use crate::setup::Setup;
use crate::system::{Ended, System};
use protocol::control::Signal;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The original's runit. Without it the comparison fails; it is never left out.
fn original() -> &'static Path {
    static RUNIT: OnceLock<PathBuf> = OnceLock::new();
    RUNIT.get_or_init(|| match pilotlight_qemu_tests::reference::root() {
        Ok(root) => root.join("sbin/runit"),
        Err(reason) => panic!("there is no original to compare with: {reason:#}"),
    })
}

/// Plays a scenario with both and holds both to the transcript.
fn both(prepare: impl Fn(Setup) -> Setup, play: impl Fn(&mut System) -> Ended, ended: Ended, transcript: &str) {
    let expected: Vec<&str> = transcript.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for program in [Path::new(crate::RUNIT), original()] {
        let mut system = prepare(Setup::new(program)).boot();
        assert_eq!(play(&mut system), ended, "{program:?}");
        assert_eq!(system.transcript(), expected, "{program:?}");
    }
}

/// Stage 2 has said that it is there.
fn in_stage_2(system: &mut System) {
    system.wait_for("two");
}

#[test]
fn stages_run_in_order() {
    both(
        |setup| {
            let setup = setup.stage("1", "echo $0; exit 3");
            setup.stage("2", "echo $0; exit 4").stage("3", "echo $0; exit 5")
        },
        System::end,
        Ended::Off,
        "- runit: enter stage: /etc/runit/1
        /etc/runit/1
        - runit: warning: child failed: /etc/runit/1
        - runit: leave stage: /etc/runit/1
        - runit: enter stage: /etc/runit/2
        /etc/runit/2
        - runit: warning: child failed: /etc/runit/2
        - runit: leave stage: /etc/runit/2
        - runit: enter stage: /etc/runit/3
        /etc/runit/3
        - runit: warning: child failed: /etc/runit/3
        - runit: leave stage: /etc/runit/3
        - runit: sending KILL signal to all processes...
        - runit: power off...",
    );
}

#[test]
fn stage_1_exit_100_goes_straight_to_stage_3() {
    both(
        |setup| setup.stage("1", "exit 100"),
        System::end,
        Ended::Off,
        "- runit: enter stage: /etc/runit/1
        - runit: warning: child failed: /etc/runit/1
        - runit: leave stage: /etc/runit/1
        - runit: warning: skipping stage 2...
        - runit: enter stage: /etc/runit/3
        three
        - runit: leave stage: /etc/runit/3
        - runit: sending KILL signal to all processes...
        - runit: power off...",
    );
}

#[test]
fn stage_2_exit_111_is_restarted_and_what_it_left_is_killed() {
    let again = "kill -0 $(cat /tmp/left) 2>/dev/null && echo it lives || echo it is gone; exit 0";
    let first = "sleep 1000 & echo $! >/tmp/left; exit 111";
    both(
        |setup| setup.stage("2", &format!("if [ -e /tmp/left ]; then {again}; fi; {first}")),
        System::end,
        Ended::Off,
        "- runit: enter stage: /etc/runit/1
        one
        - runit: leave stage: /etc/runit/1
        - runit: enter stage: /etc/runit/2
        - runit: warning: child failed: /etc/runit/2
        - runit: warning: killing all processes in stage 2...
        - runit: warning: restarting.
        - runit: enter stage: /etc/runit/2
        it is gone
        - runit: leave stage: /etc/runit/2
        - runit: enter stage: /etc/runit/3
        three
        - runit: leave stage: /etc/runit/3
        - runit: sending KILL signal to all processes...
        - runit: power off...",
    );
}

/// How a stop looks, with what is said before stage 2 ends, and last.
fn stopped(before: &str, last: &str) -> String {
    format!(
        "- runit: enter stage: /etc/runit/1
        one
        - runit: leave stage: /etc/runit/1
        - runit: enter stage: /etc/runit/2
        two
        {before}
        - runit: leave stage: /etc/runit/2
        - runit: enter stage: /etc/runit/3
        three
        - runit: leave stage: /etc/runit/3
        - runit: sending KILL signal to all processes...
        - runit: {last}"
    )
}

#[test]
fn a_stop_ends_stage_2_and_powers_off() {
    let play = |system: &mut System| {
        in_stage_2(system);
        system.stop();
        system.end()
    };
    both(|setup| setup, play, Ended::Off, &stopped("", "power off..."));
}

#[test]
fn reboot_file_decides() {
    let play = |system: &mut System| {
        in_stage_2(system);
        for path in ["etc/runit/reboot", "run/runit.reboot"] {
            system.request(path);
        }
        system.stop();
        system.end()
    };
    both(|setup| setup, play, Ended::Restart, &stopped("", "system reboot."));
}

#[test]
fn a_stop_sends_term_then_kill_after_five_seconds() {
    let play = |system: &mut System| {
        in_stage_2(system);
        system.stop();
        system.end()
    };
    let deaf = "trap '' TERM; echo two; while :; do sleep 1; done";
    let killed = stopped("- runit: warning: stage 2 not terminated, sending sigkill...", "power off...");
    both(|setup| setup.stage("2", deaf), play, Ended::Off, &killed);
}

#[test]
fn ctrlaltdel_runs_its_script_then_looks_at_stopit() {
    let script = "echo cad; for file in /etc/runit/stopit /run/runit.stopit; do : >$file; chmod 100 $file; done";
    let play = |system: &mut System| {
        in_stage_2(system);
        system.signal(Signal::INT);
        system.end()
    };
    let request = "- runit: ctrl-alt-del request...
        - runit: enter stage: /etc/runit/ctrlaltdel
        cad
        - runit: leave stage: /etc/runit/ctrlaltdel";
    both(|setup| setup.stage("ctrlaltdel", script), play, Ended::Off, &stopped(request, "power off..."));
}

#[test]
fn a_missing_stage_is_told_and_passed() {
    for missing in ["1", "2", "3"] {
        let stage = |name: &str, says: &str| match name == missing {
            true => format!("- runit: fatal: unable to start child: /etc/runit/{name}: file does not exist"),
            false => says.to_owned(),
        };
        let transcript = format!(
            "- runit: enter stage: /etc/runit/1
            {}
            - runit: leave stage: /etc/runit/1
            - runit: enter stage: /etc/runit/2
            {}
            - runit: leave stage: /etc/runit/2
            - runit: enter stage: /etc/runit/3
            {}
            - runit: leave stage: /etc/runit/3
            - runit: sending KILL signal to all processes...
            - runit: power off...",
            stage("1", "one"),
            stage("2", "two"),
            stage("3", "three"),
        );
        let prepare = |setup: Setup| setup.stage("2", "echo two").without(&format!("etc/runit/{missing}"));
        both(prepare, System::end, Ended::Off, &transcript);
    }
}
