//! A service directory on disk: the lock, fifos, birth record and published status in its `supervise` folder.
//!
//! Duty: prepare the folder in the order that readers rely on (`ok` last), and publish by rename. Its one law: whoever
//! holds `supervise/lock` is the one supervisor of the directory; a child holds it too, until it has become its program.
//! Files and modes: runsv(8), runit-facts "runsv".

use crate::failure::{Failure, Object, Unable, WARNING, cannot, news, tell};
use crate::folder::{self, Folder, PRIVATE_FILE, StateName};
use core::ffi::CStr;
use protocol::birth::{self, Birth};
use protocol::paths;
use protocol::status::{self, Status, Want};
use sys::files::{self, Access};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, message, stream};

/// What is published is for everybody who gets into the folder.
const PUBLIC_FILE: u32 = 0o644;

/// An open service directory (or the `log` folder of one) and its `supervise` folder.
pub struct ServiceDir {
    /// The directory, where the scripts are.
    directory: OwnedFd,
    supervise: Folder,
    /// Is it the log service's?
    is_log: bool,
    /// Kept open: it is the lock.
    _lock: OwnedFd,
    /// `None` where it cannot be had, which was told.
    birth: Option<OwnedFd>,
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
    /// Takes the lock of the directory's `supervise` folder, making the folder if needed. `name` is that of the service, after
    /// which its folder below [`paths::STATE`] is called.
    #[inline(never)]
    pub fn lock(directory: OwnedFd, name: &[u8], is_log: bool) -> Result<ServiceDir, Failure> {
        let mut buffer = [0; size_of::<StateName>()];
        let suffix = if is_log { paths::LOG_STATE } else { "" };
        let supervise = Folder::open(directory.as_fd(), folder::state_name(name, suffix, &mut buffer))?;
        let lock = supervise.file(paths::c::LOCK, Access::Keep, PRIVATE_FILE, Object::Lock)?;
        files::try_lock(&lock).map_err(cannot(Unable::Lock, Object::Lock))?;
        if supervise.claim()? {
            let _ = files::remove(&supervise, paths::c::BIRTH);
        }
        let birth = match open_birth(&supervise) {
            Ok(birth) => Some(birth),
            // A shortage passes. Without the record that may be there, a second process would be started.
            Err(failure) if matches!(failure.reason(), Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => {
                return Err(failure);
            }
            Err(failure) => {
                tell(name, WARNING, failure.of(is_log));
                None
            }
        };
        Ok(ServiceDir {
            directory,
            supervise,
            is_log,
            _lock: lock,
            birth,
            control: None,
            ok: None,
            published_pid: None,
        })
    }

    /// Makes the folder and all that is in it anew, after somebody removed it, and says so. The record of the process that
    /// lives is kept. Where the whole directory was removed there is nothing to make.
    pub fn renew(&mut self, name: &[u8]) -> Result<(), Failure> {
        let directory = match files::open_directory(&self.directory, c".") {
            Ok(directory) if files::facts_of(&directory).is_ok_and(|facts| facts.names > 0) => directory,
            _ => return Err(cannot(Unable::Open, Object::Lock)(Errno::NOENT)),
        };
        let mut renewed = ServiceDir::lock(directory, name, self.is_log)?;
        match self.birth() {
            Some(birth) => renewed.write_birth(&birth)?,
            None => renewed.forget_birth(),
        }
        renewed.open_control()?;
        renewed.open_ok()?;
        *self = renewed;
        tell(name, WARNING, news(Unable::Nothing, Object::Removed).of(self.is_log));
        Ok(())
    }

    /// Is it the log service's?
    pub fn is_log(&self) -> bool {
        self.is_log
    }

    /// The record of the process that was started last, be it by a supervisor that is no more.
    pub fn birth(&self) -> Option<Birth> {
        let mut record = [0; birth::LENGTH];
        let length = stream::read_at(self.birth.as_ref()?, &mut record, 0).ok()?;
        Birth::decode(record.get(..length)?)
    }

    /// The status that was published last, be it by a supervisor that is no more. Who was told to exit, and was killed over it,
    /// has exited: then `want` is what is wanted, as with each new supervisor.
    pub fn last_status(&self, want: Want) -> Option<Status> {
        let mut record = [0; status::LENGTH + 1];
        let mut status = Status::decode(files::read_beginning(&self.supervise, paths::c::STATUS, &mut record).ok()?)?;
        // The record has no letter for an exit; the words have.
        let mut stat = [0; status::STAT_MAX];
        let stat = files::read_beginning(&self.supervise, paths::c::STAT, &mut stat);
        if stat.is_ok_and(|stat| stat.ends_with(b"want exit\n")) {
            status.want = want;
        }
        Some(status)
    }

    /// Takes the record back: its process has ended, and was seen to.
    pub fn forget_birth(&self) {
        // The room is there. What stays all the same is found to have ended.
        let _ = self.birth.as_ref().map(make_room);
    }

    /// Writes the record; in a child: what it is, so that the next supervisor knows it again.
    pub fn write_birth(&self, birth: &Birth) -> Result<(), Failure> {
        let Some(file) = &self.birth else { return Ok(()) };
        let answer = stream::write_at(file, &birth.encode(), 0).map(drop);
        answer.map_err(cannot(Unable::Write, Object::Birth))
    }

    /// Makes and opens the control fifo.
    pub fn open_control(&mut self) -> Result<(), Failure> {
        let name = paths::c::CONTROL;
        self.make_fifo(name, Object::Control)?;
        let reader = self.supervise.file(name, Access::Read, 0, Object::Control)?;
        if !files::facts_of(&reader).is_ok_and(|facts| facts.is_fifo) {
            return Err(news(Unable::Nothing, Object::NoFifo));
        }
        let writer = self.supervise.file(name, Access::Write, 0, Object::Control)?;
        self.control = Some(Fifo { reader, _writer: writer });
        Ok(())
    }

    /// Opens the `ok` fifo: from now on a supervisor is known to be here.
    pub fn open_ok(&mut self) -> Result<(), Failure> {
        self.make_fifo(paths::c::OK, Object::Ok)?;
        self.ok = Some(self.supervise.file(paths::c::OK, Access::Read, 0, Object::Ok)?);
        Ok(())
    }

    fn make_fifo(&self, name: &CStr, object: Object) -> Result<(), Failure> {
        match files::make_fifo(&self.supervise, name, PRIVATE_FILE) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(reason) => Err(cannot(Unable::Create, object)(reason)),
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

    /// Publishes pid (if it has changed), stat and status, each by rename. Of a stat that says the same as before only the
    /// time is new, by which readers (vsv) tell how long the service has been up.
    pub fn publish(&mut self, status: &Status, is_same_stat: bool) -> Result<(), Failure> {
        if !self.supervise.is_in_place(self.directory()) {
            return Err(cannot(Unable::Open, Object::NewStat)(Errno::NOENT));
        }
        if self.published_pid != Some(status.pid) {
            let digits = message::decimal(status.pid);
            let text: [&[u8]; 2] = if status.pid == 0 { [b"", b""] } else { [digits.as_bytes(), b"\n"] };
            self.replace(paths::c::PID, paths::c::PID_NEW, Object::NewPid, &text)?;
            self.published_pid = Some(status.pid);
        }
        if !is_same_stat || !self.supervise.touch(paths::c::STAT) {
            let [state, paused, got_term, want, end] = status.stat();
            let stat = [state.as_bytes(), paused.as_bytes(), got_term.as_bytes(), want.as_bytes(), end.as_bytes()];
            self.replace(paths::c::STAT, paths::c::STAT_NEW, Object::NewStat, &stat)?;
        }
        self.replace(paths::c::STATUS, paths::c::STATUS_NEW, Object::NewStatus, &[&status.encode()])
    }

    /// Writes a file under its new name, and renames it, so that no reader ever sees a part.
    fn replace(&self, name: &CStr, new: &CStr, object: Object, pieces: &[&[u8]]) -> Result<(), Failure> {
        let file = self.supervise.file(new, Access::Replace, PUBLIC_FILE, object)?;
        message::write_all(&file, pieces).map_err(cannot(Unable::Write, object))?;
        files::rename(&self.supervise, new, name).map_err(cannot(Unable::Rename, object))
    }
}

/// Writes a birth record of nobody.
#[inline(never)]
fn make_room(birth: &OwnedFd) -> Result<(), Errno> {
    stream::write_at(birth, &[0; birth::LENGTH], 0).map(drop)
}

/// Opens the birth record. A new one gets its full length now: then it can be written whatever the disk has left.
fn open_birth(supervise: &Folder) -> Result<OwnedFd, Failure> {
    let birth = supervise.file(paths::c::BIRTH, Access::Keep, PRIVATE_FILE, Object::Birth)?;
    if stream::read_at(&birth, &mut [0; birth::LENGTH], 0).is_ok_and(|length| length < birth::LENGTH) {
        make_room(&birth).map_err(cannot(Unable::Write, Object::Birth))?;
    }
    Ok(birth)
}
