//! svlogd killed at any moment, a thousand times in all, while lines come as fast as it takes them and files are rotated.
//!
//! Its one law: each line has a number and a sum, so that what is in the files speaks for itself: whole lines, in order, of each
//! life the first ones without a gap, and what was there once is there ever after, in a closed file to the byte.

use crate::bench::{Log, Running, log_all, said, svlogd};
use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Lives that one log directory sees.
const LIVES: usize = 25;
/// Bytes that a pipe holds: so many svlogd may not have read when they are written.
const PIPE: usize = 65_536;
/// Bytes that svlogd has read at the most when it is killed.
const READ: usize = 100_000;
/// Time within which it is killed then, in microseconds: several times what a rotation takes.
const HESITATION: u64 = 3000;

/// A line with its number, a filling of any length, and a sum of both.
fn line(number: u64, random: &mut TestRng) -> String {
    let text = format!("{number} {}", "x".repeat(random.random_range(0..200)));
    format!("{text} {:x}\n", sum(&text))
}

/// FNV-1a.
fn sum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The number of a line that is as it was written.
fn number_of(line: &str, stamp: usize) -> Option<u64> {
    let (text, written) = line.get(stamp..)?.rsplit_once(' ')?;
    (written == format!("{:x}", sum(text))).then(|| text.split(' ').next()?.parse().ok())?
}

/// What was found in a log directory between two lives.
#[derive(Default)]
struct Found {
    /// The closed files, by their stamps.
    closed: BTreeMap<String, String>,
    /// The numbers of all lines.
    numbers: Vec<u64>,
}

/// Reads the directory. Only `current` may end in a torn line.
fn look(log: &Log, stamp: usize) -> Found {
    let mut found = Found::default();
    // Behind its last dot a name says how far the file has come: `s` is in front of `u`, which is what it was made from.
    for name in log.old("").into_iter().filter(|name| !name.ends_with(".t")) {
        found.closed.entry(name[..25].to_owned()).or_insert_with(|| log.read(&name));
    }
    let current = log.current();
    let whole = current.rfind('\n').map_or("", |end| &current[..=end]);
    for file in found.closed.values().map(String::as_str).chain([whole]) {
        assert!(file.is_empty() || file.ends_with('\n'), "a closed file ends within a line");
        for line in file.lines() {
            let number = number_of(line, stamp);
            found.numbers.push(number.unwrap_or_else(|| panic!("a line is not what was written: {line:?}")));
        }
    }
    found
}

/// Feeds svlogd from the line `next` on and kills it somewhere; the number of the line that comes next.
fn live_and_die(log: &Log, options: &[&str], mut next: u64, random: &mut TestRng) -> u64 {
    let mut command = svlogd();
    command.args(options).arg(&log.path);
    let mut running = Running::start(command);
    // One in five is killed while it starts, or before it has read anything.
    let enough = if random.random_range(0..5) == 0 { 0 } else { PIPE + random.random_range(0..READ) };
    let mut fed = 0;
    while fed < enough {
        let mut piece = String::new();
        for _ in 0..random.random_range(1..100) {
            piece.push_str(&line(next, random));
            next += 1;
        }
        running.write(piece.as_bytes());
        fed += piece.len();
    }
    let moment = Instant::now() + Duration::from_micros(random.random_range(0..HESITATION));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    running.child.kill().unwrap();
    let output = running.ended();
    assert_eq!(output.status.code(), None, "it ended by itself and said: {}", said(&output));
    next
}

/// Kills svlogd `kills` times. `stamp` is the length of what stands before each line.
fn storm(options: &[&str], config: &str, stamp: usize, kills: usize) {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[u8::try_from(stamp).unwrap(); 32]);
    for directory in 0..kills / LIVES {
        let log = Log::new(config);
        let (mut births, mut next, mut before) = (Vec::new(), 0, Found::default());
        for life in 0..LIVES {
            births.push(next);
            // Lines that were fed and not logged are missing in front of the next life.
            next = live_and_die(&log, options, next, &mut random) + 1;
            let now = look(&log, stamp);
            check(&before, &now, &births, &format!("directory {directory}, life {life}"));
            before = now;
        }
        let output = log_all(options, &log.path, b"");
        assert!(output.status.success(), "{}", said(&output));
        let now = look(&log, stamp);
        check(&before, &now, &births, &format!("directory {directory}, at the end"));
        assert!(now.closed.len() > LIVES, "hardly a rotation: the lines do not come fast enough to be of use");
        assert_eq!((log.current().as_str(), log.old(".t").len()), ("", 0));
        assert!(!config.contains('!') || log.old(".u").is_empty());
    }
}

fn check(before: &Found, now: &Found, births: &[u64], when: &str) {
    for (name, content) in &before.closed {
        assert!(now.closed.get(name) == Some(content), "{when}: {name} is not what it was");
    }
    assert!(now.numbers.starts_with(&before.numbers), "{when}: lines that were there are gone");
    assert!(now.numbers.first().is_none_or(|first| births.contains(first)), "{when}: the first lines are gone");
    for pair in now.numbers.windows(2) {
        let goes_on = pair[1] == pair[0] + 1 || (pair[1] > pair[0] && births.contains(&pair[1]));
        assert!(goes_on, "{when}: line {} follows line {}", pair[1], pair[0]);
    }
}

#[test]
fn killed_400_times_plain() {
    storm(&[], "s8000\nn0\n", 0, 400);
}

#[test]
fn killed_300_times_with_stamps() {
    storm(&["-tt"], "s8000\nn0\n", "2026-11-22_10:11:12.12345 ".len(), 300);
}

#[test]
fn killed_300_times_with_a_processor() {
    storm(&["-b", "70000"], "s16000\nn0\n!cat; read -r runs <&4; echo $((runs + 1)) >&5\n", 0, 300);
}
