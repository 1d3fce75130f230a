//! Control bytes, as anybody can write them into `supervise/control`.
//!
//! Its one law: a byte is the letter that it came from, or nothing; a letter sends one signal, and none but its own.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::control::Control;

fuzz_target!(|bytes: &[u8]| {
    for &byte in bytes {
        let named: Vec<Control> = Control::ALL.into_iter().filter(|control| control.byte() == byte).collect();
        assert!(named.len() <= 1, "{byte} stands for {named:?}");
        let read = Control::from_byte(byte);
        assert_eq!(read, named.first().copied(), "{byte}");
        let Some(control) = read else { continue };
        let signal = control.signal();
        let same = Control::ALL.into_iter().filter(|other| signal.is_some() && other.signal() == signal);
        assert!(same.into_iter().all(|other| other == control), "{control:?} shares its signal");
    }
});
