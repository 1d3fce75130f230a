//! runit-init: becomes runit as process 1; else asks it to stop or restart the system.
//!
//! Its one law: as process 1 it does nothing but become runit. Implements runit-init(8).
#![no_std]
#![no_main]

use core::num::NonZeroU32;
use init::request;
use protocol::control::Signal;
use protocol::paths::c::RUNIT;
use sys::message::{complain, reason};
use sys::process::{self, Command};

rt::entry!(main);

/// Exit code of an error.
const FATAL: u8 = 111;
/// Process 1.
const RUNIT_PID: NonZeroU32 = NonZeroU32::MIN;

fn main(start: rt::Start) -> u8 {
    if process::is_first() {
        return become_runit(start.environment());
    }
    match start.argument(1).and_then(|word| word.to_bytes().first()) {
        Some(b'0') => ask(false),
        Some(b'6') => ask(true),
        _ => {
            let name = start.argument(0).unwrap_or(c"init").to_bytes();
            complain(&[b"usage: ", name, b" 0|6\n\n"]);
            0
        }
    }
}

fn become_runit(environment: process::Environment) -> u8 {
    let error = process::become_command(&Command {
        program: RUNIT,
        search: None,
        arguments: &[c"runit"],
        environment,
        directory: None,
        standard: [None; 3],
        new_session: false,
    });
    complain(&[b"init: fatal: unable to start runit: ", reason(error).as_bytes(), b"\n"]);
    FATAL
}

/// Writes the request down and wakes process 1.
fn ask(restart: bool) -> u8 {
    if let Err((file, error)) = request::ask(restart) {
        complain(&[b"init: fatal: unable to set ", file.to_bytes(), b": ", reason(error).as_bytes(), b"\n"]);
        return FATAL;
    }
    match process::kill(RUNIT_PID, Signal::CONT.0) {
        Ok(()) => 0,
        Err(error) => {
            complain(&[b"init: fatal: unable to signal process 1: ", reason(error).as_bytes(), b"\n"]);
            FATAL
        }
    }
}
