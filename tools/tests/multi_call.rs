//! The four tools in one file: which of them answers to which name.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// What the file says to -V when called by a name: the first word, or the usage line of a program that has no -V.
fn said(name: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pilotlight")).arg0(name).arg("-V").output().unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn each_name_is_the_program_of_that_name() {
    for name in ["sv", "svlogd", "chpst", "utmpset"] {
        for path in [name.to_owned(), format!("/usr/bin/{name}")] {
            assert!(said(&path).starts_with(&format!("{name} (pilotlight) ")), "{path} said {}", said(&path));
        }
    }
}

#[test]
fn the_names_that_chpst_stands_in_for_are_chpst() {
    for name in ["envdir", "envuidgid", "setlock", "setuidgid", "softlimit"] {
        for path in [name.to_owned(), format!("/bin/d{name}")] {
            assert!(said(&path).contains(&format!("usage: {name} ")), "{path} said {}", said(&path));
        }
    }
    assert_eq!(said("pgrphack"), "chpst: fatal: unable to run: -V: file does not exist\n");
}

#[test]
fn any_other_name_is_that_of_an_init_script() {
    assert!(said("/etc/init.d/web").contains("usage: web [-w sec] command"));
}
