//! What is wrong on the command line is told with code 100; what is wrong with the world, with 111.

use crate::{called, failed, run, told};

const USAGE: &str = "usage: chpst [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] [-C pwd] \
    [-n nice] [-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog\n\n";

#[test]
fn misuse_is_told_with_code_100() {
    for (arguments, before) in [
        (&[][..], ""),
        (&["-u", "root"], ""),
        (&["-q", "true"], "chpst: illegal option -- q\n"),
        (&["-u"], "chpst: option requires an argument -- u\n"),
        (&["-n", "x", "true"], ""),
        (&["-n", "+-1", "true"], ""),
        (&["-m", "", "true"], ""),
        (&["-m", "99x", "true"], ""),
        (&["-o", "=", "true"], ""),
    ] {
        assert_eq!(run(arguments), (Some(100), String::new(), format!("{before}{USAGE}")), "{arguments:?}");
    }
    let (code, _, text) = run(&["-vV", "true"]);
    assert_eq!((code, text.starts_with("chpst (pilotlight) "), text.ends_with(USAGE)), (Some(100), true, true));
}

#[test]
fn each_emulation_has_its_usage() {
    for (name, argument, begins) in [
        ("envdir", "dir", "usage: envdir dir child\n\n"),
        ("denvdir", "-x", "usage: envdir dir child\n\n"),
        ("envuidgid", "root", "usage: envuidgid account child\n\n"),
        ("setuidgid", "root", "usage: setuidgid account child\n\n"),
        ("setlock", "-V", "setlock: illegal option -- V\nusage: setlock [ -nNxX ] file program [ arg ... ]\n\n"),
        ("/bin/softlimit", "-x", "softlimit: illegal option -- x\nusage: softlimit [-a allbytes]"),
    ] {
        let (code, _, text) = told(called(name, &[argument]).output().unwrap());
        assert_eq!((code, text.starts_with(begins)), (Some(100), true), "{text}");
    }
    assert_eq!(told(called("pgrphack", &[]).output().unwrap()).2, "usage: pgrphack child\n\n");
}

#[test]
fn what_the_system_refuses_is_told_with_code_111() {
    let long = "x".repeat(5000);
    for (arguments, sentence) in [
        (&["/nonexistent"][..], "unable to run: /nonexistent: file does not exist"),
        (&["no such program"], "unable to run: no such program: file does not exist"),
        (&["/tmp"], "unable to run: /tmp: access denied"),
        (&[""], "unable to run: : access denied"),
        (&["-e", "/nonexistent", "true"], "unable to switch to directory: /nonexistent: file does not exist"),
        (&["-C", "/nonexistent", "true"], "unable to change directory: /nonexistent: file does not exist"),
        (&["-/", "/nonexistent", "true"], "unable to change directory: /nonexistent: file does not exist"),
        (&["-l", "/nonexistent/x", "true"], "unable to open lock: /nonexistent/x: file does not exist"),
        (&["-l", "", "true"], "unable to open lock: : file does not exist"),
        (&["-l", &long, "true"], "unable to open lock: LONG: file name too long"),
        (&["-u", "", "true"], "unknown user/group: "),
        (&["-u", &long, "true"], "unknown user/group: LONG"),
    ] {
        assert_eq!(run(arguments), failed(&sentence.replace("LONG", &long)));
    }
}

#[test]
fn a_program_that_may_not_be_run_does_not_end_the_search_and_is_the_reason_at_its_end() {
    let mut command = called("chpst", &["usr"]);
    command.env("PATH", "/nonexistent:/:/bin");
    assert_eq!(told(command.output().unwrap()), failed("unable to run: usr: access denied"));
}

#[test]
fn without_path_programs_are_found_in_bin() {
    let mut command = called("chpst", &["sh", "-c", "echo found"]);
    assert_eq!(told(command.env_remove("PATH").output().unwrap()).1, "found\n");
}
