//! The program of a service whose start is measured: the first thing that it does is to look at the monotonic clock.
//!
//! It writes `stamp SECONDS NANOSECONDS PID`, a line in one write, to standard output and stays; with the word `once` it ends, with
//! `before PROGRAM` it becomes that program. Its one law: nothing goes before the clock, neither a dynamic linker nor std; so what
//! is measured is the start of a program and not this one's own.
#![no_std]
#![no_main]

use sys::message::{complain, decimal, reason, say};
use sys::process::{self, Command};
use sys::wait::{SignalSet, wait_for_signal};

rt::entry!(main);

/// Exit code of an error.
const FATAL: u8 = 111;

fn main(start: rt::Start) -> u8 {
    let (seconds, nanoseconds) = sys::clock::monotonic();
    let mut digits = [[0; _]; 3];
    let [first, second, third] = &mut digits;
    let seconds = decimal(u32::try_from(seconds).unwrap_or(u32::MAX), first);
    say(&[b"stamp ", seconds, b" ", decimal(nanoseconds, second), b" ", decimal(process::own_id(), third), b"\n"]);
    match start.argument(1).map(|word| word.to_bytes()) {
        Some(b"once") => 0,
        Some(b"before") => become_program(&start),
        // Every signal keeps what it does by itself: TERM ends this program at once.
        _ => loop {
            wait_for_signal(SignalSet::EMPTY, None);
        },
    }
}

fn become_program(start: &rt::Start) -> u8 {
    let Some(program) = start.argument(2) else { return FATAL };
    let error = process::become_command(&Command {
        program,
        search: None,
        arguments: &[program],
        environment: start.environment(),
        directory: None,
        standard: [None; 3],
        new_session: false,
    });
    complain(&[b"stamp: unable to become ", program.to_bytes(), b": ", reason(error).as_bytes(), b"\n"]);
    FATAL
}
