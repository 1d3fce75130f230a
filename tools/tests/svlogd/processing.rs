//! The processor: what it gets, what becomes of its output, and what happens if it fails.

use crate::bench::{Log, Running, lines, log_all, until};
use protocol::control::Signal;
use std::fs;

#[test]
fn a_rotated_file_becomes_what_the_processor_makes_of_it() {
    let log = Log::new("s2000\nn0\n!sed s/line/LINE/\n");
    log_all(&["-v"], &log.path, lines(0, 120).as_bytes());
    let (safe, waiting) = (log.old(".s"), log.old(".u"));
    assert_eq!((safe.len(), waiting.len(), log.old(".t").len()), (2, 0, 0));
    assert_eq!(safe.iter().map(|name| log.read(name)).collect::<String>(), lines(0, 100).replace("line", "LINE"));
    assert!(safe.iter().all(|name| log.mode(name) == 0o744));
}

#[test]
fn state_goes_from_one_run_to_the_next() {
    let log = Log::new("s2000\nn0\n!cat >/dev/null; read old <&4; echo $((old + 1)) >&5; echo run $old\n");
    log_all(&[], &log.path, lines(0, 170).as_bytes());
    assert_eq!(log.read("state"), "3\n");
    let runs: Vec<_> = log.old(".s").iter().map(|name| log.read(name)).collect();
    assert_eq!(runs, ["run\n", "run 1\n", "run 2\n"]);
}

#[test]
fn a_processor_works_in_the_log_directory_with_clean_signals() {
    let log = Log::new("!cat >/dev/null; pwd -P; echo $0 $#; grep -E 'SigBlk|SigIgn' /proc/self/status\n");
    let mut running = Running::on(&log, &[]);
    running.write(b"one\n");
    until("the line is logged", || log.current() == "one\n");
    running.signal(Signal::ALRM.0);
    until("it is processed", || log.old(".s").len() == 1);
    running.end();
    let none = "0000000000000000";
    let path = fs::canonicalize(&log.path).unwrap();
    let expected = format!("{}\nsh 0\nSigBlk:\t{none}\nSigIgn:\t{none}\n", path.display());
    assert_eq!(log.read(&log.old(".s")[0]), expected);
}

#[test]
fn a_processor_that_fails_is_started_again_until_it_succeeds_and_nothing_is_lost() {
    let log = Log::new("s2000\nn0\n!test -e allowed && cat\n");
    let mut running = Running::on(&log, &[]);
    running.write(lines(0, 60).as_bytes());
    let told = format!("svlogd: warning: processor failed, restart: {}\n", log.path.display());
    assert_eq!(running.hears(told.len()), told);
    assert_eq!((log.old(".u").len(), log.old(".s").len()), (1, 0));
    fs::write(log.path.join("allowed"), "").unwrap();
    until("the processor succeeds", || log.old(".s").len() == 1 && log.old(".u").is_empty());
    running.end();
    assert_eq!(log.all(), lines(0, 60));
}

#[test]
fn a_processor_killed_by_a_signal_has_failed() {
    let log = Log::new("s2000\nn0\n!test -e again && exec cat; touch again; kill -9 $$\n");
    let mut running = Running::on(&log, &[]);
    running.write(lines(0, 60).as_bytes());
    until("the second run succeeds", || log.old(".s").len() == 1);
    running.end();
    assert_eq!(log.all(), lines(0, 60));
}

#[test]
fn a_slow_processor_holds_up_the_next_rotation_and_no_line_is_lost() {
    let log = Log::new("s2000\nn0\n!until test -e allowed; do sleep 0.01; done; cat\n");
    let mut running = Running::on(&log, &[]);
    running.write(lines(0, 400).as_bytes());
    until("the processor runs", || log.old(".t").len() == 1);
    fs::write(log.path.join("allowed"), "").unwrap();
    running.end();
    assert_eq!((log.all(), log.old(".u").len()), (lines(0, 400), 0));
}

#[test]
fn what_an_earlier_svlogd_left_unprocessed_is_processed() {
    let log = Log::new("!tr a-z A-Z\n");
    fs::write(log.path.join("@400000006b033ae424af809c.u"), "left\n").unwrap();
    fs::write(log.path.join("@400000006b033ae424af809c.t"), "half of the outp").unwrap();
    fs::write(log.path.join("current"), "torn\n").unwrap();
    log_all(&[], &log.path, b"");
    until("both are processed", || log.old(".s").len() == 2 || !log.old(".u").is_empty());
    log_all(&[], &log.path, b"");
    assert_eq!((log.all().as_str(), log.old(".u").len(), log.old(".t").len()), ("LEFT\nTORN\n", 0, 0));
}

