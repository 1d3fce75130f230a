//! How option words are read: the rules of getopt(3) without permutation. Duty: `pilotlight_tools::options`.

use pilotlight_tools::options::{Misuse, Opt, Options, base_name};
use std::ffi::{CStr, CString};

fn words(line: &str) -> Vec<CString> {
    line.split_whitespace().map(text).collect()
}

fn text(word: &str) -> CString {
    CString::new(word).unwrap()
}

/// Reads a line as sv does (`v` alone, `w` with a value, the long word json): its options and its operands, in words.
fn read(line: &str) -> (Vec<String>, String) {
    let words = words(line);
    let words: Vec<&CStr> = words.iter().map(|word| &**word).collect();
    let mut options = Options::new("vw:", "json", &words);
    let read = options.by_ref().map(|option| match option {
        Ok(Opt::Flag(letter)) => char::from(letter).to_string(),
        Ok(Opt::Value(letter, value)) => format!("{}={}", char::from(letter), value.to_str().unwrap()),
        Ok(Opt::Long) => "long".to_owned(),
        Err(Misuse::Illegal(option)) => format!("illegal {}", str::from_utf8(option).unwrap()),
        Err(Misuse::NoValue(letter)) => format!("no value of {}", char::from(letter)),
        Err(misuse) => format!("{misuse:?}"),
    });
    let read = read.collect();
    (read, options.operands().iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn check(line: &str, options: &[&str], operands: &str) {
    assert_eq!(read(line), (options.iter().map(|option| (*option).to_owned()).collect(), operands.to_owned()));
}

#[test]
fn a_value_is_attached_or_the_next_word_and_flags_may_share_a_dash() {
    check("-w5 up", &["w=5"], "up");
    check("-w 5 up", &["w=5"], "up");
    check("-vvw5 up", &["v", "v", "w=5"], "up");
    check("-vw 5 up", &["v", "w=5"], "up");
    check("-w -v up", &["w=-v"], "up");
}

#[test]
fn reading_stops_at_the_first_word_that_is_no_option() {
    check("-v up -v", &["v"], "up -v");
    check("-v - -v", &["v"], "- -v");
    check("-v -- -v up", &["v"], "-v up");
    assert!(Options::new("v", "", &[c""]).next().is_none());
}

#[test]
fn a_long_word_is_an_option_only_if_the_program_names_it() {
    check("--json status", &["long"], "status");
    check("--jsn status", &["illegal jsn"], "status");
    assert_eq!(Options::new("v", "", &[c"--json"]).next(), Some(Err(Misuse::Illegal(b"json"))));
}

#[test]
fn misuse_reads_as_in_the_original() {
    assert_eq!(Misuse::Illegal(b"z").text(b"sv", &[b"usage", b"!"]), b"sv: illegal option -- z\nusage!");
    assert_eq!(Misuse::NoValue(b'w').text(b"sv", &[]), b"sv: option requires an argument -- w\n");
    assert_eq!(Misuse::Wrong.text(b"sv", &[b"usage"]), b"usage");
    check("-vz", &["v", "illegal z"], "");
    check("-:", &["illegal :"], "");
    check("-vw", &["v", "no value of w"], "");
}

#[test]
fn a_program_is_called_by_the_last_part_of_its_path() {
    for (path, name) in [("/usr/bin/sv", "sv"), ("sv", "sv"), ("./sv", "sv"), ("", "")] {
        assert_eq!(base_name(&text(path)), name.as_bytes());
    }
}
