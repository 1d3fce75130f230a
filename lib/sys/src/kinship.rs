//! What the kernel tells in /proc of a process: its number there, when it started, whether it has ended.
//!
//! For runsv, which must know a process again that it has not started itself. Its one law: a number alone proves nothing,
//! for it is used again; a number and the start time do. Source: proc_pid_stat(5).

use crate::files::{self, CWD};
use crate::message::number;
use core::ffi::CStr;
use rustix::io::Errno;

/// Bytes of a process's line that hold all up to its start time: some twenty numbers and a name.
const LINE: usize = 512;
/// Where the state, the number of threads and the start time stand, from the name's last parenthesis on.
const STATE: usize = 1;
const THREADS: usize = 18;
const START: usize = 20;

/// What is told of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number, as this /proc counts.
    pub pid: u32,
    /// When it started, in clock ticks after the boot.
    pub start: u64,
    /// It has ended with all its threads, and waits to be reaped.
    pub has_ended: bool,
}

/// Reads a file `/proc/PID/stat`; `INVAL` if it is none.
pub fn read(path: &CStr) -> Result<Process, Errno> {
    let mut line = [0; LINE];
    parse(files::read_beginning(CWD, path, &mut line)?).ok_or(Errno::INVAL)
}

/// Reads such a line: number, name in parentheses (which may hold anything), state, and numbers.
pub fn parse(line: &[u8]) -> Option<Process> {
    let name = line.iter().position(|byte| *byte == b' ')?;
    let end = line.iter().rposition(|byte| *byte == b')')?;
    let (mut state, mut threads, mut start): (&[u8], &[u8], &[u8]) = (b"", b"", b"");
    for (place, field) in line.get(end..)?.split(|byte| *byte == b' ').enumerate() {
        match place {
            STATE => state = field,
            THREADS => threads = field,
            START => start = field,
            _ => {}
        }
    }
    Some(Process {
        pid: number(line.get(..name)?)?.try_into().ok()?,
        start: number(start)?,
        has_ended: matches!(state, b"Z" | b"X") && matches!(threads, b"0" | b"1"),
    })
}
