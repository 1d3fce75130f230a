//! One log directory: its lock, its configuration, the file `current`, and rotation.
//!
//! Its one law: what was accepted for `current` is in a file that a name leads to, or the caller is told that it is not;
//! the caller then keeps the bytes and comes back. Source: svlogd(8), LOG DIRECTORY and LOG FILE ROTATION.

use super::config::Config;
use super::place::{self, Refusal};
use super::processor::{COMPLETE, Processor, name_of};
use super::speech::{Voice, reason, unable, warning};
use super::{mend, old, settings};
use crate::number::decimal;
use machine::rotation::{Bounds, Kind, OldFile};
use protocol::paths::CURRENT;
use std::ffi::{CStr, CString};
use sys::files::Access;
use sys::{Errno, OwnedFd, clock, files, stream};

/// Permissions of `current` while lines may still come.
const IN_USE: u32 = 0o644;

/// Why something cannot be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The processor works on the file rotated last.
    Busy,
    /// What was tried, and why it cannot be done.
    Refused(&'static str, Refusal),
}

/// What is the same for every log directory.
#[derive(Clone, Copy)]
pub(crate) struct Common {
    /// Bytes of a line that are looked at (`-l`).
    pub(crate) line: usize,
    /// How to speak.
    pub(crate) voice: Voice,
}

/// An open log directory.
pub(crate) struct Directory {
    /// The path as given.
    pub(crate) name: CString,
    /// What it is told to do.
    pub(crate) config: Config,
    common: Common,
    bounds: Bounds,
    directory: OwnedFd,
    lock: OwnedFd,
    current: Option<OwnedFd>,
    size: u64,
    /// Was a `current` that nobody closed put to the old files?
    has_set_aside: bool,
    /// When its age ends, if it has lines and an age is configured.
    age_ends: Option<u64>,
}

impl Directory {
    /// Opens, locks and configures a directory; says what failed, and gives `None` then.
    pub(crate) fn open(name: &CStr, common: Common) -> Option<Directory> {
        Directory::try_open(name, common)
            .map_err(|(what, refusal)| {
                unable(what, name.to_bytes(), refusal.words());
            })
            .ok()
    }

    fn try_open(name: &CStr, common: Common) -> Result<Directory, (&'static str, Refusal)> {
        let directory = files::open_directory(files::CWD, name).map_err(|e| match e {
            Errno::NOTDIR => ("unable to change directory", e.into()),
            _ => ("unable to open log directory", e.into()),
        })?;
        let lock = old::lock(&directory).map_err(|e| ("unable to lock directory", e))?;
        let config =
            settings::read(&directory, name.to_bytes(), common.voice).map_err(|e| ("unable to use config", e))?;
        let bounds = Bounds::new(config.size, common.line as u64);
        let (name, current, age_ends) = (name.into(), None, None);
        let (size, has_set_aside) = (0, false);
        let mut opened =
            Directory { name, config, common, bounds, directory, lock, current, size, has_set_aside, age_ends };
        opened.set_unclean_aside()?;
        opened.open_current().map_err(|e| ("unable to open current", e))?;
        Ok(opened)
    }

    /// A `current` that no svlogd closed becomes an unprocessed old file, without the end that a kill or a power cut tore.
    fn set_unclean_aside(&mut self) -> Result<(), (&'static str, Refusal)> {
        let current = match place::open(&self.directory, c"current", Access::Change, 0) {
            Err(Refusal::Kernel(Errno::NOENT)) => return Ok(()),
            opened => opened.map_err(|e| ("unable to open current", e))?,
        };
        self.set_aside(&current).map_err(|e| ("unable to rename current", e.into()))
    }

