//! What each signal, 1 to 64, does to a process that has made no arrangement for it: signal(7).
//!
//! Its one law: a test of a program states what the program handles; all else is looked up here.

use std::fs;
use std::ops::RangeInclusive;

/// Every signal that there is.
pub const ALL: RangeInclusive<u8> = 1..=64;

/// What becomes of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on as if nothing had been.
    Lives,
    /// It stops, and goes on after a CONT.
    Stops,
    /// The signal ends it.
    Dies,
}

/// What the kernel does to the process by itself; the numbers are those of x86, ARM and RISC-V.
pub fn by_default(pid: u32, signal: u8) -> Fate {
    match signal {
        // CHLD, CONT, URG, WINCH.
        17 | 18 | 23 | 28 => Fate::Lives,
        // STOP, TSTP, TTIN, TTOU.
        19..=22 => Fate::Stops,
        // A C library keeps these for itself, and lets what it starts ignore them; our supervisors block what they were told
        // to ignore.
        32 | 33 if ["SigIgn:\t", "SigBlk:\t"].iter().any(|mask| is_in(pid, mask, signal)) => Fate::Lives,
        _ => Fate::Dies,
    }
}

fn is_in(pid: u32, name: &str, signal: u8) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix(name));
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Is the process stopped?
pub fn is_stopped(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}
