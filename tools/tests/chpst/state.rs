//! Working directory, nice value, limits, descriptors, sessions, locks, names.

use crate::{called, failed, is_root, printed, run, told};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use temp_dir::TempDir;

fn shell(options: &[&str], script: &str) -> (Option<i32>, String, String) {
    run(&[options, &["sh", "-c", script]].concat())
}

#[test]
fn the_exit_code_is_that_of_the_program() {
    assert_eq!(shell(&[], "exit 42").0, Some(42));
}

#[test]
fn options_end_at_the_program_or_at_two_dashes() {
    assert_eq!(run(&["-b", "x", "--", "echo", "-v", "--"]), printed("-v --\n"));
}

#[test]
fn argv0_can_be_another_name() {
    assert_eq!(shell(&["-b", "other"], "echo $0 hi"), printed("other hi\n"));
}

#[test]
fn the_working_directory_is_changed() {
    assert_eq!(shell(&["-C", "/"], "pwd"), printed("/\n"));
}

#[test]
fn the_nice_value_is_added_to() {
    let own = run(&["nice"]).1.trim().parse::<i32>().unwrap();
    for (increment, nice) in [("+3", own + 3), ("3", own + 3), ("1000", 19), ("99999999999999999999", 19)] {
        assert_eq!(run(&["-n", increment, "nice"]), printed(&format!("{}\n", nice.min(19))));
    }
    if is_root() {
        assert_eq!(run(&["-n", "-1", "nice"]), printed(&format!("{}\n", own - 1)));
    }
}

#[test]
fn limits_set_the_soft_value_only_and_never_above_the_hard_one() {
    let limits = |arguments: &[&str], name: &str| {
        let text = run(&[arguments, &["grep", name, "/proc/self/limits"]].concat()).1;
        let line = text.trim_start_matches(name);
        let mut words = line.split_whitespace();
        (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())
    };
    for (option, name) in [
        ("-t", "Max cpu time"),
        ("-f", "Max file size"),
        ("-d", "Max data size"),
        ("-c", "Max core file size"),
        ("-r", "Max resident set"),
        ("-o", "Max open files"),
    ] {
        let hard = limits(&[], name).1;
        let value = if option == "-d" { "700000000" } else { "60" };
        assert_eq!(limits(&[option, value], name), (value.to_owned(), hard.clone()), "{option}");
        assert_eq!(limits(&[option, "99999999999999999999999"], name).1, hard, "{option}");
    }
    let hard = limits(&[], "Max open files").1;
    assert_eq!(limits(&["-o", "99999999999999999999999"], "Max open files").0, hard);
    for name in ["Max data size", "Max stack size", "Max address space"] {
        assert_eq!(limits(&["-m", "700000000"], name).0, "700000000");
    }
    let (memory, hard) = limits(&["-m", "700000000"], "Max locked memory");
    assert!(memory == "700000000" || memory == hard);
}

#[test]
fn standard_descriptors_can_be_closed() {
    let script = "for fd in 0 1 2; do test -e /proc/$$/fd/$fd && echo $fd; done >out; exit 0";
    for (option, left) in [("-0", "1\n2\n"), ("-1", "0\n2\n"), ("-2", "0\n1\n"), ("-012", "")] {
        let root = TempDir::new().unwrap();
        assert_eq!(shell(&[option, "-C", root.path().to_str().unwrap()], script).0, Some(0));
        // A shell that has no descriptor 1 uses the number for its own file while it writes.
        let seen = fs::read_to_string(root.path().join("out")).unwrap().replace("1\n", "");
        assert_eq!(seen, left.replace("1\n", ""), "{option}");
    }
}

#[test]
fn a_program_gets_a_session_of_its_own() {
    let script = "read -r pid comm state parent group session rest </proc/self/stat; test $group = $session";
    let root = TempDir::new().unwrap();
    let file = root.path().join("stat");
    shell(&["-P"], &format!("cat /proc/$$/stat >{}; echo $$ >>{}", file.display(), file.display()));
    let text = fs::read_to_string(&file).unwrap();
    let pid = text.lines().nth(1).unwrap();
    let after = text.split(") ").nth(1).unwrap().split(' ').collect::<Vec<_>>();
    assert_eq!((after[2], after[3]), (pid, pid), "{script}");
}

#[test]
fn a_lock_is_held_while_the_program_runs_and_its_file_keeps_what_is_in_it() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("lock");
    let lock = path.to_str().unwrap();
    assert_eq!(
        run(&["-L", lock, env!("CARGO_BIN_EXE_chpst"), "-L", lock, "true"]),
        failed(&format!("unable to lock: {lock}: temporary failure"))
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&path, "kept").unwrap();
    assert_eq!(run(&["-l", lock, "echo", "got"]), printed("got\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
}

#[test]
fn a_lock_is_waited_for() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("lock");
    let holder = File::create(&path).unwrap();
    holder.lock().unwrap();
    let mut waiting = called("chpst", &["-l", path.to_str().unwrap(), "true"]).spawn().unwrap();
    let blocked = || fs::read_to_string("/proc/locks").unwrap_or_default().contains(&format!(" {} ", waiting.id()));
    crate::state::until("it waits", blocked);
    drop(holder);
    assert!(waiting.wait().unwrap().success());
}

pub(crate) fn until(what: &str, state: impl Fn() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !state() {
        assert!(std::time::Instant::now() < end, "did not come: {what}");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn signals_that_were_ignored_stay_ignored() {
    let script = format!("trap '' HUP PIPE; exec {} grep SigIgn /proc/self/status", env!("CARGO_BIN_EXE_chpst"));
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let (_, text, _) = told(output);
    let ignored = text.split_whitespace().nth(1).and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap();
    assert_eq!(ignored & 0x1fff, 0x1001, "HUP and PIPE, and no other of the first thirteen");
}
