//! What the kernel tells in /proc of a process: its number there, when it started, whether it has ended.
//!
//! For runsv, which must know a process again that it has not started itself. Its one law: a number alone proves nothing,
//! for it is used again; a number and the start time do. Source: proc_pid_stat(5).

use crate::files::{self, CWD};
use crate::message::number;
use core::ffi::CStr;

/// Bytes of a process's line that hold all up to its start time: some twenty numbers and a name.
const LINE: usize = 512;
/// Where the state, the number of threads and the start time stand, from the name's last parenthesis on.
const STATE: usize = 1;
const THREADS: usize = 18;
const START: usize = 20;
/// The states of a process that has ended, as far from `0` as digits are.
const ZOMBIE: u64 = (b'Z' - b'0') as u64;
const DEAD: u64 = (b'X' - b'0') as u64;

/// The start time of a process that has ended: that of none.
pub const ENDED: u64 = u64::MAX;

/// What is told of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number, as this /proc counts.
    pub pid: u32,
    /// When it started, in clock ticks after the boot; [`ENDED`] if it has ended with all its threads, and waits to be reaped.
    pub start: u64,
}

/// Reads a file `/proc/PID/stat`, and tells when the process started, or that it has [`ENDED`]; 0 where the file tells nothing, or
/// of another process than `pid`.
#[inline(never)]
pub fn start_of(pid: u32, path: &CStr) -> u64 {
    let mut line = [0; LINE];
    let told = files::read_beginning(CWD, path, &mut line).ok().and_then(parse);
    told.map_or(0, |told| if told.pid == pid { told.start } else { 0 })
}

/// Reads such a line: number, name in parentheses (which may hold anything), state, and numbers.
pub fn parse(line: &[u8]) -> Option<Process> {
    let pid = line.split(|byte| *byte == b' ').next().and_then(number)?;
    let end = line.iter().rposition(|byte| *byte == b')')?;
    let (mut fields, mut place) = ([0_u64; START + 1], 0_usize);
    for byte in line.get(end..)? {
        match (byte, fields.get_mut(place)) {
            (b' ', _) => place = place.wrapping_add(1),
            (digit, Some(field)) => {
                *field = field.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')));
            }
            (_, None) => break,
        }
    }
    let has_ended = matches!(fields[STATE], ZOMBIE | DEAD) && fields[THREADS] <= 1;
    let start = if has_ended { ENDED } else { fields[START] };
    (place >= START).then_some(Process { pid: pid.try_into().ok()?, start })
}
