//! What /proc tells of a process, read back from lines with hostile names.

use sys::kinship::{Process, parse, read};

fn line_of(name: &str, state: &str, threads: u32) -> Vec<u8> {
    format!("42 ({name}) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 {threads} 18 987654 20 21\n").into_bytes()
}

fn line(name: &str, state: &str) -> Vec<u8> {
    line_of(name, state, 1)
}

#[test]
fn the_start_time_is_found_behind_any_name() {
    for name in ["sh", "a b", ") S 1 (", "(", ")", "", "x\ny"] {
        assert_eq!(parse(&line(name, "S")), Some(Process { pid: 42, start: 987_654, has_ended: false }), "{name:?}");
    }
}

#[test]
fn a_zombie_has_ended_unless_threads_of_it_live() {
    assert!(!parse(&line_of("sh", "Z", 2)).expect("a line").has_ended);
    assert!(parse(&line("sh", "Z")).is_some_and(|process| process.has_ended));
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
    let process = read(c"/proc/self/stat").expect("a line");
    assert_eq!((process.pid, process.has_ended), (std::process::id(), false));
    assert_eq!(read(c"/proc/self/stat"), Ok(process), "it does not change");
}
