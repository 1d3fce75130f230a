//! Birth records as the scenarios read and forge them.

use protocol::birth::{BOOT, Birth, LENGTH};
use std::fs;
use std::path::Path;

/// What a record tells.
pub(crate) struct Record {
    pub(crate) is_finish: bool,
    pub(crate) boot: [u8; BOOT],
    pub(crate) pid: u32,
    pub(crate) start: u64,
    pub(crate) pipe: u64,
    pub(crate) moment: u32,
}

impl Record {
    /// Reads the record at the beginning of a file, if it is one of a process.
    pub(crate) fn read(path: &Path) -> Option<Record> {
        let birth = Birth(fs::read(path).ok()?.get(..LENGTH)?.try_into().ok()?);
        let boot = birth.boot().try_into().ok()?;
        let pid = Some(birth.pid()).filter(|pid| *pid != 0)?;
        let (start, pipe, moment) = (birth.start(), birth.pipe(), birth.moment());
        Some(Record { is_finish: birth.is_finish(), boot, pid, start, pipe, moment })
    }

    /// Writes it as the whole file.
    pub(crate) fn write(&self, path: &Path) {
        let birth = Birth::new(self.is_finish, &self.boot, self.pid, self.start, self.pipe, self.moment);
        fs::write(path, birth.0).expect("a record");
    }
}
