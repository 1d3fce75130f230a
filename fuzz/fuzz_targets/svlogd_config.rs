//! The file `config` of a log directory, whatever its bytes are, and the pattern matcher that it feeds.
//!
//! Its one law: each line is a setting, a comment or a fault that is told, in order, and no line changes what another one
//! means. Source: svlogd(8), CONFIG.

#![no_main]

#[allow(dead_code, unreachable_pub)]
#[path = "../../tools/src/svlogd/config.rs"]
mod config;
#[path = "../../tools/src/svlogd/pattern.rs"]
mod pattern;

use config::{Config, Fault};
use libfuzzer_sys::fuzz_target;
// For the files above, which are parts of svlogd.
use tools::number;

/// The letters that begin a line of a configuration.
const LETTERS: &[u8] = b"#snNt!uUp+-eE";

fuzz_target!(|text: &[u8]| {
    let mut told = Vec::new();
    let config = config::parse(text, |fault| told.push(format!("{fault:?}")));
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let mut told_alone = Vec::new();
    let alone: Vec<Config> =
        lines.iter().map(|line| config::parse(line, |fault| told_alone.push(check(line, fault)))).collect();
    assert_eq!(told, told_alone, "a line's fault depends on another line");
    check_rules(&config, &lines);
    check_last_wins(&config, &lines, &alone);
    for line in lines {
        for rules in [&config.written, &config.shown] {
            let last = rules.iter().rfind(|rule| pattern::matches(&rule.pattern, line));
            for otherwise in [false, true] {
                assert_eq!(config::selects(rules, line, otherwise), last.map_or(otherwise, |rule| rule.select));
            }
        }
    }
});

/// A fault as text; it shows what is in its line, and names a letter as unknown only if it is.
fn check(line: &[u8], fault: Fault) -> String {
    let letter = line.first().copied().expect("an empty line has no fault");
    match fault {
        Fault::Unknown(shown) => assert!(shown == line && !LETTERS.contains(&letter)),
        Fault::Number(shown) => assert!(shown == line && b"snNt".contains(&letter)),
        Fault::Address(shown) => assert!(&line[1..] == shown && b"uU".contains(&letter)),
        Fault::Port(shown) => assert!(line[1..].ends_with(shown) && b"uU".contains(&letter)),
    }
    format!("{fault:?}")
}

/// Every line with a pattern is a rule, in order.
fn check_rules(config: &Config, lines: &[&[u8]]) {
    for (rules, letters) in [(&config.written, b"+-"), (&config.shown, b"eE")] {
        let wanted = lines.iter().filter(|line| line.first().is_some_and(|letter| letters.contains(letter)));
        let wanted: Vec<_> = wanted.map(|line| (line[0] == letters[0], &line[1..])).collect();
        let found: Vec<_> = rules.iter().map(|rule| (rule.select, &*rule.pattern)).collect();
        assert_eq!(found, wanted);
    }
}

/// A setting has the value of the last line that gives one.
fn check_last_wins(config: &Config, lines: &[&[u8]], alone: &[Config]) {
    let last = |letters: &[u8]| lines.iter().rposition(|line| line.first().is_some_and(|it| letters.contains(it)));
    let default = Config::default();
    let of = |letters| last(letters).map_or(&default, |place| &alone[place]);
    assert_eq!(config.size, of(b"s").size);
    assert_eq!(config.keep, of(b"n").keep);
    assert_eq!(config.keep_at_least, of(b"N").keep_at_least);
    assert_eq!(config.age, of(b"t").age);
    assert_eq!(config.processor, of(b"!").processor);
    assert_eq!(config.prefix, of(b"p").prefix);
    // An address that is none leaves the one before it.
    assert_eq!(config.remote, alone.iter().rev().find_map(|config| config.remote));
}
