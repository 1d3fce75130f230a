//! Commands without waiting: which letters each sends.

use crate::fixture::{Answer, Services, down, run};
use protocol::status::{Status, Want};
use std::fs;
use std::thread;

/// The letters that `sv WORD web` sends to a service that runs and is wanted up.
fn letters(word: &str) -> String {
    let services = Services::new();
    let web = services.add("web", run(500));
    let mut command = services.command(&[word, "web"]);
    // The commands of init scripts wait: not for long.
    crate::fixture::answer(command.env("SVWAIT", "0"));
    web.letters()
}

#[test]
fn each_command_sends_its_letters_in_one_write() {
    // Some wait, so all wait together.
    thread::scope(|at_once| {
        for (word, expected) in [
            ("down", "d"),
            ("once", "o"),
            ("pause", "p"),
            ("cont", "c"),
            ("hup", "h"),
            ("alarm", "a"),
            ("interrupt", "i"),
            ("quit", "q"),
            ("1", "1"),
            ("2", "2"),
            ("term", "t"),
            ("kill", "k"),
            ("exit", "x"),
            ("status", ""),
            ("check", ""),
            ("stop", "d"),
            ("reload", "h"),
            ("restart", "tcu"),
            ("shutdown", "x"),
            ("try-restart", "tc"),
            ("force-stop", "dk"),
            ("force-reload", "tck"),
            ("force-restart", "tcuk"),
            ("force-shutdown", "xk"),
        ] {
            at_once.spawn(move || assert_eq!(letters(word), expected, "sv {word}"));
        }
    });
}

#[test]
fn of_other_words_only_the_first_letter_counts() {
    // Some wait, so all wait together.
    thread::scope(|at_once| {
        for (word, expected) in [
            ("d", "d"),
            ("doooown", "d"),
            ("e", "x"),
            ("x", "x"),
            ("try", "t"),
            ("chec", "c"),
            ("1x", "1"),
            ("D", "dk"),
            ("T", "tck"),
            ("X", "xk"),
            ("E", "xk"),
            ("s", ""),
            ("stopp", ""),
        ] {
            at_once.spawn(move || assert_eq!(letters(word), expected, "sv {word}"));
        }
    });
}

#[test]
fn what_is_wanted_already_is_not_sent_again() {
    let services = Services::new();
    let web = services.add("web", run(500));
    assert_eq!((services.sv(&["up", "web"]), web.letters()), (Answer::new(0, ""), "".into()));
    web.publish(down(500));
    assert_eq!((services.sv(&["up", "web"]), web.letters()), (Answer::new(0, ""), "u".into()));
    // Down is wanted, but TERM has not been sent yet: it is asked for again.
    web.publish(Status { want: Want::Down, ..run(500) });
    assert_eq!((services.sv(&["down", "web"]), web.letters()), (Answer::new(0, ""), "d".into()));
    web.publish(Status { want: Want::Down, got_term: true, ..run(500) });
    assert_eq!((services.sv(&["down", "web"]), web.letters()), (Answer::new(0, ""), "".into()));
}

#[test]
fn several_services_get_it_each_and_failures_are_counted() {
    let services = Services::new();
    let (web, db) = (services.add("web", run(500)), services.add("db", run(500)));
    let told = "fail: none: unable to change to service directory: file does not exist\n";
    assert_eq!(services.sv(&["hup", "web", "none", "db"]), Answer::new(1, told));
    assert_eq!((web.letters(), db.letters()), ("h".into(), "h".into()));
}

#[test]
fn a_control_fifo_that_cannot_take_letters_has_its_reason() {
    let services = Services::new();
    let web = services.add("web", run(500));
    web.stuff_control();
    let told = "warning: web: unable to write to supervise/control: temporary failure\n";
    assert_eq!(services.sv(&["down", "web"]), Answer::new(1, told));
    fs::remove_file(web.file("supervise/control")).unwrap();
    let told = "warning: web: unable to open supervise/control: file does not exist\n";
    assert_eq!(services.sv(&["down", "web"]), Answer::new(1, told));
    assert_eq!(services.sv(&["restart", "web"]), Answer::new(1, told));
    fs::create_dir(web.file("supervise/control")).unwrap();
    let told = "warning: web: unable to open supervise/control: is a directory\n";
    assert_eq!(services.sv(&["down", "web"]), Answer::new(1, told));
}

#[test]
fn a_supervisor_that_is_gone_already_is_what_exit_wants() {
    let services = Services::new();
    services.add("web", run(500)).leave();
    for word in ["exit", "shutdown", "force-shutdown"] {
        assert_eq!(services.sv(&[word, "web"]), Answer::new(0, "ok: web: runsv not running\n"));
    }
    assert_eq!(services.sv(&["down", "web"]), Answer::new(1, "fail: web: runsv not running\n"));
}

#[test]
fn a_check_script_is_told_the_name_and_place_that_the_original_tells_it() {
    let services = Services::new();
    let web = services.add("web", run(500));
    web.script("check", "#!/bin/sh\necho $0 $# $PWD >told\n");
    assert_eq!(services.sv(&["check", "web"]).code, 0);
    let told = std::fs::read_to_string(web.file("told")).unwrap();
    assert_eq!(told, format!("check 0 {}\n", services.path().join("web").display()));
}
