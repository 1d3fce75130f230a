//! Control letters: all 256 bytes, and signal numbers as the C library of this machine counts them.

use protocol::control::{Control, Signal};
use std::collections::BTreeSet;

/// The letters of runsv(8), CONTROL.
const LETTERS: &[u8] = b"udopchaiq12tkx";

#[test]
fn a_byte_is_a_letter_of_the_manual_or_nothing() {
    for byte in 0..=u8::MAX {
        let control = Control::from_byte(byte);
        assert_eq!(control.is_some(), LETTERS.contains(&byte), "{byte}");
        assert_eq!(control.map_or(byte, Control::byte), byte);
    }
}

#[test]
fn all_holds_every_letter_once_in_the_order_of_the_manual() {
    assert_eq!(Control::ALL.map(Control::byte).as_slice(), LETTERS);
}

#[test]
fn each_letter_sends_the_signal_that_the_manual_names() {
    let expected = [
        ("u", None),
        ("d", None),
        ("o", None),
        ("x", None),
        ("p", Some("STOP")),
        ("c", Some("CONT")),
        ("h", Some("HUP")),
        ("a", Some("ALRM")),
        ("i", Some("INT")),
        ("q", Some("QUIT")),
        ("1", Some("USR1")),
        ("2", Some("USR2")),
        ("t", Some("TERM")),
        ("k", Some("KILL")),
    ];
    for (letter, name) in expected {
        let control = Control::from_byte(letter.as_bytes()[0]).expect("a letter");
        assert_eq!(control.signal(), name.map(number), "{letter}");
    }
}

/// The number of a signal by its name, as in signal(7).
fn number(name: &str) -> Signal {
    match name {
        "HUP" => Signal(1),
        "INT" => Signal(2),
        "QUIT" => Signal(3),
        "KILL" => Signal(9),
        "USR1" => Signal(10),
        "USR2" => Signal(12),
        "ALRM" => Signal(14),
        "TERM" => Signal(15),
        "CONT" => Signal(18),
        "STOP" => Signal(19),
        other => panic!("{other}"),
    }
}

#[test]
fn no_two_letters_send_the_same_signal() {
    let signals = Control::ALL.iter().filter_map(|control| control.signal()).map(|signal| signal.0);
    assert_eq!(signals.collect::<BTreeSet<u8>>().len(), 10);
    let others = [Signal::PIPE, Signal::CHLD, Signal::PWR].map(|signal| signal.0);
    assert_eq!(others, [13, 17, 30]);
}
