//! The control letters: what each does to a service and its process.

use crate::fixture::{IDLE, Service, eventually, is_alive};

/// A service that writes down each signal that it gets, and ends with TERM.
fn listener() -> Service {
    let traps: String = ["HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "CONT"]
        .map(|it| format!("trap 'echo {it} >>journal' {it}\n"))
        .concat();
    // The shell answers signals between commands and while it waits.
    let body =
        "trap 'echo TERM >>journal; exit 0' TERM\necho ready >>journal\nwhile :; do sleep 1000 & wait; kill $!; done";
    Service::new(&(traps + body))
}

#[test]
fn every_signal_letter_arrives() {
    let service = listener();
    let _runsv = service.start();
    service.expect_line("ready");
    for (letter, name) in
        [("h", "HUP"), ("i", "INT"), ("q", "QUIT"), ("1", "USR1"), ("2", "USR2"), ("a", "ALRM"), ("c", "CONT")]
    {
        service.send(letter);
        service.expect_line(name);
    }
    service.expect_journal(&["ready", "HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "CONT"]);
}

#[test]
fn several_letters_in_one_write_are_taken_in_turn() {
    let service = Service::new(
        "trap 'echo USR1 >>journal' USR1\necho ready >>journal\nwhile :; do sleep 1000 & wait; kill $!; done",
    );
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("1p");
    service.expect_stat("run, paused");
    service.send("\n?zc1d");
    service.expect_stat("down");
    assert_eq!(service.journal().first().map(String::as_str), Some("ready"));
}

#[test]
fn down_sends_term_then_cont() {
    let service = listener();
    let _runsv = service.start();
    service.expect_line("ready");
    let first = service.pid();
    service.send("p");
    service.expect_stat("run, paused");
    service.send("d");
    // A stopped process can only end if it is continued.
    service.expect_stat("down");
    assert!(!is_alive(first));
    service.expect_line("TERM");
}

#[test]
fn term_alone_does_not_continue_a_paused_service() {
    let service = listener();
    let _runsv = service.start();
    service.expect_line("ready");
    let process = service.pid();
    service.send("pt");
    service.expect_stat("run, paused, got TERM");
    assert_eq!(service.journal(), ["ready"]);
    service.send("c");
    service.expect_line("TERM");
    service.pid_after(process);
}

#[test]
fn kill_ends_a_service_that_is_deaf() {
    let service = Service::new("trap '' TERM; echo ready >>journal; while :; do sleep 1000 & wait; done");
    let _runsv = service.start();
    service.expect_line("ready");
    service.send("d");
    service.expect_stat("run, got TERM, want down");
    service.send("k");
    service.expect_stat("down");
}

#[test]
fn a_down_file_keeps_it_down() {
    let service = Service::new(IDLE);
    service.file("down", "");
    let _runsv = service.start();
    service.expect_stat("down");
    service.send("u");
    service.expect_stat("run");
}

#[test]
fn once_is_not_followed_by_another() {
    let service = Service::new("echo run >>journal");
    service.script("finish", "echo finish >>journal");
    service.file("down", "");
    let _runsv = service.start();
    service.send("o");
    service.expect_journal(&["run", "finish"]);
    service.expect_stat("down");
    service.send("o");
    service.expect_journal(&["run", "finish", "run", "finish"]);
}

#[test]
fn once_on_a_running_service_lets_it_run_out() {
    let service = Service::new("echo run >>journal; exec sleep 1000");
    let _runsv = service.start();
    service.expect_line("run");
    let process = service.pid();
    service.send("o");
    service.expect_stat("run, want down");
    assert!(is_alive(process));
    service.send("k");
    service.expect_stat("down");
    service.expect_journal(&["run"]);
}

#[test]
fn up_on_a_running_service_takes_back_down() {
    let service = Service::new("trap '' TERM; echo ready >>journal; while :; do sleep 1000 & wait; done");
    let _runsv = service.start();
    service.expect_line("ready");
    let process = service.pid();
    service.send("d");
    service.expect_stat("run, got TERM, want down");
    service.send("u");
    service.expect_stat("run, got TERM");
    service.send("k");
    assert_ne!(service.pid_after(process), process);
    service.expect_stat("run");
}

#[test]
fn exit_ends_the_service_and_runsv() {
    let service = listener();
    let mut runsv = service.start();
    service.expect_line("ready");
    let process = service.pid();
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
    assert!(!is_alive(process));
    service.expect_line("TERM");
    assert_eq!(service.stat(), "down");
}

#[test]
fn exit_while_a_service_is_deaf_is_shown_as_wanted() {
    let service = Service::new("trap '' TERM; echo ready >>journal; while :; do sleep 1000 & wait; done");
    let mut runsv = service.start();
    service.expect_line("ready");
    service.send("x");
    service.expect_stat("run, got TERM, want exit");
    service.send("k");
    assert_eq!(runsv.ended().code(), Some(0));
}

#[test]
fn term_is_the_same_as_exit() {
    let service = listener();
    let mut runsv = service.start();
    service.expect_line("ready");
    runsv.terminate();
    assert_eq!(runsv.ended().code(), Some(0));
    service.expect_line("TERM");
}

#[test]
fn exit_of_a_service_that_is_down() {
    let service = Service::new(IDLE);
    service.file("down", "");
    let mut runsv = service.start();
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
    assert_eq!(service.journal(), [""; 0]);
}

#[test]
fn kill_then_up_never_makes_a_second_process() {
    let service = Service::new("echo run $$ >>journal; exec sleep 1000");
    service.script("finish", "echo finish \"$*\" >>journal");
    let _runsv = service.start();
    let first = service.pid();
    eventually("the first run", || service.journal().len() == 1);
    service.send("ku");
    let second = service.pid_after(first);
    assert!(!is_alive(first));
    eventually("both runs and a finish", || service.journal().len() >= 3);
    let journal = service.journal();
    assert_eq!(journal[1], "finish -1 9");
    assert!(journal[2].starts_with("run ") && second != first, "{journal:?}");
}
