//! What runsv publishes: `pid`, `stat` and the 20 bytes of `status`.

use crate::fixture::{IDLE, Service, eventually, read};
use protocol::status::{State, Want};
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::time::{SystemTime, UNIX_EPOCH};

fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

#[test]
fn the_record_of_a_running_service() {
    let before = unix_now();
    let service = Service::new(IDLE);
    let _runsv = service.start();
    let pid = service.pid();
    service.expect_stat("run");
    eventually("the record", || service.status().state == State::Run);
    let status = service.status();
    assert_eq!((status.pid, status.want, status.paused, status.got_term), (pid, Want::Up, false, false));
    assert!((before..=unix_now()).contains(&status.since.unix_seconds()));
    assert_eq!(read(service.path("supervise/pid")), format!("{pid}\n"));
    let record = fs::read(service.path("supervise/status")).unwrap();
    assert_eq!(record[12..16], pid.to_le_bytes());
    assert_eq!(record[16..], [0, b'u', 0, 1]);
}

#[test]
fn the_record_of_a_service_that_is_down() {
    let service = Service::new(IDLE);
    service.file("down", "");
    let _runsv = service.start();
    let status = service.status();
    assert_eq!((status.pid, status.want, status.state), (0, Want::Down, State::Down));
    assert_eq!(read(service.path("supervise/pid")), "");
    assert!(service.path("supervise/pid").exists());
    assert_eq!(read(service.path("supervise/stat")), "down\n");
}

#[test]
fn marks_are_published_in_stat_and_status() {
    let service = Service::new("trap '' TERM; echo ready >>journal; while :; do sleep 1000 & wait; done");
    let _runsv = service.start();
    service.expect_line("ready");
    let steps: [(&str, &str, [u8; 4]); 7] = [
        ("p", "run, paused", [1, b'u', 0, 1]),
        ("t", "run, paused, got TERM", [1, b'u', 1, 1]),
        ("c", "run, got TERM", [0, b'u', 1, 1]),
        ("o", "run, got TERM, want down", [0, b'd', 1, 1]),
        ("u", "run, got TERM", [0, b'u', 1, 1]),
        ("p", "run, paused, got TERM", [1, b'u', 1, 1]),
        ("dp", "run, paused, got TERM, want down", [1, b'd', 1, 1]),
    ];
    for (letters, stat, flags) in steps {
        service.send(letters);
        service.expect_stat(stat);
        let record = || fs::read(service.path("supervise/status")).unwrap();
        eventually(&format!("{flags:?} after {letters}"), || record()[16..] == flags);
    }
    service.send("k");
    service.expect_stat("down");
    eventually("no mark", || service.status().pid == 0);
    let status = service.status();
    assert_eq!((status.paused, status.got_term), (false, false));
}

#[test]
fn the_stamp_is_set_by_a_start_and_by_becoming_down_only() {
    let service = Service::new("trap 'exit 0' TERM; while :; do sleep 1000 & wait; done");
    service.script("finish", "echo finish >>journal; exec sleep 1000");
    let _runsv = service.start();
    eventually("it runs", || service.status().state == State::Run);
    let started = service.status().since;
    service.send("pc1d");
    eventually("finish", || service.status().state == State::Finish);
    assert_eq!(service.status().since, started);
    service.send("k");
    eventually("down", || service.status().state == State::Down);
    assert!(service.status().since > started);
}

#[test]
fn pid_holds_that_of_finish_too() {
    let service = Service::new(IDLE);
    service.script("finish", "echo $$ >>journal; exec sleep 1000");
    let _runsv = service.start();
    let run = service.pid();
    service.send("d");
    let finish = service.pid_after(run);
    service.expect_journal(&[&finish.to_string()]);
    service.send("k");
    eventually("no pid", || read(service.path("supervise/pid")).is_empty());
}

#[test]
fn the_files_have_the_modes_that_others_rely_on() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    let _runsv = service.start();
    service.pid();
    service.log_pid();
    for supervise in ["supervise", "log/supervise"] {
        let mode = |name: &str| fs::metadata(service.path(supervise).join(name)).unwrap();
        assert_eq!(mode("").permissions().mode() & 0o7777, 0o700);
        for (name, bits, is_fifo) in [
            ("lock", 0o600, false),
            ("control", 0o600, true),
            ("ok", 0o600, true),
            ("pid", 0o644, false),
            ("stat", 0o644, false),
        ] {
            let facts = mode(name);
            assert_eq!((facts.mode() & 0o7777, facts.file_type().is_fifo()), (bits, is_fifo), "{supervise}/{name}");
        }
        eventually("status", || mode("status").size() == 20);
        assert_eq!(mode("status").mode() & 0o7777, 0o644);
    }
}

#[test]
fn readers_never_see_a_part_of_a_file() {
    let service = Service::new("exec sleep 1000");
    let _runsv = service.start();
    service.expect_stat("run");
    for round in 0..200 {
        service.send(["p", "c"][round % 2]);
        assert_eq!(fs::read(service.path("supervise/status")).unwrap().len(), 20);
        let stat = read(service.path("supervise/stat"));
        assert!(["run\n", "run, paused\n"].contains(&stat.as_str()), "{stat:?}");
    }
    service.expect_stat("run");
}

#[test]
fn the_time_of_stat_is_that_of_the_last_start_though_its_text_is_the_same() {
    let service = Service::new(IDLE);
    let _runsv = service.start();
    let time = || fs::metadata(service.path("supervise/stat")).unwrap().modified().unwrap();
    let (pid, first) = (service.pid(), time());
    crate::fixture::signal(pid, 9);
    let pid = service.pid_after(pid);
    eventually("its record", || service.status().pid == pid);
    let second = time();
    assert!(second > first);
    // This one has lived its second: from run to run there is nothing in between.
    let since = UNIX_EPOCH + std::time::Duration::from_secs(service.status().since.unix_seconds().unsigned_abs() + 2);
    eventually("a long life", || since.elapsed().is_ok());
    crate::fixture::signal(pid, 9);
    service.pid_after(pid);
    eventually("a later time", || time() > second);
    assert_eq!(service.stat(), "run");
}
