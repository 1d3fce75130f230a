//! A service directory on disk: its `supervise` folder, lock, fifos and published status.
//!
//! Duty: prepare the folder in the order that readers rely on (`ok` last), and publish by rename. Its one law: whoever
//! holds `supervise/lock` is the one supervisor of the directory. Files and modes: runsv(8), runit-facts "runsv".

use crate::failure::{Failure, cannot};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use protocol::paths;
use protocol::status::Status;
use sys::files::{self, NAME_MAX};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, message};

/// Bytes of the longest target of a `supervise` link, with its NUL: a path within the service directory or below /run.
const LINK_MAX: usize = 256;
/// Room for a service's name below [`paths::STATE`].
pub type StateName = [u8; NAME_MAX];
/// Bytes of the longest name in `supervise`, with `.new` and a NUL.
const FILE_NAME_MAX: usize = 16;
/// Whoever is not the owner has no business in `supervise`.
const PRIVATE_DIRECTORY: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
const PUBLIC_FILE: u32 = 0o644;
/// The folders above a service's state below /run.
const PUBLIC_DIRECTORY: u32 = 0o755;

/// How sentences call the files of one of the two services.
struct Names {
    link_too_long: &'static str,
    lock: &'static str,
    control: &'static str,
    not_fifo: &'static str,
    ok: &'static str,
    pid: &'static str,
    stat: &'static str,
    status: &'static str,
}

/// The names, behind `log/` for the log service.
macro_rules! names {
    ($log:literal) => {
        Names {
            link_too_long: concat!("./", $log, "supervise: name too long"),
            lock: concat!($log, "supervise/lock"),
            control: concat!($log, "supervise/control"),
            not_fifo: concat!($log, "supervise/control exists but is not a fifo"),
            ok: concat!($log, "supervise/ok"),
            pid: concat!($log, "supervise/pid.new"),
            stat: concat!($log, "supervise/stat.new"),
            status: concat!($log, "supervise/status.new"),
        }
    };
}

const MAIN: &Names = &names!("");
const LOG: &Names = &names!("log/");

/// An open service directory (or the `log` folder of one) and its `supervise` folder.
pub struct ServiceDir {
    /// The directory, where the scripts are.
    directory: OwnedFd,
    supervise: OwnedFd,
    names: &'static Names,
    /// Kept open: it is the lock.
    _lock: OwnedFd,
    control: Option<Fifo>,
    ok: Option<OwnedFd>,
    published_pid: Option<u32>,
}

/// The control fifo: read here, and held open for writing so that it never comes to an end.
struct Fifo {
    reader: OwnedFd,
    _writer: OwnedFd,
}

impl ServiceDir {
    /// Takes the lock of the directory's `supervise` folder, making the folder if needed. `state_name` is its name below
    /// [`paths::STATE`], where it goes if the directory cannot be written.
    pub fn lock(directory: OwnedFd, state_name: Option<&CStr>, is_log: bool) -> Result<ServiceDir, Failure> {
        let names = if is_log { LOG } else { MAIN };
        make_supervise(directory.as_fd(), names)?;
        let supervise = open_supervise(directory.as_fd(), state_name).map_err(cannot("unable to open ", names.lock))?;
        let lock = files::open_to_append(&supervise, paths::c::LOCK, PRIVATE_FILE)
            .map_err(cannot("unable to open ", names.lock))?;
        files::try_lock(&lock).map_err(cannot("unable to lock ", names.lock))?;
        Ok(ServiceDir { directory, supervise, names, _lock: lock, control: None, ok: None, published_pid: None })
    }

    /// Makes and opens the control fifo.
    pub fn open_control(&mut self) -> Result<(), Failure> {
        let name = paths::c::CONTROL;
        self.make_fifo(name, self.names.control)?;
        let reader =
            files::open_to_read(&self.supervise, name).map_err(cannot("unable to open ", self.names.control))?;
        if !files::facts_of(&reader).is_ok_and(|facts| facts.is_fifo) {
            return Err(Failure { unable: "", object: self.names.not_fifo, reason: None });
        }
        let writer =
            files::open_to_write(&self.supervise, name).map_err(cannot("unable to open ", self.names.control))?;
        self.control = Some(Fifo { reader, _writer: writer });
        Ok(())
    }

    /// Opens the `ok` fifo: from now on a supervisor is known to be here.
    pub fn open_ok(&mut self) -> Result<(), Failure> {
        self.make_fifo(paths::c::OK, self.names.ok)?;
        let reader =
            files::open_to_read(&self.supervise, paths::c::OK).map_err(cannot("unable to open ", self.names.ok))?;
        self.ok = Some(reader);
        Ok(())
    }

