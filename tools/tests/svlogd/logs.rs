//! Files, modes, stamps and rotation.

use crate::bench::{Log, Running, lines, log_all, said, svlogd, until};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn lines_go_to_current_and_a_clean_close_is_marked_by_its_mode() {
    let log = Log::new("");
    let output = log_all(&["-v"], &log.path, b"one\ntwo\n");
    assert!(output.status.success());
    assert_eq!(log.current(), "one\ntwo\n");
    assert_eq!((log.mode("current"), log.mode("lock")), (0o744, 0o600));
    let name = log.path.to_str().unwrap();
    let told = ["read: LOG/config", "new: LOG/current", "close: LOG"].map(|text| format!("svlogd: info: {text}\n"));
    assert_eq!(said(&output), told.concat().replace("LOG", name));
}

#[test]
fn a_log_closed_cleanly_is_appended_to() {
    let log = Log::new("");
    log_all(&[], &log.path, b"one\n");
    let output = log_all(&["-v"], &log.path, b"two\n");
    assert_eq!(log.current(), "one\ntwo\n");
    assert!(said(&output).contains("info: append: "));
}

#[test]
fn a_log_left_unclean_is_set_aside() {
    let log = Log::new("");
    fs::write(log.path.join("current"), "torn li").unwrap();
    fs::set_permissions(log.path.join("current"), fs::Permissions::from_mode(0o644)).unwrap();
    log_all(&[], &log.path, b"new\n");
    let aside = log.old(".u");
    assert_eq!(aside.iter().map(|name| log.read(name)).collect::<Vec<_>>(), ["torn li"]);
    assert_eq!(log.current(), "new\n");
}

#[test]
fn what_a_kill_or_a_power_cut_has_torn_is_cut_off_and_told() {
    let (whole, zeros) = (lines(0, 500), "\0".repeat(10_000));
    // A piece of the file that did not reach the disk, up to the end of a sector, and one behind it that did.
    let (start, gap) = (lines(0, 49), "\0".repeat(512));
    // Zeros that a service has written stand everywhere, at the ends of sectors too.
    let with_zeros = "a \0 zero, and \0\0\0\0 more\0\n".repeat(2_000);
    let start = format!("{start}torn{}", &gap[..512 - (start.len() + 4) % 512]);
    for (left, kept, current) in [
        (format!("{whole}torn li"), whole.as_str(), "new\n"),
        (format!("{whole}{zeros}"), &whole, "new\n"),
        (format!("{whole}torn{zeros}"), &whole, "new\n"),
        (format!("{start}{whole}"), &lines(0, 49), "new\n"),
        (format!("{}{zeros}{whole}", lines(0, 512)), &lines(0, 512), "new\n"),
        (format!("a zero \0 here\n{zeros}"), "a zero \0 here\n", "new\n"),
        (format!("{with_zeros}torn"), &with_zeros, "new\n"),
        (format!("torn li{zeros}"), "torn li", "new\n"),
        (zeros.clone(), "", "new\n"),
    ] {
        let log = Log::new("");
        fs::write(log.path.join("current"), &left).unwrap();
        fs::set_permissions(log.path.join("current"), fs::Permissions::from_mode(0o644)).unwrap();
        let output = log_all(&[], &log.path, b"new\n");
        let (name, torn) = (log.path.display(), left.len() - kept.len());
        assert_eq!(said(&output), format!("svlogd: warning: torn end cut off: {name}/current: {torn} bytes\n"));
        assert_eq!(log.old(".u").iter().map(|name| log.read(name)).collect::<String>(), kept);
        assert_eq!((log.old("").len(), log.current().as_str()), (usize::from(!kept.is_empty()), current));
    }
}

#[test]
fn the_last_line_may_lack_its_newline() {
    let log = Log::new("");
    log_all(&[], &log.path, b"one\ntwo");
    assert_eq!(log.current(), "one\ntwo\n");
}

