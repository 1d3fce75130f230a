//! A service directory on disk: the lock, fifos, birth record and published status in its `supervise` folder.
//!
//! Duty: prepare the folder in the order that readers rely on (`ok` last), and publish by rename. Its one law: whoever
//! holds `supervise/lock` is the one supervisor of the directory; a child holds it too, until it has become its program.
//! Files and modes: runsv(8), runit-facts "runsv".

use crate::failure::{Failure, cannot};
use crate::folder::{self, Folder};
use core::ffi::CStr;
use protocol::birth::{self, Birth};
use protocol::paths;
use protocol::status::{self, Status};
use sys::files::{self, Access};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, message, stream};

/// Bytes of the longest name in `supervise`, with `.new` and a NUL.
const FILE_NAME_MAX: usize = 16;
/// Whoever is not the owner has no business with locks and fifos.
const PRIVATE_FILE: u32 = 0o600;
const PUBLIC_FILE: u32 = 0o644;

/// How sentences call the files of one of the two services.
struct Names {
    folder: folder::Names,
    removed: &'static str,
    birth: &'static str,
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
            folder: folder::Names {
                link_too_long: concat!("./", $log, "supervise: name too long"),
                foreign: concat!($log, "supervise belongs to somebody else"),
                foreign_file: concat!($log, "supervise holds a file of somebody else"),
                lock: concat!($log, "supervise/lock"),
            },
            removed: concat!($log, "supervise was removed, it is made anew"),
            birth: concat!($log, "supervise/birth"),
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
    supervise: Folder,
    names: &'static Names,
    /// Kept open: it is the lock.
    _lock: OwnedFd,
    birth: Result<OwnedFd, Failure>,
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
        let (supervise, lock) = open_locked(directory.as_fd(), state_name, &names.folder)?;
        let birth = open_birth(&supervise, names.birth);
        Ok(ServiceDir { directory, supervise, names, _lock: lock, birth, control: None, ok: None, published_pid: None })
    }

    /// Makes the folder and all that is in it anew, after somebody removed it. The record of the process that lives is kept.
    /// Hands back the sentence about it.
    pub fn renew(&mut self, state_name: Option<&CStr>) -> Result<&'static str, Failure> {
        let mut record = [0; birth::LENGTH];
        let old = self.birth.as_ref().ok().and_then(|birth| stream::read_at(birth, &mut record, 0).ok());
        (self.supervise, self._lock) = open_locked(self.directory.as_fd(), state_name, &self.names.folder)?;
        self.birth = open_birth(&self.supervise, self.names.birth);
        if let (Ok(birth), Some(birth::LENGTH)) = (&self.birth, old) {
            stream::write_at(birth, &record, 0).map_err(cannot("unable to write ", self.names.birth))?;
        }
        self.published_pid = None;
        self.open_control()?;
        self.open_ok()?;
        Ok(self.names.removed)
    }

    /// The record of the process that was started last, and the status that was published last, be it by a supervisor that
    /// is no more. A birth record that cannot be opened is told.
    pub fn left_behind(&self) -> Result<(Option<Birth>, Option<Status>), Failure> {
        let (mut record, mut published) = ([0; birth::LENGTH], [0; status::LENGTH + 1]);
        let length = match &self.birth {
            Ok(birth) => stream::read_at(birth, &mut record, 0).unwrap_or(0),
            Err(failure) => return Err(*failure),
        };
        let birth = record.get(..length).and_then(Birth::decode);
        let published = files::read_beginning(&self.supervise, paths::c::STATUS, &mut published);
        Ok((birth, published.ok().and_then(Status::decode)))
    }

    /// Takes the record back: its process has ended, and was seen to.
    pub fn forget_birth(&self) {
        if let Ok(file) = &self.birth {
            // The room is there. What stays all the same is found to have ended.
            let _ = stream::write_at(file, &[0; birth::LENGTH], 0);
        }
    }

    /// In a child: writes down what it is, so that the next supervisor knows it again.
    pub fn record_birth(&self, birth: &Birth) -> Result<(), Failure> {
        match &self.birth {
            Ok(file) => stream::write_at(file, &birth.encode(), 0)
                .map(drop)
                .map_err(cannot("unable to write ", self.names.birth)),
            // It was told when it was opened.
            Err(_) => Ok(()),
        }
    }

    /// Makes and opens the control fifo.
    pub fn open_control(&mut self) -> Result<(), Failure> {
        let name = paths::c::CONTROL;
        self.make_fifo(name, self.names.control)?;
        let reader = self.supervise.file(name, Access::Read, 0, self.names.control)?;
        if !files::facts_of(&reader).is_ok_and(|facts| facts.is_fifo) {
            return Err(Failure { unable: "", object: self.names.not_fifo, reason: None });
        }
        let writer = self.supervise.file(name, Access::Write, 0, self.names.control)?;
        self.control = Some(Fifo { reader, _writer: writer });
        Ok(())
    }

    /// Opens the `ok` fifo: from now on a supervisor is known to be here.
    pub fn open_ok(&mut self) -> Result<(), Failure> {
        self.make_fifo(paths::c::OK, self.names.ok)?;
        self.ok = Some(self.supervise.file(paths::c::OK, Access::Read, 0, self.names.ok)?);
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
        let file = self.supervise.file(new, Access::Replace, PUBLIC_FILE, object)?;
        message::write_all(&file, pieces).map_err(cannot("unable to write ", object))?;
        files::rename(&self.supervise, new, name).map_err(cannot("unable to rename ", object))
    }
}

/// Opens the folder and takes its lock.
fn open_locked(
    directory: BorrowedFd,
    state_name: Option<&CStr>,
    names: &folder::Names,
) -> Result<(Folder, OwnedFd), Failure> {
    let supervise = Folder::open(directory, state_name, names)?;
    let lock = supervise.file(paths::c::LOCK, Access::Keep, PRIVATE_FILE, names.lock)?;
    files::try_lock(&lock).map_err(cannot("unable to lock ", names.lock))?;
    Ok((supervise, lock))
}

/// Opens the birth record. A new one gets its full length now: then it can be written whatever the disk has left.
fn open_birth(supervise: &Folder, name: &'static str) -> Result<OwnedFd, Failure> {
    let birth = supervise.file(paths::c::BIRTH, Access::Keep, PRIVATE_FILE, name)?;
    if stream::extent(&birth).is_ok_and(|extent| extent.length < birth::LENGTH as u64) {
        stream::write_at(&birth, &[0; birth::LENGTH], 0).map_err(cannot("unable to write ", name))?;
    }
    Ok(birth)
}