    fn make_fifo(&self, name: &CStr, object: &'static str) -> Result<(), Failure> {
        match files::make_fifo(&self.supervise, name, PRIVATE_FILE) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(reason) => Err(cannot("unable to create ", object)(reason)),
        }
    }

    /// The directory, where the scripts are.
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// The end of the control fifo that letters are read from.
    pub fn control(&self) -> Option<BorrowedFd<'_>> {
        self.control.as_ref().map(|fifo| fifo.reader.as_fd())
    }

    /// Takes one letter from the control fifo, if one is there.
    pub fn read_control(&self) -> Option<u8> {
        let mut letter = [0];
        let length = files::read(self.control()?, &mut letter).ok()?;
        letter.first().copied().filter(|_| length == 1)
    }

    /// Publishes pid (if it has changed), stat and status, each by rename.
    pub fn publish(&mut self, status: &Status) -> Result<(), Failure> {
        if self.published_pid != Some(status.pid) {
            let digits = message::decimal(status.pid);
            let text: [&[u8]; 2] = if status.pid == 0 { [b"", b""] } else { [digits.as_bytes(), b"\n"] };
            self.replace(paths::c::PID, self.names.pid, &text)?;
            self.published_pid = Some(status.pid);
        }
        self.replace(paths::c::STAT, self.names.stat, &status.stat().map(str::as_bytes))?;
        self.replace(paths::c::STATUS, self.names.status, &[&status.encode()])
    }

    /// Writes a file under its new name, and renames it, so that no reader ever sees a part.
    fn replace(&self, name: &CStr, object: &'static str, pieces: &[&[u8]]) -> Result<(), Failure> {
        let mut new = [0; FILE_NAME_MAX];
        let new = files::join_in(&mut new, &[name.to_bytes(), paths::NEW.as_bytes()]).unwrap_or_default();
        let file =
            files::open_truncated(&self.supervise, new, PUBLIC_FILE).map_err(cannot("unable to open ", object))?;
        message::write_all(&file, pieces).map_err(cannot("unable to write ", object))?;
        files::rename(&self.supervise, new, name).map_err(cannot("unable to rename ", object))
    }
}

/// The name of a service's folder below [`paths::STATE`]: the last part of its directory's path and the suffix. `None` for
/// a path that ends in no name of its own (`.`), or in one that is too long.
pub fn state_name<'a>(path: &[u8], suffix: &str, buffer: &'a mut StateName) -> Option<&'a CStr> {
    let mut parts = path.rsplit(|byte| *byte == b'/').filter(|part| !part.is_empty());
    let name = parts.next().filter(|name| *name != b"." && *name != b"..")?;
    files::join_in(buffer, &[name, suffix.as_bytes()])
}

/// Makes the `supervise` folder, or the missing target of its link. That it cannot be made shows when it is opened.
fn make_supervise(directory: BorrowedFd, names: &Names) -> Result<(), Failure> {
    let (mut buffer, mut path) = ([MaybeUninit::uninit(); LINK_MAX], [0; LINK_MAX]);
    let missing = match files::read_link(directory, paths::c::SUPERVISE, &mut buffer) {
        Ok(Some(target)) => files::join_in(&mut path, &[target]).unwrap_or_default(),
        Ok(None) => return Err(Failure { unable: "unable to readlink ", object: names.link_too_long, reason: None }),
        Err(_) => paths::c::SUPERVISE,
    };
    let _ = files::make_directory(directory, missing, PRIVATE_DIRECTORY);
    Ok(())
}

/// Opens the `supervise` folder; without one (it could not be made: a read-only root) the service's folder below /run.
fn open_supervise(directory: BorrowedFd, state_name: Option<&CStr>) -> Result<OwnedFd, Errno> {
    match (files::open_directory(directory, paths::c::SUPERVISE), state_name) {
        // A link that leads nowhere is a mistake to be told, not a place that nobody prepared.
        (Err(Errno::NOENT), Some(name)) if files::facts_of_link(directory, paths::c::SUPERVISE).is_err() => {
            open_state(name).map_err(|_| Errno::NOENT)
        }
        (answer, _) => answer,
    }
}

/// Opens the service's folder below [`paths::STATE`], making it and those above it.
fn open_state(name: &CStr) -> Result<OwnedFd, Errno> {
    let mut end = 0;
    for part in paths::STATE.split_inclusive('/') {
        end += part.len();
        let above = paths::STATE.as_bytes().get(..end).unwrap_or_default();
        if let Some(above) = files::join_in(&mut [0; LINK_MAX], &[above]) {
            let _ = files::make_directory(files::CWD, above, PUBLIC_DIRECTORY);
        }
    }
    let state = files::open_directory(files::CWD, paths::c::STATE)?;
    let _ = files::make_directory(&state, name, PRIVATE_DIRECTORY);
    files::open_directory(&state, name)
}