#[test]
fn a_full_log_is_rotated_behind_a_newline_within_the_last_line_length_of_its_size() {
    let log = Log::new("s2000\n");
    log_all(&[], &log.path, lines(0, 120).as_bytes());
    let old = log.old(".s");
    assert_eq!(old.iter().map(|name| log.read(name).len()).collect::<Vec<_>>(), [1000, 1000]);
    assert!(old.iter().all(|name| name.len() == 27 && log.mode(name) == 0o744));
    assert_eq!(log.all(), lines(0, 120));
}

#[test]
fn only_as_many_old_files_remain_as_configured() {
    let log = Log::new("s2000\nn3\n");
    log_all(&[], &log.path, lines(0, 1000).as_bytes());
    assert_eq!(log.old("").len(), 3);
    assert_eq!(log.all(), lines(1000 - 150, 150), "the newest remain, without a gap");
}

#[test]
fn old_files_that_came_back_are_pruned_at_the_next_rotation() {
    let log = Log::new("s2000\nn3\n");
    for number in 0..20 {
        fs::write(log.path.join(format!("@400000006b033ae4{number:08x}.s")), "old\n").unwrap();
    }
    log_all(&[], &log.path, lines(0, 50).as_bytes());
    assert_eq!((log.old("").len(), log.all()), (3, format!("old\nold\n{}", lines(0, 50))));
}

#[test]
fn logs_that_are_never_closed_do_not_pile_up() {
    let log = Log::new("n3\n");
    for number in 0..6 {
        fs::write(log.path.join("current"), lines(number, 1)).unwrap();
        fs::set_permissions(log.path.join("current"), fs::Permissions::from_mode(0o644)).unwrap();
        log_all(&[], &log.path, b"");
    }
    assert_eq!((log.old("").len(), log.all()), (3, lines(3, 3)));
}

#[test]
fn size_0_and_n0_mean_no_bound() {
    let log = Log::new("s0\n");
    log_all(&[], &log.path, lines(0, 100_000).as_bytes());
    assert_eq!((log.old("").len(), log.current().len()), (0, 2_000_000));
    let log = Log::new("s2000\nn0\n");
    log_all(&[], &log.path, lines(0, 1000).as_bytes());
    assert_eq!(log.old("").len(), 20);
}

#[test]
fn a_line_longer_than_a_file_is_cut_and_nothing_of_it_is_lost() {
    let log = Log::new("s1500\nn0\n");
    let input = format!("{}\nnext\n", "z".repeat(4000));
    log_all(&[], &log.path, input.as_bytes());
    let sizes: Vec<_> = log.old(".s").iter().map(|name| log.read(name).len()).collect();
    assert_eq!(sizes, [1500, 1500, 1001]);
    assert_eq!(log.all(), input);
}

#[test]
fn a_size_below_the_line_length_does_not_tear_lines() {
    let log = Log::new("s50\nn0\n");
    log_all(&[], &log.path, lines(0, 20).as_bytes());
    assert!(log.old(".s").iter().all(|name| log.read(name).len() == 60));
    assert_eq!(log.all(), lines(0, 20));
}

#[test]
fn an_old_file_is_never_overwritten_nor_deleted_first_when_the_clock_was_set_back() {
    let log = Log::new("s2000\nn3\n");
    let future = "@4000000ffffffff000000000.s";
    fs::write(log.path.join(future), "from the future\n").unwrap();
    log_all(&[], &log.path, lines(0, 120).as_bytes());
    let old = log.old(".s");
    assert_eq!(old.first().map(String::as_str), Some(future));
    assert_eq!(log.all(), format!("from the future\n{}", lines(0, 120)));
}

#[test]
fn each_form_of_stamp_stands_before_the_prefix_and_also_before_an_empty_line() {
    for (option, pattern) in [
        ("-t", "@40000000HHHHHHHHHHHHHHHH [x] "),
        ("-tt", "DDDD-DD-DD_DD:DD:DD.DDDDD [x] "),
        ("-ttt", "DDDD-DD-DDTDD:DD:DD.DDDDD [x] "),
        ("-tttt", "DDDD-DD-DDTDD:DD:DD.DDDDD [x] "),
    ] {
        let log = Log::new("p[x] \n");
        log_all(&[option], &log.path, b"hello\n\n");
        let current = log.current();
        let stamped: Vec<_> = current.lines().map(|line| line.split_at(pattern.len())).collect();
        assert_eq!(stamped.iter().map(|(_, text)| *text).collect::<Vec<_>>(), ["hello", ""]);
        for (stamp, _) in stamped {
            assert!(stamp.chars().zip(pattern.chars()).all(|(is, should)| fits(is, should)), "{stamp}");
        }
    }
}

