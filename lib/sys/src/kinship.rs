//! What the kernel tells in /proc of a process: its number there, when it started, whether it has ended.
//!
//! For runsv, which must know a process again that it has not started itself. Its one law: a number alone proves nothing,
//! for it is used again; a number and the start time do. Source: proc_pid_stat(5).

use crate::files::{self, CWD};
use core::ffi::CStr;

/// Bytes of a process's line that hold all up to its start time: some twenty numbers and a name.
const LINE: usize = 512;
/// Which fields tell its number, its name in parentheses, its state, the number of threads and the start time.
const PID: usize = 0;
const NAME: usize = 1;
const STATE: usize = 2;
const THREADS: usize = 19;
const START: usize = 21;
/// The states of a process that has ended, as far from `0` as digits are.
const ZOMBIE: u64 = (b'Z' - b'0') as u64;
const DEAD: u64 = (b'X' - b'0') as u64;

/// The start time of a process that has ended: that of none.
pub const ENDED: u64 = u64::MAX;

/// What is told of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number, as this /proc counts.
    pub pid: u64,
    /// When it started, in clock ticks after the boot; [`ENDED`] if it has ended with all its threads, and waits to be reaped.
    pub start: u64,
}

/// Reads a file `/proc/PID/stat`, and tells when the process started, or that it has [`ENDED`]; 0 where the file tells nothing, or
/// of another process than `pid`.
#[inline(never)]
pub fn start_of(pid: u32, path: &CStr) -> u64 {
    let mut line = [0; LINE];
    let told = files::read_beginning(CWD, path, &mut line).ok().and_then(parse);
    told.filter(|told| told.pid == u64::from(pid)).map_or(0, |told| told.start)
}

/// Reads such a line: number, name, state, and numbers.
pub fn parse(line: &[u8]) -> Option<Process> {
    let (mut fields, mut place) = ([0_u64; START + 1], PID);
    for byte in line {
        match byte {
            // The name may hold anything: it ends with the last one.
            b')' => place = NAME,
            b' ' => {
                place = place.wrapping_add(1);
                if let Some(field) = fields.get_mut(place) {
                    *field = 0;
                }
            }
            digit => {
                if let Some(field) = fields.get_mut(place) {
                    *field = field.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')));
                }
            }
        }
    }
    let has_ended = matches!(fields[STATE], ZOMBIE | DEAD) && fields[THREADS] <= 1;
    let start = if has_ended { ENDED } else { fields[START] };
    (place >= START).then_some(Process { pid: fields[PID], start })
}
