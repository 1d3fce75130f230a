//! The pure parts against plain models and bytes of every kind: patterns, configuration, stamps.

use proptest::prelude::*;

#[allow(dead_code)]
#[path = "../../src/svlogd/config.rs"]
mod config;
#[path = "../../src/svlogd/pattern.rs"]
mod pattern;
#[allow(dead_code)]
#[path = "../../src/svlogd/stamp.rs"]
mod stamp;

use config::{Config, Fault, Rule};
use stamp::{Form, Stamp};

/// The matcher in the words of svlogd(8), one step a call: what is left of the pattern against what is left of the text.
fn model(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*'] => true,
        [b'*', rest @ ..] => match text {
            [] => false,
            [byte, ..] if *byte == rest[0] => model(rest, text),
            [_, following @ ..] => model(pattern, following),
        },
        [b'+'] => false,
        [b'+', repeated, rest @ ..] => match text {
            [first, second, ..] if first == repeated && second == repeated => model(pattern, &text[1..]),
            [first, following @ ..] if first == repeated => model(rest, following),
            _ => false,
        },
        [literal, rest @ ..] => text.first() == Some(literal) && model(rest, &text[1..]),
    }
}

#[test]
fn patterns_match_as_the_manual_shows() {
    // The manual's line begins with a stamp, whose first colon stops the star: without it, the pattern matches as it says.
    let line = b"tcpsvd: info: pid 1977 from 10.4.1.14";
    for (pattern, matches) in [
        ("*pid*", false),
        ("*: *: pid *", true),
        ("*", true),
        ("", false),
        ("tc+psvd*", true),
        ("tcp*d: info*", true),
        ("*d 1977*", false),
    ] {
        assert_eq!(pattern::matches(pattern.as_bytes(), line), matches, "{pattern}");
    }
}

#[test]
fn a_plus_at_the_end_of_the_line_is_no_match_for_what_follows_it() {
    for (pattern, text, matches) in [
        ("+a", "aaa", true),
        ("+ab", "aaab", true),
        ("+ab", "aaa", false),
        ("+a", "", false),
        ("+", "", false),
        ("+", "+", false),
        ("++", "++", true),
        ("+a*", "a", true),
        ("**a", "x*a", true),
        ("*+a", "x+a", false),
    ] {
        assert_eq!(pattern::matches(pattern.as_bytes(), text.as_bytes()), matches, "{pattern} {text}");
    }
}

#[test]
fn a_configuration_says_what_it_says() {
    let text = b"# comment\n\ns5000\nn3\nN1\nt2h\n!gzip\nU10.0.0.1:99\np> \n-*\n+*: error: *\ne*\nE*debug*\n";
    let rule = |select, pattern: &[u8]| Rule { select, pattern: pattern.into() };
    let config = config::parse(text, |fault| panic!("{fault:?}"));
    let expected = Config {
        size: 5000,
        keep: 3,
        keep_at_least: 1,
        age: 7200,
        processor: Some(b"gzip"[..].into()),
        remote: Some(config::Remote { address: "10.0.0.1:99".parse().unwrap(), only: true }),
        prefix: b"> "[..].into(),
        written: vec![rule(false, b"*"), rule(true, b"*: error: *")],
        shown: vec![rule(true, b"*"), rule(false, b"*debug*")],
    };
    assert_eq!(config, expected);
}

#[test]
fn numbers_have_units_and_bounds() {
    for (line, size) in [
        ("s", 0),
        ("s7", 7),
        ("s2k", 2048),
        ("s2m", 2 << 20),
        ("s99999999999999999999", u64::MAX),
        ("s99999999999999999999m", u64::MAX),
    ] {
        assert_eq!(config::parse(line.as_bytes(), |fault| panic!("{fault:?}")).size, size, "{line}");
    }
    for (line, size) in [("s7 ", 7), ("s2kk", 2048), ("sx", 0), ("s-1", 0)] {
        let mut faults = 0;
        let config = config::parse(line.as_bytes(), |fault| {
            assert_eq!(fault, Fault::Number(line.as_bytes()));
            faults += 1;
        });
        assert_eq!((config.size, faults), (size, 1), "{line}");
    }
}

#[test]
fn addresses_have_the_port_of_syslog_unless_told() {
    let address = |line: &str| config::parse(line.as_bytes(), |_| {}).remote.map(|remote| remote.address.to_string());
    assert_eq!(address("u1.2.3.4").as_deref(), Some("1.2.3.4:514"));
    assert_eq!(address("u1.2.3.4:5").as_deref(), Some("1.2.3.4:5"));
    for wrong in ["u", "u1.2.3", "u1.2.3.4:", "u1.2.3.4:+5", "u1.2.3.4:65536", "u1.2.3.4:5:6", "ux", "u\u{ff}"] {
        assert_eq!(address(wrong), None, "{wrong}");
    }
}

#[test]
fn stamps_are_right_at_the_edges_of_the_calendar() {
    for (seconds, text) in [
        (0, "1970-01-01_00:00:00.12345 "),
        (-1, "1969-12-31_23:59:59.12345 "),
        (951_782_400, "2000-02-29_00:00:00.12345 "),
        (951_868_799, "2000-02-29_23:59:59.12345 "),
        (4_107_542_400, "2100-03-01_00:00:00.12345 "),
        (1_709_164_800, "2024-02-29_00:00:00.12345 "),
        (253_402_300_799, "9999-12-31_23:59:59.12345 "),
    ] {
        let stamp = Stamp::new(Form::Utc(b'_'), (seconds, 123_456_789));
        assert_eq!(String::from_utf8_lossy(stamp.as_bytes()), text);
    }
    assert_eq!(Stamp::new(Form::None, (0, 0)).as_bytes(), b"");
    assert_eq!(Stamp::new(Form::Tai64n, (0, 1)).as_bytes(), b"@400000000000000a00000001 ");
}

/// Bytes that make patterns and lines meet often.
fn near() -> impl Strategy<Value = u8> {
    prop_oneof![6 => prop::sample::select(&b"ab*+"[..]), 1 => any::<u8>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_matcher_agrees_with_the_model(pattern in prop::collection::vec(near(), 0..8), text in prop::collection::vec(near(), 0..12)) {
        prop_assert_eq!(pattern::matches(&pattern, &text), model(&pattern, &text));
    }

    #[test]
    fn every_text_is_a_configuration(text in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"snNtuUp!+-eE#\n0123456789.:km"[..])], 0..200)) {
        let mut faults = 0;
        let config = config::parse(&text, |_| faults += 1);
        let lines = text.split(|byte| *byte == b'\n').count();
        prop_assert!(faults + config.written.len() + config.shown.len() <= lines);
    }

    #[test]
    fn every_moment_has_a_stamp(seconds in any::<i64>(), nanoseconds in 0u32..1_000_000_000) {
        let seconds = seconds % (1 << 45);
        prop_assert!(Stamp::new(Form::Utc(b'T'), (seconds, nanoseconds)).as_bytes().ends_with(b" "));
    }
}
