//! A board's drive, and what a power cut leaves of it.
//!
//! Its one law: a cut is one of two things. Either the drive keeps each write that it has said to be done, and loses the others: that
//! is a disk without a cache of its own. Or it loses everything since the last flush: that is the worst that a disk with a
//! cache may do. What the board's kernel has not written is lost in both. For the second, QEMU's driver `blklogwrites` keeps
//! a log of all writes and flushes.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use temp_dir::TempDir;

use crate::board;
use crate::host;

/// What begins a log of writes.
const MAGIC: u64 = 0x006a_7366_7773_6872;
/// Flag of an entry that says which bytes are not needed any more; it carries none.
const DISCARD: u64 = 4;

/// What is lost in a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// What the drive had not done.
    Undone,
    /// What the drive was not told to flush.
    Unflushed,
}

/// A drive.
pub struct Drive {
    device: String,
    directory: TempDir,
}

impl Drive {
    /// A drive with an empty file system.
    pub fn new(disk: &board::Disk) -> Result<Self> {
        let mkfs = host::require("mkfs.ext4", &["e2fsprogs"])?;
        let directory = TempDir::new().context("unable to make a temporary directory")?;
        let drive = Self { device: disk.device.clone(), directory };
        let size = format!("{}M", disk.megabytes);
        host::output(Command::new(mkfs).arg("-q").arg(drive.flushed()).arg(size))?;
        Ok(drive)
    }

    /// Makes the drive ready for a boot, and gives QEMU's arguments for it.
    pub fn connect(&self) -> Result<Vec<String>> {
        fs::copy(self.flushed(), self.done()).context("unable to copy the drive")?;
        File::create(self.log()).context("unable to make a log of writes")?;
        // The machine that runs QEMU keeps its power: it need not flush anything itself.
        let file = |path: PathBuf| {
            format!(r#"{{"driver":"file","filename":"{}","cache":{{"direct":false,"no-flush":true}}}}"#, path.display())
        };
        let node = format!(
            r#"{{"driver":"blklogwrites","node-name":"drive","file":{},"log":{}}}"#,
            file(self.done()),
            file(self.log())
        );
        Ok(["-blockdev", &node, "-device", &format!("{},drive=drive", self.device)].map(str::to_owned).into())
    }

    /// What the next boot finds, after QEMU was killed.
    pub fn cut(&self, loss: Loss) -> Result<()> {
        match loss {
            Loss::Undone => fs::copy(self.done(), self.flushed()).map(drop).context("unable to copy the drive"),
            Loss::Unflushed => self.replay().context("unable to replay the log of writes"),
        }
    }

    /// Writes to the drive of before the boot what the log holds up to the last flush: its head counts no more.
    fn replay(&self) -> Result<()> {
        let log = File::open(self.log())?;
        if log.metadata()?.len() == 0 {
            return Ok(());
        }
        let drive = File::options().write(true).open(self.flushed())?;
        ensure!(number(&log, 0)? == MAGIC, "it does not begin like one");
        let entries = number(&log, 16)?;
        let sector = number(&log, 24)? & 0xffff_ffff;
        let mut place = sector;
        for _ in 0..entries {
            let [to, sectors, flags] = [number(&log, place)?, number(&log, place + 8)?, number(&log, place + 16)?];
            place += sector;
            if flags & DISCARD == 0 {
                let mut bytes = vec![0; usize::try_from(sectors * sector)?];
                log.read_exact_at(&mut bytes, place)?;
                drive.write_all_at(&bytes, to * sector)?;
                place += sectors * sector;
            }
        }
        Ok(())
    }

    fn flushed(&self) -> PathBuf {
        self.directory.child("flushed")
    }

    fn done(&self) -> PathBuf {
        self.directory.child("done")
    }

    fn log(&self) -> PathBuf {
        self.directory.child("log")
    }
}

fn number(log: &File, place: u64) -> Result<u64> {
    let mut bytes = [0; 8];
    log.read_exact_at(&mut bytes, place)?;
    Ok(u64::from_le_bytes(bytes))
}
