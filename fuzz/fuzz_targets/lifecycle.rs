//! The lifecycle of one service under any events at any times, in the world of the machine's own tests.
//!
//! Its one law: the laws that `World` holds at each step, and at the end what was asked comes about. Its input: a byte for role
//! and want, then two bytes a step: which event, with the highest bit if the system cannot make a process for it, and
//! the time before it.

#![no_main]

#[path = "../../lib/machine/tests/lifecycle/alphabet.rs"]
mod alphabet;
#[allow(dead_code)]
#[path = "../../lib/machine/tests/keys/mod.rs"]
mod keys;
#[allow(dead_code)]
#[path = "../../lib/machine/tests/lifecycle/world.rs"]
mod world;

use alphabet::{ROLES, alphabet};
use libfuzzer_sys::fuzz_target;
use protocol::status::Want;
use world::{Action, World};

/// Milliseconds of one unit of time in the input.
const UNIT: u64 = 20;
/// The bit of a step that lets starts fail.
const FAILS: u8 = 0x80;

fuzz_target!(|bytes: &[u8]| {
    let Some((head, steps)) = bytes.split_first() else { return };
    let role = ROLES[usize::from(head >> 1) % ROLES.len()];
    let alphabet = alphabet(role);
    let mut world = World::new(role, if head & 1 == 1 { Want::Up } else { Want::Down }, true);
    for step in steps.chunks_exact(2) {
        let starts = step[0] & FAILS == 0;
        world.act(Action::Pass(UNIT * u64::from(step[1])), starts);
        world.act(alphabet[usize::from(step[0] & !FAILS) % alphabet.len()], starts);
    }
    world.settle();
});
