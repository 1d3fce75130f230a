//! The same scenario on the original's runsv and on ours: what it leaves and shows must be equal.

use crate::fixture::{IDLE, RUNSV, Service, eventually, output, read, signal, write_file};
use crate::reference;
use std::path::Path;

/// What a scenario saw, a line each.
type Transcript = Vec<String>;

/// Runs a scenario on both.
#[track_caller]
fn assert_alike(scenario: fn(&Path) -> Transcript) {
    let original = scenario(&reference::programs().join("runsv"));
    let ours = scenario(Path::new(RUNSV));
    assert_eq!(ours, original, "\nours, then the original's");
    assert!(!ours.is_empty());
}

/// The flags of the record: paused, want, got TERM, state.
fn flags(service: &Service) -> [u8; 4] {
    let record = std::fs::read(service.path("supervise/status")).unwrap_or_default();
    record.last_chunk().copied().unwrap_or_default()
}

/// Waits until a letter's effect shows in `stat`, and the record has followed; both.
fn after(service: &Service, letters: &str, stat: &str, paused_wanted_term_state: [u8; 4]) -> String {
    service.send(letters);
    service.expect_stat(stat);
    eventually("the record", || flags(service) == paused_wanted_term_state);
    format!("{letters}: {stat} {paused_wanted_term_state:?} {}", read(service.path("supervise/pid")).is_empty())
}

#[test]
fn letters_and_marks() {
    assert_alike(|runsv| {
        // CONT is ignored by the children of 2.1.2, so nothing here hears it.
        let service = Service::new("trap '' TERM; echo ready >>journal; while :; do sleep 1000 & wait; done");
        service.script("finish", "echo finish \"$@\" >>journal");
        let _runsv = service.start_as(&mut service.command(runsv));
        service.expect_line("ready");
        let mut transcript = vec![
            after(&service, "p", "run, paused", [1, b'u', 0, 1]),
            after(&service, "t", "run, paused, got TERM", [1, b'u', 1, 1]),
            after(&service, "c", "run, got TERM", [0, b'u', 1, 1]),
            after(&service, "o", "run, got TERM, want down", [0, b'd', 1, 1]),
            after(&service, "u", "run, got TERM", [0, b'u', 1, 1]),
            after(&service, "d", "run, got TERM, want down", [0, b'd', 1, 1]),
            after(&service, "x", "run, got TERM, want exit", [0, b'd', 1, 1]),
            after(&service, "d", "run, got TERM, want down", [0, b'd', 1, 1]),
            after(&service, "k", "down", [0, b'd', 0, 0]),
        ];
        transcript.extend(service.journal());
        transcript
    });
}

/// What `./finish` is told after this `run`.
fn told(runsv: &Path, run: &str, mode: u32) -> Transcript {
    let service = Service::new("");
    write_file(&service.path("run"), &format!("#!/bin/sh\n{run}\n"), mode);
    service.script("finish", "echo \"$#\" \"$0\" \"$@\" >>journal");
    service.file("down", "");
    let _runsv = service.start_as(&mut service.command(runsv));
    service.send("o");
    eventually("finish", || !service.journal().is_empty());
    [service.journal(), vec![service.messages()]].concat()
}

#[test]
fn arguments_of_finish() {
    assert_alike(|runsv| {
        let endings = ["exit 0", "exit 3", "exit 255", "kill -TERM $$", "kill -KILL $$", "kill -USR1 $$"];
        let mut transcript: Transcript = endings.into_iter().flat_map(|run| told(runsv, run, 0o755)).collect();
        transcript.extend(told(runsv, "", 0o644));
        transcript
    });
}

#[test]
fn order_of_hooks_and_scripts() {
    assert_alike(|runsv| {
        let service = Service::new(
            "trap 'echo TERM >>journal; exit 0' TERM; echo run >>journal; while :; do sleep 1000 & wait; done",
        );
        service.script("finish", "echo finish >>journal");
        for (letter, code) in [("u", 1), ("t", 0), ("d", 1), ("h", 0), ("1", 0), ("k", 1), ("x", 0)] {
            service.script(&format!("control/{letter}"), &format!("echo \"$0\" >>journal; exit {code}"));
        }
        let mut supervisor = service.start_as(&mut service.command(runsv));
        service.expect_line("run");
        service.send("h1d");
        service.expect_line("control/d");
        service.send("k");
        service.expect_stat("down");
        service.send("htd");
        service.send("o");
        eventually("both runs", || service.journal().iter().filter(|line| *line == "run").count() == 2);
        service.send("x");
        service.expect_line("control/x");
        // A letter would not do: after `k` the original leaves without having seen the end.
        signal(service.pid(), 9);
        let code = supervisor.ended().code();
        [service.journal(), vec![format!("{code:?} {}", service.stat())]].concat()
    });
}

#[test]
fn a_service_with_its_log() {
    assert_alike(|runsv| {
        let service =
            Service::new("trap 'echo last; exit 0' TERM; echo first; while :; do sleep 1000 >&2 & wait; done");
        service.script("finish", "echo of finish");
        service.script("control/h", "echo of a hook");
        service.script("log/run", "while read -r line; do echo \"$line\" >>lines; done; echo end >>lines");
        let mut supervisor = service.start_as(&mut service.command(runsv));
        eventually("the first line", || !read(service.path("log/lines")).is_empty());
        service.send("h");
        eventually("the hook's line", || read(service.path("log/lines")).lines().count() == 2);
        service.send_log("x");
        service.send_log("p");
        service.expect_log_stat("run, paused");
        service.send_log("c");
        service.expect_log_stat("run");
        service.send("x");
        let code = supervisor.ended().code();
        let stats = ["supervise/stat", "log/supervise/stat", "log/lines"].map(|name| read(service.path(name)));
        [vec![format!("{code:?}"), service.messages()], stats.to_vec()].concat()
    });
}

/// The sentence and exit code of a start that is refused.
fn refusal(runsv: &Path, prepare: fn(&Service)) -> String {
    let service = Service::new(IDLE);
    prepare(&service);
    let output = output(&mut service.command(runsv));
    format!("{:?} {}", output.status.code(), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn refusals_to_start() {
    fn link(service: &Service, name: &str, target: &str) {
        std::fs::create_dir_all(service.path(name).parent().expect("a folder")).expect("the folder");
        std::os::unix::fs::symlink(target, service.path(name)).expect("a link");
    }
    assert_alike(|runsv| {
        let causes: [fn(&Service); 9] = [
            |service| std::fs::remove_dir_all(service.path("")).expect("gone"),
            |service| service.file("supervise", "a file"),
            |service| service.file("supervise/control", "a file"),
            |service| service.file("log/supervise", "a file"),
            |service| link(service, "supervise", "no/such"),
            |service| link(service, "log/supervise", "no/such"),
            |service| link(service, "supervise", &"x".repeat(300)),
            |service| link(service, "log/supervise", &"x".repeat(300)),
            |service| std::fs::create_dir_all(service.path("supervise/lock")).expect("a directory"),
        ];
        causes.into_iter().map(|cause| refusal(runsv, cause)).collect()
    });
}
