//! What somebody else may have prepared in a log directory: links, fifos and second names in place of svlogd's files. What
//! belongs to another user is tried on a board, where there are users: qemu-tests/tests/logs_of_others.rs.

use crate::bench::{Log, Running, lines, log_all, said, svlogd, until};
use protocol::control::Signal;
use std::ffi::CString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

const KEPT: &str = "not a log\n";

/// A file beside the log directory that no svlogd has to do with.
fn outside(log: &Log) -> PathBuf {
    let file = log.path.with_file_name("outside");
    fs::write(&file, KEPT).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

fn is_untouched(file: &PathBuf) -> bool {
    fs::read_to_string(file).unwrap() == KEPT && fs::metadata(file).unwrap().permissions().mode() & 0o7777 == 0o600
}

fn make_fifo(log: &Log, name: &str) {
    let path = CString::new(log.path.join(name).into_os_string().into_encoded_bytes()).unwrap();
    sys::files::make_fifo(sys::files::CWD, &path, 0o666).unwrap();
}

/// Runs svlogd on the directory with an input that stays open; it must end by itself, and say just this.
fn refuses(log: &Log, sentence: &str) {
    let mut command = svlogd();
    command.arg(&log.path);
    let output = Running::start(command).ended();
    let name = log.path.display().to_string();
    let told =
        format!("svlogd: warning: {}\nsvlogd: fatal: no functional log directories.\n", sentence.replace("LOG", &name));
    assert_eq!((output.status.code(), said(&output)), (Some(111), told));
}

const REFUSALS: [(&str, &str); 3] = [
    ("current", "unable to open current: LOG: not a plain file"),
    ("lock", "unable to lock directory: LOG: not a plain file"),
    ("config", "unable to use config: LOG: not a plain file"),
];

#[test]
fn a_link_is_not_followed_out_of_the_directory() {
    for (name, sentence) in &REFUSALS[..2] {
        for mode in [0o755, 0o777] {
            let log = Log::new("");
            let outside = outside(&log);
            symlink(&outside, log.path.join(name)).unwrap();
            fs::set_permissions(&log.path, fs::Permissions::from_mode(mode)).unwrap();
            refuses(&log, sentence);
            assert!(is_untouched(&outside), "{name}");
        }
    }
}

#[test]
fn a_fifo_or_a_socket_holds_nobody_up_and_gets_no_line() {
    for (name, sentence) in REFUSALS {
        let log = Log::new("");
        let _ = fs::remove_file(log.path.join(name));
        make_fifo(&log, name);
        refuses(&log, sentence);
        // With somebody at its other end it could be opened.
        let _other_end = fs::File::options().read(true).write(true).open(log.path.join(name)).unwrap();
        refuses(&log, sentence);
    }
    let log = Log::new("");
    let _socket = std::os::unix::net::UnixListener::bind(log.path.join("current")).unwrap();
    refuses(&log, REFUSALS[0].1);
}

#[test]
fn a_link_to_a_configuration_is_followed_if_ones_own() {
    let log = Log::new("");
    fs::write(log.path.with_file_name("shared"), "p> \n").unwrap();
    fs::remove_file(log.path.join("config")).unwrap();
    symlink("../shared", log.path.join("config")).unwrap();
    log_all(&[], &log.path, b"one\n");
    assert_eq!(log.current(), "> one\n");
}

#[test]
fn a_second_name_is_refused_where_others_may_write_to_the_directory() {
    for (name, sentence) in [
        ("current", "unable to open current: LOG: has more than one name"),
        ("lock", "unable to lock directory: LOG: has more than one name"),
        ("config", "unable to use config: LOG: has more than one name"),
    ] {
        let log = Log::new("");
        let outside = outside(&log);
        let _ = fs::remove_file(log.path.join(name));
        fs::hard_link(&outside, log.path.join(name)).unwrap();
        fs::set_permissions(&log.path, fs::Permissions::from_mode(0o777)).unwrap();
        refuses(&log, sentence);
        assert!(is_untouched(&outside), "{name}");
        // In a directory of one's own it is one's own: a backup may have made it.
        fs::set_permissions(&log.path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(log_all(&[], &log.path, b"").status.success());
    }
}

#[test]
fn a_link_that_takes_the_place_of_current_stops_the_log_until_it_is_gone() {
    let log = Log::new("");
    let outside = outside(&log);
    let mut running = Running::on(&log, &[]);
    fs::remove_file(log.path.join("current")).unwrap();
    symlink(&outside, log.path.join("current")).unwrap();
    running.write(b"one\n");
    let told = format!("svlogd: pausing: unable to open current: {}: not a plain file\n", log.path.display());
    assert_eq!(running.hears(told.len()), told);
    assert!(is_untouched(&outside));
    fs::remove_file(log.path.join("current")).unwrap();
    until("the line is logged", || log.current() == "one\n");
    running.end();
}

#[test]
fn what_a_processor_is_given_lies_in_the_directory() {
    let log = Log::new("s2000\nn0\n!cat; echo remembered >&5\n");
    let outside = outside(&log);
    let unprocessed = "@400000006b033ae424af809c.u";
    fs::write(log.path.join(unprocessed), "left\n").unwrap();
    symlink(&outside, log.path.join(unprocessed.replace(".u", ".t"))).unwrap();
    symlink(&outside, log.path.join("newstate")).unwrap();
    log_all(&[], &log.path, b"");
    until("it is processed", || log.old(".s").len() == 1 && log.old(".u").is_empty());
    assert_eq!((log.read(&log.old(".s")[0]).as_str(), log.read("state").as_str()), ("left\n", "remembered\n"));
    assert!(is_untouched(&outside));
}

#[test]
fn a_processor_is_not_fed_from_elsewhere_and_waits_for_no_fifo() {
    let unprocessed = "@400000006b033ae424af809c.u";
    for (prepare, name) in [(false, unprocessed), (true, unprocessed), (true, "state"), (false, "state")] {
        let log = Log::new("!cat; cat <&4\n");
        let outside = outside(&log);
        fs::write(log.path.join(unprocessed), "left\n").unwrap();
        let _ = fs::remove_file(log.path.join(name));
        if prepare {
            make_fifo(&log, name);
        } else {
            symlink(&outside, log.path.join(name)).unwrap();
        }
        let mut running = Running::on(&log, &[]);
        let told = format!("svlogd: warning: unable to start processor: {}: not a plain file\n", log.path.display());
        assert_eq!(running.hears(told.len()), told, "{name}");
        assert!(log.old(".s").is_empty());
        // Lines are logged all the same.
        running.write(b"one\n");
        until("the line is logged", || log.current() == "one\n");
        running.signal(Signal::TERM.0);
        assert!(running.ended().status.success());
    }
}

#[test]
fn pruning_removes_a_link_and_not_what_it_leads_to() {
    let log = Log::new("s2000\nn1\n");
    let outside = outside(&log);
    let link = "@400000006b033ae424af809c.s";
    symlink(&outside, log.path.join(link)).unwrap();
    log_all(&[], &log.path, lines(0, 60).as_bytes());
    assert!(fs::symlink_metadata(log.path.join(link)).is_err());
    assert!(is_untouched(&outside));
}
