//! Whoever reads the published files reads whole ones, and what an earlier boot left there misleads nobody.

use crate::fixture::{IDLE, Service, Supervisor, is_alive, read, spawn};
use crate::record::Record;
use protocol::paths;
use protocol::status::{State, Status};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// How many changes each reader sees.
const CHANGES: usize = 500;
/// Time between two letters, so that the fifo never fills.
const BETWEEN_LETTERS: Duration = Duration::from_millis(1);
/// Letters that change the status in each way.
const LETTERS: [&str; 8] = ["p", "c", "d", "u", "t", "o", "k", "u"];

/// Is this what `supervise/pid` may hold? The pid.
fn pid(text: &str) -> Option<u32> {
    if text.is_empty() { Some(0) } else { text.strip_suffix('\n')?.parse().ok().filter(|pid| *pid > 0) }
}

/// Is this what `supervise/stat` may hold?
fn is_stat(text: &str) -> bool {
    let Some(line) = text.strip_suffix('\n') else { return false };
    let mut words = line.split(", ");
    let marks = ["paused", "got TERM", "want down", "want exit"];
    matches!(words.next(), Some("down" | "run" | "finish")) && words.all(|word| marks.contains(&word))
}

/// Is this what `supervise/status` may hold?
fn is_status(record: &[u8]) -> bool {
    let flags = |record: &[u8; 20]| record[16] <= 1 && [b'u', b'd'].contains(&record[17]) && record[18] <= 1;
    let status = Status::decode(record);
    let agrees = |status: Status| status.state != State::Down || status.pid == 0 && !status.paused && !status.got_term;
    record.first_chunk().is_some_and(flags) && record.len() == 20 && status.is_some_and(agrees)
}

/// Reads the files of a folder until it has seen enough changes.
fn read_on(folder: &Path) {
    let (mut changes, mut last) = (0, Vec::new());
    while changes < CHANGES {
        let [number, stat, status] = ["pid", "stat", "status"].map(|name| fs::read(folder.join(name)).expect(name));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        assert!(pid(&text(&number)).is_some(), "pid {number:?}");
        assert!(is_stat(&text(&stat)), "stat {:?}", text(&stat));
        assert!(is_status(&status), "status {status:?}");
        changes += usize::from(status != last);
        last = status;
    }
}

#[test]
fn no_file_is_ever_torn_or_missing_under_readers_in_a_loop() {
    let service = Service::new("sleep 0.01");
    service.script("finish", "exit 0");
    service.script("log/run", "exec cat");
    let _runsv = service.start();
    thread::scope(|scope| {
        let readers = ["supervise", "log/supervise"].map(|folder| {
            let folder = service.path(folder);
            scope.spawn(move || read_on(&folder))
        });
        for letter in LETTERS.iter().cycle() {
            if readers.iter().all(thread::ScopedJoinHandle::is_finished) {
                break;
            }
            service.send(letter);
            service.send_log(letter);
            thread::sleep(BETWEEN_LETTERS);
        }
    });
}

#[test]
fn what_an_earlier_boot_left_harms_nobody() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    service.script("finish", "echo finish >>journal");
    let runsv = service.start();
    service.pid();
    service.log_pid();
    for folder in ["supervise", "log/supervise"] {
        let birth = service.path(folder).join(paths::BIRTH);
        crate::fixture::eventually_some("a birth", || Record::read(&birth));
    }
    // As when the power fails: nobody tidies up.
    drop(runsv);
    let mut somebody = Supervisor::new(spawn(Command::new("sleep").arg("1000")));
    for folder in ["supervise", "log/supervise"] {
        service.file(&format!("{folder}/pid"), &format!("{}\n", somebody.pid()));
        let mut record = fs::read(service.path(folder).join("status")).expect("a record");
        record[12..16].copy_from_slice(&somebody.pid().to_le_bytes());
        fs::write(service.path(folder).join("status"), record).unwrap();
        let birth = service.path(folder).join(paths::BIRTH);
        let mut record = Record::read(&birth).expect("a birth");
        record.pid = somebody.pid();
        record.boot[0] ^= 1;
        record.write(&birth);
    }
    service.file("supervise/lock", "rubbish\n");
    let mut runsv = service.start();
    service.expect_stat("run");
    service.expect_log_stat("run");
    assert!(![service.pid(), service.log_pid()].contains(&somebody.pid()));
    service.send("dkt");
    service.expect_stat("down");
    service.send_log("k");
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
    assert!(is_alive(somebody.pid()) && !somebody.has_ended());
    assert_eq!((service.messages().as_str(), read(service.path("supervise/pid")).as_str()), ("", ""));
}
