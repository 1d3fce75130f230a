//! Calls that are wrong: the usage texts and exit codes.

use crate::fixture::{RUNSV, RUNSVCHDIR, RUNSVDIR, output};
use std::os::unix::process::CommandExt;
use std::process::Command;

fn call(program: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let name = program.rsplit('/').next().expect("a name");
    let output = output(Command::new(program).arg0(name).args(arguments));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn usage(text: &str) -> (Option<i32>, String, String) {
    (Some(1), String::new(), format!("usage: {text}\n\n"))
}

#[test]
fn runsv_takes_one_directory() {
    for arguments in [&[] as &[&str], &["a", "b"]] {
        assert_eq!(call(RUNSV, arguments), usage("runsv dir"));
    }
}

#[test]
fn runsv_knows_no_option() {
    let refused = "runsv -V: fatal: unable to change to directory: file does not exist\n";
    assert_eq!(call(RUNSV, &["-V"]), (Some(111), String::new(), refused.into()));
}

#[test]
fn runsvdir_takes_a_directory() {
    for arguments in [&[] as &[&str], &["-P"], &["--"]] {
        assert_eq!(call(RUNSVDIR, arguments), usage("runsvdir [-P] dir"));
    }
}

#[test]
fn runsvchdir_takes_a_directory() {
    assert_eq!(call(RUNSVCHDIR, &[]), usage("runsvchdir dir"));
}

#[test]
fn a_program_calls_itself_as_it_was_called() {
    for (program, rest) in [(RUNSV, " dir"), (RUNSVDIR, " [-P] dir"), (RUNSVCHDIR, " dir")] {
        let output = output(Command::new(program).arg0("/some/where/name"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("usage: /some/where/name{rest}\n\n"));
    }
}
