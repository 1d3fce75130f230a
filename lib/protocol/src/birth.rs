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
const RUN: [u8; 4] = *b"run1";
const FINISH: [u8; 4] = *b"fin1";

/// A process and what proves that it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Is it `./finish`?
    pub is_finish: bool,
    /// Which boot of the machine it was started in: the text of /proc/sys/kernel/random/boot_id, zeros if that was not there.
    pub boot: [u8; BOOT],
    /// Its process id.
    pub pid: u32,
    /// When it started, in clock ticks after the boot as /proc/PID/stat tells it; 0 if /proc did not tell.
    pub start: u64,
    /// The inode of the pipe from the service to its log service, 0 if it has none.
    pub pipe: u64,
    /// Seconds on the monotonic clock when it was written: a record from the future is of an earlier boot.
    pub moment: u32,
}

impl Birth {
    /// The record: kind (4), boot (36), then little endian pid (4), start (8), pipe (8), moment (4).
    pub fn encode(&self) -> [u8; LENGTH] {
        let mut record = [0; LENGTH];
        let mut rest = &mut record[..];
        crate::put(&mut rest, if self.is_finish { FINISH } else { RUN });
        crate::put(&mut rest, self.boot);
        crate::put(&mut rest, self.pid.to_le_bytes());
        crate::put(&mut rest, self.start.to_le_bytes());
        crate::put(&mut rest, self.pipe.to_le_bytes());
        crate::put(&mut rest, self.moment.to_le_bytes());
        record
    }

    /// Reads a record; `None` for what is none: another length, another beginning, no process.
    pub fn decode(record: &[u8]) -> Option<Birth> {
        let record: &[u8; LENGTH] = record.try_into().ok()?;
        let (kind, rest) = record.split_first_chunk::<4>()?;
        let (boot, rest) = rest.split_first_chunk::<BOOT>()?;
        let (pid, rest) = rest.split_first_chunk::<4>()?;
        let (start, rest) = rest.split_first_chunk::<8>()?;
        let (pipe, rest) = rest.split_first_chunk::<8>()?;
        let moment: [u8; 4] = rest.try_into().ok()?;
        let is_finish = *kind == FINISH;
        if !is_finish && *kind != RUN {
            return None;
        }
        Some(Birth {
            is_finish,
            boot: *boot,
            pid: Some(u32::from_le_bytes(*pid)).filter(|pid| *pid != 0)?,
            start: u64::from_le_bytes(*start),
            pipe: u64::from_le_bytes(*pipe),
            moment: u32::from_le_bytes(moment),
        })
    }
}