    fn set_aside(&mut self, current: &OwnedFd) -> Result<(), Errno> {
        if files::facts_of(current)?.mode & files::OWNER_EXECUTE != 0 {
            return Ok(());
        }
        let torn = mend::cut_torn_end(current)?;
        if torn > 0 {
            let bytes = decimal(torn);
            warning(&[b"torn end cut off: ", self.name.to_bytes(), b"/current: ", &bytes, b" bytes"]);
        }
        if stream::extent(current)?.length == 0 {
            return Ok(());
        }
        stream::sync(current)?;
        let file =
            OldFile { stamp: old::census(&self.directory, None).next_stamp(old::now()), kind: Kind::Unprocessed };
        files::rename(&self.directory, c"current", &name_of(file))?;
        old::settle(&self.directory, self.name.to_bytes());
        self.has_set_aside = true;
        Ok(())
    }

    fn open_current(&mut self) -> Result<(), Refusal> {
        let existed = files::facts(&self.directory, c"current").is_ok();
        self.open_fresh()?;
        let verb: &[u8] = if existed { b"append: " } else { b"new: " };
        self.common.voice.info(&[verb, self.name.to_bytes(), b"/", CURRENT.as_bytes()]);
        Ok(())
    }

    fn open_fresh(&mut self) -> Result<(), Refusal> {
        let current = place::open(&self.directory, c"current", Access::Append, 0o600)?;
        files::set_mode_of(&current, IN_USE)?;
        self.size = stream::extent(&current)?.length;
        self.current = Some(current);
        self.age_ends = None;
        self.begin_age();
        Ok(())
    }

    fn begin_age(&mut self) {
        if self.age_ends.is_none() && self.size > 0 && self.config.age > 0 {
            let age = self.config.age.saturating_mul(1000);
            self.age_ends = Some(clock::monotonic_milliseconds().saturating_add(age));
        }
    }

    /// The bounds of `current` and its size now.
    pub(crate) fn fill(&self) -> (Bounds, u64) {
        (self.bounds, self.size)
    }

    /// When `current` is old enough to be rotated.
    pub(crate) fn age_ends(&self) -> Option<u64> {
        self.age_ends
    }

    /// Is there anything in `current`?
    pub(crate) fn has_lines(&self) -> bool {
        self.size > 0
    }

    /// Makes sure that a name leads to `current`: somebody may have removed it, or the whole directory.
    pub(crate) fn ensure_current(&mut self) -> Result<(), Trouble> {
        if self.current.as_ref().is_some_and(|current| stream::extent(current).is_ok_and(|found| found.has_name)) {
            return Ok(());
        }
        if !stream::extent(&self.lock).is_ok_and(|found| found.has_name) {
            let refused = |error: Errno| Trouble::Refused("unable to open log directory", error.into());
            let directory = files::open_directory(files::CWD, &self.name).map_err(refused)?;
            self.lock = old::lock(&directory).map_err(|e| Trouble::Refused("unable to lock directory", e))?;
            self.directory = directory;
        }
        self.open_current().map_err(|error| Trouble::Refused("unable to open current", error))
    }

