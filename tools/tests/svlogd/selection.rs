//! Patterns, standard error, the network, replaced bytes.

use crate::bench::{Log, log_all, said};
use std::net::UdpSocket;
use std::time::Duration;

#[test]
fn the_last_pattern_that_matches_decides() {
    let log = Log::new("# a comment\n\n-*\n+*: error: *\n-*: error: ignore*\n");
    log_all(&[], &log.path, b"a: error: x\na: info: y\na: error: ignore me\n");
    assert_eq!(log.current(), "a: error: x\n");
}

#[test]
fn alerts_are_shown_on_standard_error_with_stamp_and_prefix_cut_at_the_line_length() {
    let log = Log::new("p[x] \ne*alert*\nE*not*\n");
    let output = log_all(&["-l", "10"], &log.path, b"alert 1\nalertnot\nquiet\nalert 345\nalert 3456789\n");
    assert_eq!(said(&output), "[x] alert 1\n[x] alert 345\n[x] alert 3456...\n");
    assert_eq!(log.current().lines().last(), Some("[x] alert 3456789"));
}

#[test]
fn a_line_of_just_the_line_length_gets_dots() {
    for (length, shown) in [(999, 1000), (1000, 1004), (1001, 1004)] {
        let log = Log::new("e*\n");
        let output = log_all(&[], &log.path, format!("{}\n", "z".repeat(length)).as_bytes());
        assert_eq!(said(&output).len(), shown);
    }
}

#[test]
fn a_line_longer_than_the_buffer_is_selected_by_its_head_and_written_whole() {
    let log = Log::new("-*\n+keep*\n");
    let (keep, drop) = (format!("keep{}\n", "x".repeat(300_000)), format!("drop{}\n", "x".repeat(300_000)));
    log_all(&[], &log.path, [keep.as_str(), &drop, &keep].concat().as_bytes());
    assert_eq!(log.current(), [keep.as_str(), &keep].concat());
}

#[test]
fn bytes_are_replaced_before_patterns_see_them_in_the_whole_line() {
    let log = Log::new("-*\n+a_b*\n");
    let line = |tab: &str| format!("a{tab}b{}{tab}c\n", "x".repeat(2000));
    log_all(&["-r", "_"], &log.path, line("\t").as_bytes());
    assert_eq!(log.current(), line("_"));
    let log = Log::new("");
    log_all(&["-R", "bc"], &log.path, "abcd\u{e9}\n".as_bytes());
    assert_eq!(log.current(), "a__d__\n");
}

#[test]
fn lines_are_sent_as_datagrams_cut_at_the_line_length() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let log = Log::new(&format!("U{}\np> \n", socket.local_addr().unwrap()));
    log_all(&["-l", "10"], &log.path, b"short\n0123456789abc\n");
    let received = || {
        let mut bytes = [0; 100];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    assert_eq!([received(), received()], ["> short\n", "> 0123456789...\n"]);
    assert_eq!(log.current(), "");
}

#[test]
fn a_datagram_that_cannot_be_sent_is_told_to_the_log() {
    let log = Log::new("u255.255.255.255\n");
    log_all(&[], &log.path, b"one\n");
    assert_eq!(log.current(), "warning: failure sending through udp: one\none\n");
}

#[test]
fn a_configuration_of_junk_is_told_line_by_line_and_stops_nothing() {
    let log = Log::new("\u{1}\u{2}junk\nux.y\nu1.2.3.4:99999\nu1.2.3.4:\nsx\nn12x\n");
    let output = log_all(&[], &log.path, b"one\n");
    assert!(output.status.success());
    let warning = |text: &str| {
        format!("svlogd: warning: {}\n", text.replace("CONFIG", log.path.join("config").to_str().unwrap()))
    };
    let told = [
        "unknown line: CONFIG: ??junk",
        "unable to scan ip address: x.y",
        "unable to scan port number: 99999",
        "unable to scan port number: ",
        "unable to scan number: CONFIG: sx",
        "unable to scan number: CONFIG: n12x",
    ];
    assert_eq!(said(&output), told.map(warning).concat());
    assert_eq!(log.current(), "one\n");
}
