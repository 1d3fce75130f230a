//! Bad input of every kind: a sentence and the right exit code, never a crash.

use crate::fixture::{Answer, Services, answer, run};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

fn usage(before: &str) -> Answer {
    let err = format!("{before}usage: sv [-v] [-w sec] command service ...\n\n");
    Answer { err, ..Answer::new(100, "") }
}

#[test]
fn wrong_options_are_named() {
    let services = Services::new();
    assert_eq!(services.sv(&["-z", "up", "web"]), usage("sv: illegal option -- z\n"));
    assert_eq!(services.sv(&["-vz", "up", "web"]), usage("sv: illegal option -- z\n"));
    assert_eq!(services.sv(&["-w"]), usage("sv: option requires an argument -- w\n"));
    assert_eq!(services.sv(&["--jsn", "status"]), usage("sv: illegal option -- jsn\n"));
}

#[test]
fn missing_and_unknown_words_get_the_usage() {
    let services = Services::new();
    for words in [&[][..], &["up"], &["-w5"], &["--"], &["", "web"], &["r", "web"], &["force", "web"], &["zap", "web"]]
    {
        assert_eq!(services.sv(words), usage(""), "{words:?}");
    }
    assert_eq!(services.sv(&["s"]), usage(""), "only the whole word lists all services");
    assert_eq!(services.sv(&["--json", "up", "web"]), usage(""));
}

#[test]
fn the_version_goes_before_the_usage() {
    let answer = Services::new().sv(&["-V"]);
    assert_eq!(answer.code, 100);
    assert!(answer.err.starts_with("sv (pilotlight) ") && answer.err.ends_with(&usage("").err), "{answer:?}");
    assert_eq!(answer.err.lines().count(), 3);
}

#[test]
fn endless_and_binary_arguments_are_answered() {
    let services = Services::new();
    let long = "x".repeat(5000);
    let told = format!("fail: {long}: unable to change to service directory: file name too long\n");
    assert_eq!(services.sv(&["status", &long]), Answer::new(1, &told));
    assert_eq!(services.sv(&[&format!("z{long}"), "web"]), usage(""));
    let mut command = services.command(&["status"]);
    assert_eq!(answer(command.arg(OsStr::from_bytes(b"\xff\n\x01"))).code, 1);
}

#[test]
fn a_services_directory_that_is_none_is_named() {
    let services = Services::new();
    let mut command = services.command(&["status"]);
    let told = answer(command.env("SVDIR", "/none"));
    let err = "fatal: unable to open /none: file does not exist\n".to_owned();
    assert_eq!(told, Answer { err, ..Answer::new(100, "") });
}

#[test]
fn a_number_is_read_as_far_as_it_goes() {
    let services = Services::new();
    let _web = services.add("web", run(500));
    for seconds in ["0", "", "x", "-1", "0x7"] {
        let answer = services.sv(&["-w", seconds, "down", "web"]);
        assert!(answer.code == 1 && answer.out.starts_with("timeout: "), "-w {seconds}: {answer:?}");
    }
    // More seconds than there will ever be: done at once all the same.
    assert_eq!(services.sv(&["-w99999999999999999999999", "up", "web"]).code, 0);
}
