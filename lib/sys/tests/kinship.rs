//! What /proc tells of a process, read back from lines with hostile names.

use sys::kinship::{ENDED, Process, parse, start_of};

fn line_of(name: &str, state: &str, threads: u32) -> Vec<u8> {
    format!("42 ({name}) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 {threads} 18 987654 20 21\n").into_bytes()
}

fn line(name: &str, state: &str) -> Vec<u8> {
    line_of(name, state, 1)
}

#[test]
fn the_start_time_is_found_behind_any_name() {
    for name in ["sh", "a b", ") S 1 (", "(", ")", "", "x\ny"] {
        assert_eq!(parse(&line(name, "S")), Some(Process { pid: 42, start: 987_654 }), "{name:?}");
    }
}

#[test]
fn a_zombie_has_ended_unless_threads_of_it_live() {
    assert_eq!(parse(&line_of("sh", "Z", 2)), Some(Process { pid: 42, start: 987_654 }));
    for state in ["Z", "X"] {
        assert_eq!(parse(&line("sh", state)), Some(Process { pid: 42, start: ENDED }), "{state}");
    }
}

#[test]
fn what_is_no_such_line_tells_nothing() {
    let whole = line("sh", "S");
    // Up to the digits of the start time, which cannot be told from a shorter number.
    let enough = whole.len() - " 20 21\n987654".len();
    for length in 0..enough {
        assert_eq!(parse(&whole[..length]), None, "{length}");
    }
}

#[test]
fn this_very_process_is_told() {
    let own = std::process::id();
    let start = start_of(own, c"/proc/self/stat");
    assert!(start != 0 && start != ENDED);
    assert_eq!(start_of(own, c"/proc/self/stat"), start, "it does not change");
    assert_eq!(start_of(own + 1, c"/proc/self/stat"), 0, "another process");
    assert_eq!(start_of(own, c"/proc/self/comm"), 0, "no such line");
    assert_eq!(start_of(own, c"/proc/self/nothing"), 0, "no file");
}