#[test]
fn a_file_whose_output_is_in_place_already_is_not_processed_again() {
    let log = Log::new("!sed s/^/again:/\n");
    fs::write(log.path.join("@400000006b033ae424af809c.u"), "left\n").unwrap();
    fs::write(log.path.join("@400000006b033ae424af809c.s"), "processed\n").unwrap();
    fs::write(log.path.join("newstate"), "new\n").unwrap();
    fs::write(log.path.join("state"), "old\n").unwrap();
    log_all(&[], &log.path, b"");
    assert_eq!((log.all().as_str(), log.old("").len(), log.read("state").as_str()), ("processed\n", 1, "new\n"));
}

#[test]
fn a_file_that_is_half_put_in_place_counts_once_for_pruning() {
    let log = Log::new("n3\n!cat\n");
    for number in 0..3 {
        fs::write(log.path.join(format!("@400000006b033ae4{number:08x}.s")), lines(number, 1)).unwrap();
    }
    fs::write(log.path.join("@400000006b033ae400000002.u"), lines(2, 1)).unwrap();
    fs::write(log.path.join("current"), lines(3, 1)).unwrap();
    log_all(&[], &log.path, b"");
    assert_eq!((log.all(), log.old(".s").len(), log.old(".u").len()), (lines(1, 3), 3, 0));
}

#[test]
fn the_processor_of_a_killed_svlogd_does_not_write_into_the_output_of_the_next_one() {
    let log = Log::new(
        "!if test -e orphan; then cat; else touch orphan; cat; until test -e go; do sleep 0.01; done; echo late; touch ended; fi\n",
    );
    fs::write(log.path.join("@400000006b033ae424af809c.u"), "left\n").unwrap();
    let mut running = Running::on(&log, &[]);
    until("the processor runs", || log.path.join("orphan").exists());
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let next = Running::on(&log, &[]);
    until("the next one has processed it", || log.old(".s").len() == 1 && log.old(".u").is_empty());
    fs::write(log.path.join("go"), "").unwrap();
    until("the orphan has ended", || log.path.join("ended").exists());
    next.end();
    assert_eq!(log.all(), "left\n");
}

#[test]
fn term_waits_for_the_processor() {
    let log = Log::new("!until test -e allowed; do sleep 0.01; done; cat\n");
    let mut running = Running::on(&log, &[]);
    running.write(b"one\n");
    until("the line is logged", || log.current() == "one\n");
    running.signal(Signal::ALRM.0);
    until("the processor runs", || log.old(".t").len() == 1);
    running.signal(Signal::TERM.0);
    assert!(running.child.try_wait().unwrap().is_none());
    fs::write(log.path.join("allowed"), "").unwrap();
    assert!(running.ended().status.success());
    assert_eq!((log.old(".s").len(), log.old(".u").len()), (1, 0));
}

#[test]
fn hup_with_another_configuration_lets_a_blocked_rotation_go_on() {
    let log = Log::new("s2000\nn0\n!false\n");
    let mut running = Running::on(&log, &[]);
    running.write(lines(0, 200).as_bytes());
    until("the processor failed", || log.old(".u").len() == 1);
    log.configure("s2000\nn0\n!cat\n");
    running.signal(Signal::HUP.0);
    let output = running.end();
    assert_eq!((output.status.code(), log.old("").len()), (Some(0), 4), "{}", crate::bench::said(&output));
    assert_eq!(log.all(), lines(0, 200));
}

#[test]
fn hup_keeps_the_lock_also_while_a_processor_is_being_started() {
    let log = Log::new("!cat\n");
    let mut running = Running::on(&log, &[]);
    for number in 0..100 {
        running.write(lines(number, 1).as_bytes());
        until("the line is logged", || log.all().ends_with(&lines(number, 1)));
        running.signal(Signal::ALRM.0);
        running.signal(Signal::HUP.0);
    }
    let output = running.end();
    assert_eq!((output.status.code(), crate::bench::said(&output).as_str()), (Some(0), ""));
}