    /// Writes to `current`; the number of bytes that it took.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<usize, Trouble> {
        let refused = |error: Errno| Trouble::Refused("unable to write to current", error.into());
        let current = self.current.as_ref().ok_or(refused(Errno::BADF))?;
        let written = files::write(current, bytes).map_err(refused)?;
        if written == 0 && !bytes.is_empty() {
            return Err(refused(Errno::NOSPC));
        }
        self.size += written as u64;
        self.begin_age();
        Ok(written)
    }

    /// Ends `current` and begins a new one, deletes the oldest file if there are too many, starts the processor.
    pub(crate) fn rotate(&mut self, processor: &mut Processor) -> Result<(), Trouble> {
        if self.config.processor.is_some() && processor.file().is_some() {
            return Err(Trouble::Busy);
        }
        if self.size == 0 && self.current.is_some() {
            return Ok(());
        }
        if let Some(current) = self.current.take() {
            let kind = if self.config.processor.is_some() { Kind::Unprocessed } else { Kind::Safe };
            let file = OldFile { stamp: old::census(&self.directory, None).next_stamp(old::now()), kind };
            let renamed = stream::sync(&current)
                .and_then(|()| files::set_mode_of(&current, COMPLETE))
                .and_then(|()| files::rename(&self.directory, c"current", &name_of(file)));
            if let Err(error) = renamed {
                self.current = files::set_mode_of(&current, IN_USE).is_ok().then_some(current);
                return Err(Trouble::Refused("unable to rename current", error.into()));
            }
            old::settle(&self.directory, self.name.to_bytes());
            let size = decimal(self.size);
            let voice = self.common.voice;
            voice.info(&[b"rename: ", self.name.to_bytes(), b"/current ", &file.name(), b" ", &size]);
            self.size = 0;
            if !processor.is_running() {
                old::remove_leftovers(&self.directory);
            }
            self.prune(Some(file));
        }
        self.open_fresh().map_err(|error| Trouble::Refused("unable to open current", error))?;
        self.process(processor);
        Ok(())
    }

    /// Starts the processor for what an earlier svlogd has left. A log that is seldom rotated must not grow by a file with each
    /// power cut.
    pub(crate) fn begin(&self, processor: &mut Processor) {
        self.process(processor);
        if self.has_set_aside {
            self.prune(processor.file());
        }
    }

    /// Deletes the oldest files, but not the one that is spared, as long as there are too many: a power cut may have brought back some
    /// that were deleted.
    fn prune(&self, spared: Option<OldFile>) {
        while let Some(oldest) = old::census(&self.directory, spared).surplus(self.config.keep) {
            self.common.voice.info(&[b"delete: ", self.name.to_bytes(), b"/", &oldest.name()]);
            if !old::delete(&self.directory, self.name.to_bytes(), oldest) {
                return;
            }
        }
    }

    /// Makes room on a full disk: deletes the oldest file if the configuration allows it. Whether it did.
    pub(crate) fn make_room(&self, processor: &Processor) -> bool {
        let census = old::census(&self.directory, processor.file());
        let allowed = self.config.keep_at_least < self.config.keep && census.count > self.config.keep_at_least;
        let Some(oldest) = census.oldest.filter(|_| allowed) else { return false };
        warning(&[b"out of disk space, delete: ", self.name.to_bytes(), b"/", &oldest.name()]);
        old::delete(&self.directory, self.name.to_bytes(), oldest)
    }

    /// Starts the processor for the oldest file that waits for one, if there is one and it is free.
    pub(crate) fn process(&self, processor: &mut Processor) {
        if processor.is_running() {
            return;
        }
        let Some(command) = &self.config.processor else { return *processor = Processor::Idle };
        while let Some(file) = processor.file().or_else(|| old::census(&self.directory, None).unprocessed) {
            processor.start(&self.directory, self.name.to_bytes(), file, command, self.common.voice);
            if processor.file().is_some() {
                return;
            }
        }
    }

    /// A child ended: puts its output in place if it was this directory's processor, and takes the next file.
    pub(crate) fn child_ended(
        &self,
        processor: &mut Processor,
        pid: std::num::NonZeroU32,
        ending: sys::process::Ending,
    ) {
        let voice = self.common.voice;
        if processor.is_running() {
            processor.ended(&self.directory, self.name.to_bytes(), pid, ending, voice);
            if processor.file().is_none() {
                self.process(processor);
            }
        }
    }

    /// Closes the directory; the owner's x bit of `current` tells the next svlogd that no line is torn.
    pub(crate) fn close(self) {
        self.common.voice.info(&[b"close: ", self.name.to_bytes()]);
        let closed = self
            .current
            .map_or(Ok(()), |current| stream::sync(&current).and_then(|()| files::set_mode_of(&current, COMPLETE)))
            // A processor that is just being started has the descriptor until it is another program.
            .and_then(|()| files::unlock(&self.lock));
        if let Err(error) = closed {
            unable("unable to close current", self.name.to_bytes(), reason(error));
        }
    }
}
