//! The record of a process that runsv started: by it the runsv that comes after a killed one knows the process again.
//!
//! `supervise/birth` is written by the process itself before it becomes `./run` or `./finish`, so that there is no process
//! without its record. Its one law: a process is the recorded one only if boot, process id and start time are all the same.
//! It is ours alone; the original neither writes nor reads it.

/// Bytes of a record.
pub const LENGTH: usize = 64;
/// Bytes of the kernel's text for this boot, without a newline.
pub const BOOT: usize = 36;

/// What `./run` and `./finish` are told apart by; the last byte is the version of the record.
const RUN: [u8; KIND] = *b"run1";
const FINISH: [u8; KIND] = *b"fin1";
/// Bytes of one of them.
const KIND: usize = 4;

/// Where what follows the kind stands.
const BOOT_AT: usize = KIND;
const PID_AT: usize = BOOT_AT + BOOT;
const START_AT: usize = PID_AT + 4;
const PIPE_AT: usize = START_AT + 8;
const MOMENT_AT: usize = PIPE_AT + 8;

/// A process and what proves that it is the same, as its record: kind (4), boot (36), then little endian pid (4), start (8),
/// pipe (8), moment (4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth(pub [u8; LENGTH]);

impl Birth {
    /// The record of no process.
    pub const NONE: Birth = Birth([0; LENGTH]);

    /// The record of a process. `boot` is the text of /proc/sys/kernel/random/boot_id, zeros if that was not there.
    pub fn new(is_finish: bool, boot: &[u8; BOOT], pid: u32, start: u64, pipe: u64, moment: u32) -> Birth {
        let mut record = Birth::NONE;
        let mut rest = &mut record.0[..];
        crate::put(&mut rest, if is_finish { FINISH } else { RUN });
        crate::put(&mut rest, *boot);
        crate::put(&mut rest, pid.to_le_bytes());
        crate::put(&mut rest, start.to_le_bytes());
        crate::put(&mut rest, pipe.to_le_bytes());
        crate::put(&mut rest, moment.to_le_bytes());
        record
    }

    /// Its process id; 0 for what is no record: another beginning, no process.
    pub fn pid(&self) -> u32 {
        let is_record = self.is_finish() || self.0.starts_with(&RUN);
        if is_record { u32::from_le_bytes(self.part(PID_AT)) } else { 0 }
    }

    /// Is it `./finish`?
    pub fn is_finish(&self) -> bool {
        self.0.starts_with(&FINISH)
    }

    /// Which boot of the machine it was started in; zeros if that was not told.
    pub fn boot(&self) -> &[u8] {
        self.0.get(BOOT_AT..PID_AT).unwrap_or_default()
    }

    /// When it started, in clock ticks after the boot as /proc/PID/stat tells it; 0 if /proc did not tell.
    pub fn start(&self) -> u64 {
        u64::from_le_bytes(self.part(START_AT))
    }

    /// The inode of the pipe from the service to its log service, 0 if it has none.
    pub fn pipe(&self) -> u64 {
        u64::from_le_bytes(self.part(PIPE_AT))
    }

    /// Seconds on the monotonic clock when it was written: a record from the future is of an earlier boot.
    pub fn moment(&self) -> u32 {
        u32::from_le_bytes(self.part(MOMENT_AT))
    }

    #[inline(always)]
    fn part<const N: usize>(&self, place: usize) -> [u8; N] {
        self.0.get(place..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }
}
