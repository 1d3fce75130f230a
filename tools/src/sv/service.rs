//! One service on the disk: where it is, what state its supervisor published, and the fifo that takes letters.
//!
//! The shell around the pure parts. Its one law: a supervisor is there if, and only if, `supervise/ok` has a reader; what
//! `supervise/status` says without one is history. Source: runsv(8), FILES; design.md, section 5 "Read-only root".

use super::report::{Observation, Trouble};
use crate::text;
use protocol::control::Control;
use protocol::status::{LENGTH, Status};
use protocol::{paths, place};
use std::ffi::{CStr, CString};
use sys::files::{self, CWD};
use sys::message::{complain, reason};
use sys::{BorrowedFd, Errno, OwnedFd, process};

/// A service, by its name and its two directories.
pub(crate) struct Service<'a> {
    /// As the user wrote it, or `NAME/log`.
    pub(crate) name: Vec<u8>,
    /// Where sv was started.
    here: BorrowedFd<'a>,
    /// From there.
    directory: CString,
    /// The directory that the supervisor writes into, from the service directory.
    supervise: CString,
}

impl<'a> Service<'a> {
    /// Finds a service by name. With a dot or slash in front, or a slash behind, it is a path; else it is a name in the
    /// services directory.
    pub(crate) fn find(here: BorrowedFd<'a>, services: &[u8], name: &[u8]) -> Service<'a> {
        let is_path = matches!(name, [b'.' | b'/', ..] | [.., b'/'] | []);
        let directory = if is_path { text(&[name]) } else { text(&[services, b"/", name]) };
        Service { name: name.to_vec(), here, directory, supervise: text(&[paths::SUPERVISE.as_bytes()]) }
    }

    /// Its log service; `None` if it has none. The service directory must be entered.
    pub(crate) fn log(&self) -> Option<Service<'a>> {
        if files::facts(CWD, paths::c::LOG) == Err(Errno::NOENT) {
            return None;
        }
        let log = [b"/", paths::LOG.as_bytes()].concat();
        let directory = text(&[self.directory.to_bytes(), &log]);
        let supervise = text(&[paths::SUPERVISE.as_bytes()]);
        Some(Service { name: [&*self.name, &log].concat(), here: self.here, directory, supervise })
    }

    /// Enters the service directory.
    pub(crate) fn enter(&self) -> Result<(), Errno> {
        if !self.directory.to_bytes().starts_with(b"/") {
            process::change_directory_to(self.here)?;
        }
        process::change_directory(&self.directory)
    }

    /// Enters it and reads its state.
    pub(crate) fn observe(&mut self) -> Result<Observation, Trouble> {
        self.open_ok()?;
        let status =
            files::open_to_read(CWD, &self.file(paths::STATUS)).map_err(|error| Trouble::Open(paths::STATUS, error))?;
        // One byte more than a record has, so that a longer file is told from one.
        let mut record = [0; LENGTH + 1];
        let length = files::read(&status, &mut record).map_err(|error| Trouble::Read(paths::STATUS, error))?;
        let status = record.get(..length).and_then(Status::decode).ok_or(Trouble::Format)?;
        Ok(Observation { status, normally_up: self.is_normally_up() })
    }

    /// Reads its state, if it is a log service.
    pub(crate) fn observe_log(&mut self) -> Result<Observation, Trouble> {
        self.observe().map_err(|trouble| match trouble {
            Trouble::Directory(error) => Trouble::LogDirectory(error),
            trouble => trouble,
        })
    }

    /// Enters the service directory, and opens the fifo that has a reader while the supervisor is there.
    pub(crate) fn open_ok(&mut self) -> Result<OwnedFd, Trouble> {
        self.enter().map_err(Trouble::Directory)?;
        match self.open(paths::OK) {
            Err(Trouble::Open(_, Errno::NOENT)) if self.is_elsewhere() => self.open(paths::OK),
            opened => opened,
        }
    }

    /// Sends letters, all in one write.
    pub(crate) fn send(&self, letters: &[Control]) -> Result<(), Trouble> {
        if letters.is_empty() {
            return Ok(());
        }
        self.enter().map_err(Trouble::Directory)?;
        let bytes: Vec<u8> = letters.iter().map(|letter| letter.byte()).collect();
        let control = self.open(paths::CONTROL)?;
        match files::write(&control, &bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => Err(Trouble::Write(Errno::AGAIN)),
            Err(error) => Err(Trouble::Write(error)),
        }
    }

    /// The directory that the supervisor writes into, from the service directory.
    pub(crate) fn supervise(&self) -> &CStr {
        &self.supervise
    }

    fn file(&self, name: &str) -> CString {
        text(&[self.supervise.to_bytes(), b"/", name.as_bytes()])
    }

    fn open(&self, fifo: &'static str) -> Result<OwnedFd, Trouble> {
        files::open_to_write(CWD, &self.file(fifo)).map_err(|error| match error {
            Errno::NXIO => Trouble::NotRunning,
            error => Trouble::Open(fifo, error),
        })
    }

    /// Does the supervisor write elsewhere? Where nobody could write into the service directory, runsv has its files there, if
    /// it runs.
    fn is_elsewhere(&mut self) -> bool {
        if files::facts(CWD, &self.supervise) != Err(Errno::NOENT) {
            return false;
        }
        for name in state_names(self.directory.to_bytes()) {
            let state = text(&[paths::STATE.as_bytes(), b"/", &name]);
            if is_here(&state) {
                self.supervise = state;
                return true;
            }
        }
        false
    }

    fn is_normally_up(&self) -> bool {
        match files::facts(CWD, paths::c::DOWN) {
            Ok(_) => false,
            Err(Errno::NOENT) => true,
            Err(error) => {
                let down = paths::DOWN.as_bytes();
                let why = reason(error).as_bytes();
                complain(&[b"warning: unable to stat ", &self.name, b"/", down, b": ", why, b"\n"]);
                false
            }
        }
    }
}

/// The names under which runsv may keep the files of the directory that is entered elsewhere: as the log service of the directory
/// around it, or as a service, by the last part of its path. Where the path ends in dots instead, the true path tells.
fn state_names(directory: &[u8]) -> [Vec<u8>; 2] {
    let log = paths::LOG.as_bytes();
    let mut buffer = [0; files::PATH_MAX];
    let [mut name, mut around] = last_parts(directory);
    let is_open = |part: &[u8]| part.is_empty() || part == b"..";
    if is_open(name) || (name == log && is_open(around)) {
        [name, around] = last_parts(process::current_directory(&mut buffer).map(CStr::to_bytes).unwrap_or_default());
    }
    let as_log = if name == log { [around, paths::LOG_STATE.as_bytes()].concat() } else { name.to_vec() };
    [as_log, name.to_vec()]
}

/// Is it a directory, and for the service directory that is entered? One that does not tell is taken to be.
fn is_here(state: &CStr) -> bool {
    let file = |name: &[u8]| text(&[state.to_bytes(), b"/", name]);
    if files::facts(CWD, &file(b".")).is_err() {
        return false;
    }
    let mut record = [0; place::LENGTH];
    let record = files::read_beginning(CWD, &file(paths::DIRECTORY.as_bytes()), &mut record);
    let Ok(identity) = files::facts(CWD, c".").map(|facts| facts.identity) else { return true };
    record.map_or(true, |record| record == place::encode(identity.device, identity.inode))
}

/// The last part of a path and the one before it; single dots are none.
fn last_parts(path: &[u8]) -> [&[u8]; 2] {
    let mut parts = path.rsplit(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    [parts.next().unwrap_or_default(), parts.next().unwrap_or_default()]
}
