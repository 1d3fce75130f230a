//! The tools in surroundings that nobody asked for: every signal, denied system calls, and what they inherit and pass on.
//!
//! The benches are those of the tests of each tool.

#[allow(dead_code)]
#[path = "../svlogd/bench.rs"]
mod bench;
mod clean_start;
#[allow(dead_code)]
#[path = "../sv/fixture.rs"]
mod fixture;
mod old_calls;
mod signals;