fn fits(is: char, should: char) -> bool {
    match should {
        'H' => is.is_ascii_digit() || ('a'..='f').contains(&is),
        'D' => is.is_ascii_digit(),
        _ => is == should,
    }
}

#[test]
fn several_directories_get_the_same_lines_each_as_it_is_configured() {
    let (plain, picky) = (Log::new(""), Log::new("s2000\nn0\n-*3*\np> \n"));
    let mut command = svlogd();
    let mut running = Running::start({
        command.arg(&plain.path).arg("/nonexistent").arg(&picky.path);
        command
    });
    running.write(lines(0, 500).as_bytes());
    let output = running.end();
    let warning = "svlogd: warning: unable to open log directory: /nonexistent: file does not exist\n";
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), warning));
    assert_eq!(plain.all(), lines(0, 500));
    let wanted: String =
        lines(0, 500).lines().filter(|line| !line.contains('3')).map(|line| format!("> {line}\n")).collect();
    assert_eq!(picky.all(), wanted);
}

#[test]
fn a_log_that_is_old_enough_is_rotated_and_an_empty_one_is_not() {
    let log = Log::new("t1\n");
    let mut running = Running::on(&log, &[]);
    running.write(b"one\n");
    until("rotation by age", || log.old(".s").len() == 1);
    running.write(b"two\n");
    until("rotation by age again", || log.old(".s").len() == 2);
    running.end();
    assert_eq!((log.all().as_str(), log.current().as_str()), ("one\ntwo\n", ""));
}

#[test]
fn bad_usage_is_told_with_code_111() {
    let usage = "usage: svlogd [-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...\n\n";
    for (arguments, before) in [
        (&[][..], ""),
        (&["-x", "d"], "svlogd: illegal option -- x\n"),
        (&["-r"], "svlogd: option requires an argument -- r\n"),
        (&["-r", "ab", "d"], ""),
        (&["-r", "", "d"], ""),
        (&["-l", "1024", "d"], ""),
        (&["-l", "99999999999999999999999", "d"], ""),
    ] {
        let output = svlogd().args(arguments).output().unwrap();
        assert_eq!((output.status.code(), said(&output)), (Some(111), format!("{before}{usage}")));
    }
}

#[test]
fn no_directory_that_works_is_fatal() {
    let file = Log::new("");
    let long = "x".repeat(5000);
    for (name, reason) in [
        ("/nonexistent", "unable to open log directory: /nonexistent: file does not exist"),
        (file.path.join("config").to_str().unwrap(), "unable to change directory: NAME: not a directory"),
        ("", "unable to open log directory: : file does not exist"),
        (long.as_str(), "unable to open log directory: NAME: file name too long"),
    ] {
        let output = svlogd().arg(name).output().unwrap();
        let reason = reason.replace("NAME", name);
        let told = format!("svlogd: warning: {reason}\nsvlogd: fatal: no functional log directories.\n");
        assert_eq!((output.status.code(), said(&output)), (Some(111), told));
    }
}

#[test]
fn a_directory_has_one_svlogd() {
    let log = Log::new("");
    let running = Running::on(&log, &[]);
    let output = svlogd().arg(&log.path).output().unwrap();
    let told = format!("svlogd: warning: unable to lock directory: {}: temporary failure\n", log.path.display());
    assert_eq!((output.status.code(), said(&output).starts_with(&told)), (Some(111), true));
    running.end();
}

#[test]
fn a_stamp_as_long_as_a_file_does_not_begin_the_line_again_and_again() {
    let log = Log::new("s7\nn0\n");
    assert!(log_all(&["-tt", "-l", "2"], &log.path, b"one\ntwo\n").status.success());
    let all = log.all();
    let lines: Vec<_> = all.lines().map(|line| line.split_once(' ').expect("a stamp").1).collect();
    assert_eq!(lines, ["one", "two"]);
}
