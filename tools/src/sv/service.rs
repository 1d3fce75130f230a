//! One service on the disk: where it is, what state its supervisor published, and the fifo that takes letters.
//!
//! The shell around the pure parts. Its one law: a supervisor is there if, and only if, `supervise/ok` has a reader; what
//! `supervise/status` says without one is history. Source: runsv(8), FILES; design.md, section 5 "Read-only root".

use super::report::{Observation, Trouble};
use protocol::control::Control;
use protocol::status::{LENGTH, Status};
use protocol::{paths, place};
use std::ffi::CString;
use sys::files::{self, CWD};
use sys::message::{complain, reason};
use sys::{Errno, OwnedFd, process};

/// A service, by its name and its two directories.
#[derive(Debug)]
pub(crate) struct Service {
    /// As the user wrote it, or `NAME/log`.
    pub(crate) name: Vec<u8>,
    directory: Vec<u8>,
    supervise: Vec<u8>,
}

impl Service {
    /// Finds a service by name. With a dot or slash in front, or a slash behind, it is a path; else it is a name in the
    /// services directory.
    pub(crate) fn find(name: &[u8], services: &[u8]) -> Service {
        let is_path = matches!(name, [b'.' | b'/', ..] | [.., b'/']);
        let directory = if is_path || name.is_empty() { name.to_vec() } else { [services, b"/", name].concat() };
        Service::at(name, directory)
    }

    fn at(name: &[u8], directory: Vec<u8>) -> Service {
        let mut supervise = [directory.as_slice(), b"/", paths::SUPERVISE.as_bytes()].concat();
        if files::facts(CWD, &path(&[&supervise])) == Err(Errno::NOENT) {
            // Nobody could write into the service directory: runsv has its files elsewhere, if it runs.
            let elsewhere = state_names(&directory).map(|name| [paths::STATE.as_bytes(), b"/", &name].concat());
            let there =
                |state: &Vec<u8>| files::facts(CWD, &path(&[state, b"/."])).is_ok() && is_for(state, &directory);
            supervise = elsewhere.into_iter().find(there).unwrap_or(supervise);
        }
        Service { name: name.to_vec(), directory, supervise }
    }

    /// Its log service; `None` if it has none.
    pub(crate) fn log(&self) -> Option<Service> {
        let directory = [self.directory.as_slice(), b"/", paths::LOG.as_bytes()].concat();
        let name = [self.name.as_slice(), b"/", paths::LOG.as_bytes()].concat();
        if files::facts(CWD, &path(&[&directory])) == Err(Errno::NOENT) {
            return None;
        }
        Some(Service::at(&name, directory))
    }

    /// Reads its state.
    pub(crate) fn observe(&self) -> Result<Observation, Trouble> {
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
    pub(crate) fn observe_log(&self) -> Result<Observation, Trouble> {
        self.observe().map_err(|trouble| match trouble {
            Trouble::Directory(error) => Trouble::LogDirectory(error),
            trouble => trouble,
        })
    }

    /// Enters the service directory, and opens the fifo that has a reader while the supervisor is there.
    pub(crate) fn open_ok(&self) -> Result<OwnedFd, Trouble> {
        if self.directory.is_empty() {
            return Err(Trouble::Directory(Errno::NOENT));
        }
        // The dot asks what entering it would ask: that it is a directory, and may be searched.
        files::facts(CWD, &path(&[&self.directory, b"/."])).map_err(Trouble::Directory)?;
        self.open(paths::OK)
    }

    /// Sends letters, all in one write.
    pub(crate) fn send(&self, letters: &[Control]) -> Result<(), Trouble> {
        let bytes: Vec<u8> = letters.iter().map(|letter| letter.byte()).collect();
        if bytes.is_empty() {
            return Ok(());
        }
        let control = self.open(paths::CONTROL)?;
        match files::write(&control, &bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => Err(Trouble::Write(Errno::AGAIN)),
            Err(error) => Err(Trouble::Write(error)),
        }
    }

    /// The directory that the supervisor writes into.
    pub(crate) fn supervise(&self) -> CString {
        path(&[&self.supervise])
    }

    /// A path below the service directory.
    pub(crate) fn path(&self, name: &str) -> CString {
        path(&[&self.directory, b"/", name.as_bytes()])
    }

    fn file(&self, name: &str) -> CString {
        path(&[&self.supervise, b"/", name.as_bytes()])
    }

    fn open(&self, fifo: &'static str) -> Result<OwnedFd, Trouble> {
        files::open_to_write(CWD, &self.file(fifo)).map_err(|error| match error {
            Errno::NXIO => Trouble::NotRunning,
            error => Trouble::Open(fifo, error),
        })
    }

    fn is_normally_up(&self) -> bool {
        match files::facts(CWD, &self.path(paths::DOWN)) {
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

/// Joins pieces to a path. No piece has a NUL: all come from arguments, the environment and directories.
pub(crate) fn path(pieces: &[&[u8]]) -> CString {
    CString::new(pieces.concat()).unwrap_or_default()
}

/// The names under which runsv may keep the files of a directory elsewhere: as the log service of the directory around it,
/// or as a service, by the last part of its path. Where the path ends in dots instead, the true path tells.
fn state_names(directory: &[u8]) -> [Vec<u8>; 2] {
    let log = paths::LOG.as_bytes();
    let [mut name, mut around] = last_parts(directory);
    let is_open = |part: &[u8]| part.is_empty() || part == b"..";
    if is_open(&name) || (name == log && is_open(&around)) {
        [name, around] = last_parts(&true_path(directory).unwrap_or_default());
    }
    let as_log = if name == log { [&around, paths::LOG_STATE.as_bytes()].concat() } else { name.clone() };
    [as_log, name]
}

/// Is the folder for this directory? One that does not tell is taken to be.
fn is_for(state: &[u8], directory: &[u8]) -> bool {
    let mut record = [0; place::LENGTH];
    let record = files::read_beginning(CWD, &path(&[state, b"/", paths::DIRECTORY.as_bytes()]), &mut record);
    let Ok(identity) = files::facts(CWD, &path(&[directory])).map(|facts| facts.identity) else { return true };
    record.map_or(true, |record| record == place::encode(identity.device, identity.inode))
}

/// The path of a directory without links and dots: what the kernel calls it from inside.
fn true_path(directory: &[u8]) -> Option<Vec<u8>> {
    let here = files::open_directory(CWD, c".").ok()?;
    process::change_directory(&path(&[directory])).ok()?;
    let mut buffer = [0; files::PATH_MAX];
    let there = process::current_directory(&mut buffer);
    process::change_directory_to(sys::AsFd::as_fd(&here)).ok()?;
    Some(there.ok()?.to_bytes().to_vec())
}

/// The last part of a path and the one before it; single dots are none.
fn last_parts(path: &[u8]) -> [Vec<u8>; 2] {
    let mut parts = path.rsplit(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    [(); 2].map(|()| parts.next().unwrap_or_default().to_vec())
}
