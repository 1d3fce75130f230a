//! A service directory on disk: the lock, fifos, birth record and published status in its `supervise` folder.
//!
//! Duty: prepare the folder in the order that readers rely on (`ok` last), and publish by rename. Its one law: whoever
//! holds `supervise/lock` is the one supervisor of the directory; a child holds it too, until it has become its program.
//! Files and modes: runsv(8), runit-facts "runsv".

use crate::failure::{Failure, Object, Unable, Whose, cannot, news, warn};
use crate::folder::{Folder, PRIVATE_FILE};
use core::ffi::CStr;
use core::mem;
use protocol::birth::{self, Birth};
use protocol::paths;
use protocol::status::{self, Status, Want};
use sys::files::{self, Access};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, message, stream};

/// No process has this number.
const UNKNOWN: u32 = u32::MAX;

/// An open service directory (or the `log` folder of one) and its `supervise` folder.
pub struct ServiceDir {
    /// The directory, where the scripts are.
    directory: OwnedFd,
    whose: Whose,
    supervise: Supervise,
}

/// The `supervise` folder, and what is kept open of it.
struct Supervise {
    folder: Folder,
    /// Kept open: it is the lock.
    lock: OwnedFd,
    /// None where it cannot be had, which was told.
    birth: OwnedFd,
    /// The control fifo, for reading and for writing, so that it never comes to an end.
    control: OwnedFd,
    ok: OwnedFd,
    /// That of what was published last; [`UNKNOWN`] if not all of it could be.
    published_pid: u32,
}

impl Supervise {
    const NONE: Supervise = Supervise {
        folder: Folder::NONE,
        lock: OwnedFd::NONE,
        birth: OwnedFd::NONE,
        control: OwnedFd::NONE,
        ok: OwnedFd::NONE,
        published_pid: UNKNOWN,
    };
}

impl ServiceDir {
    /// The directory, whose `supervise` folder is still to be locked.
    pub fn new(directory: OwnedFd, whose: Whose) -> ServiceDir {
        ServiceDir { directory, whose, supervise: Supervise::NONE }
    }

    /// Takes the lock of the directory's `supervise` folder, making the folder if needed. `name` is that of the service, after
    /// which its folder below [`paths::STATE`] is called.
    #[inline(never)]
    #[cold]
    pub fn lock(&mut self, name: &[u8]) -> Result<(), Failure> {
        let suffix = if self.whose == Whose::LOG { paths::LOG_STATE } else { "" };
        let supervise = &mut self.supervise;
        supervise.folder.open(self.directory.as_fd(), name, suffix)?;
        supervise.lock = supervise.folder.file(paths::c::LOCK, Access::Keep, Object::Lock)?;
        files::try_lock(&supervise.lock).map_err(cannot(Unable::Lock, Object::Lock))?;
        supervise.folder.claim()?;
        let Err(failure) = self.open_birth() else { return Ok(()) };
        // A shortage passes. Without the record that may be there, a second process would be started.
        if matches!(failure.reason(), Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM)) {
            return Err(failure);
        }
        warn(name, failure.of(self.whose));
        Ok(())
    }

    /// Opens the birth record. Room for it is made now: then it can be written whatever the disk has left.
    fn open_birth(&mut self) -> Result<(), Failure> {
        let supervise = &mut self.supervise;
        supervise.birth = supervise.folder.file(paths::c::BIRTH, Access::Keep, Object::Birth)?;
        if self.read_birth().pid() != 0 {
            return Ok(());
        }
        let answer = self.write_birth(&Birth::NONE);
        if answer.is_err() {
            self.supervise.birth = OwnedFd::NONE;
        }
        answer
    }

    /// Makes the folder and all that is in it anew, after somebody removed it, and says so; with this record of the process that
    /// lives. Where the whole directory was removed there is nothing to make.
    #[cold]
    pub fn renew(&mut self, name: &[u8], birth: &Birth) -> bool {
        if !files::facts_of(&self.directory).is_ok_and(|facts| facts.names > 0) {
            return false;
        }
        let mut other = mem::replace(&mut self.supervise, Supervise::NONE);
        let is_renewed = self.make_anew(name, birth).is_ok();
        if is_renewed {
            warn(name, news(Unable::Nothing, Object::Removed).of(self.whose));
        } else {
            mem::swap(&mut self.supervise, &mut other);
        }
        is_renewed
    }

    fn make_anew(&mut self, name: &[u8], birth: &Birth) -> Result<(), Failure> {
        self.lock(name)?;
        self.write_birth(birth)?;
        self.open_control()?;
        self.open_ok()
    }

    /// Is there a directory?
    pub fn is_there(&self) -> bool {
        self.directory.is_open()
    }

    /// Which service's it is.
    pub fn whose(&self) -> Whose {
        self.whose
    }

    /// Reads the record of the process that was started last, be it by a supervisor that is no more; nobody's where there is none.
    #[inline(never)]
    pub fn read_birth(&self) -> Birth {
        let (file, mut birth) = (&self.supervise.birth, Birth::NONE);
        let is_whole = file.is_open() && stream::read_at(file, &mut birth.0, 0) == Ok(birth::LENGTH);
        if is_whole { birth } else { Birth::NONE }
    }

    /// Completes what was published last of a process, be it by a supervisor that is no more, and may have been killed before it
    /// published anything: then the process is wanted. Who was told to exit, and was killed over it, has exited: then what `status`
    /// says is wanted, as with each new supervisor.
    #[inline(never)]
    #[cold]
    pub fn recall(&self, status: &mut Status) {
        let (folder, mut record) = (&self.supervise.folder, [0; status::LENGTH + 1]);
        let record = files::read_beginning(folder, paths::c::STATUS, &mut record);
        let Some(last) = record.ok().and_then(Status::decode) else {
            status.want = Want::Up;
            return;
        };
        // The record has no letter for an exit; the words have.
        let mut stat = [0; status::STAT_MAX];
        let stat = files::read_beginning(folder, paths::c::STAT, &mut stat);
        let want = if stat.is_ok_and(|stat| stat.ends_with(b"want exit\n")) { status.want } else { last.want };
        if last.pid == status.pid {
            *status = last;
        }
        status.want = want;
    }

    /// Takes the record back: its process has ended, and was seen to. The room is there, and what stays all the same is found to
    /// have ended.
    pub fn forget_birth(&self) {
        let _ = self.write_birth(&Birth::NONE);
    }

    /// Writes the record; in a child: what it is, so that the next supervisor knows it again.
    #[inline(never)]
    pub fn write_birth(&self, birth: &Birth) -> Result<(), Failure> {
        let file = &self.supervise.birth;
        if !file.is_open() {
            return Ok(());
        }
        stream::write_at(file, &birth.0, 0).map(drop).map_err(cannot(Unable::Write, Object::Birth))
    }

    /// Makes and opens the control fifo.
    #[cold]
    pub fn open_control(&mut self) -> Result<(), Failure> {
        let control = self.open_fifo(paths::c::CONTROL, Object::Control)?;
        if !files::facts_of(&control).is_ok_and(|facts| facts.is_fifo) {
            return Err(news(Unable::Nothing, Object::NoFifo));
        }
        self.supervise.control = control;
        Ok(())
    }

    /// Opens the `ok` fifo: from now on a supervisor is known to be here.
    #[cold]
    pub fn open_ok(&mut self) -> Result<(), Failure> {
        self.supervise.ok = self.open_fifo(paths::c::OK, Object::Ok)?;
        Ok(())
    }

    #[cold]
    fn open_fifo(&self, name: &CStr, object: Object) -> Result<OwnedFd, Failure> {
        let folder = &self.supervise.folder;
        match files::make_fifo(folder, name, PRIVATE_FILE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(reason) => return Err(cannot(Unable::Create, object)(reason)),
        }
        folder.file(name, Access::Change, object)
    }

    /// The directory, where the scripts are.
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// The fifo that letters are read from.
    pub fn control(&self) -> BorrowedFd<'_> {
        self.supervise.control.as_fd()
    }

    /// Takes one letter from the control fifo, if one is there.
    pub fn read_control(&self) -> Option<u8> {
        let mut letter = [0];
        let length = files::read(self.control(), &mut letter).ok()?;
        letter.first().copied().filter(|_| length == 1)
    }

    /// Publishes pid (if it has changed), stat and status, each by rename. Of a stat that says the same as before only the
    /// time is new, by which readers (vsv) tell how long the service has been up.
    pub fn publish(&mut self, status: &Status, record: &[u8], is_same_stat: bool) -> Result<(), Failure> {
        if !self.supervise.folder.is_in_place(self.directory()) {
            return Err(cannot(Unable::Open, Object::NewStat)(Errno::NOENT));
        }
        let published_pid = mem::replace(&mut self.supervise.published_pid, UNKNOWN);
        if published_pid != status.pid {
            let mut digits = [0; _];
            let digits = message::decimal(status.pid, &mut digits);
            let text: [&[u8]; 2] = if status.pid == 0 { [b"", b""] } else { [digits, b"\n"] };
            self.replace(paths::c::PID, paths::c::PID_NEW, Object::NewPid, &text)?;
        }
        if !is_same_stat || published_pid == UNKNOWN || !self.supervise.folder.touch(paths::c::STAT) {
            let [state, paused, got_term, want, end] = status.stat();
            let stat = [state.as_bytes(), paused.as_bytes(), got_term.as_bytes(), want.as_bytes(), end.as_bytes()];
            self.replace(paths::c::STAT, paths::c::STAT_NEW, Object::NewStat, &stat)?;
        }
        self.replace(paths::c::STATUS, paths::c::STATUS_NEW, Object::NewStatus, &[record])?;
        self.supervise.published_pid = status.pid;
        Ok(())
    }

    /// Writes a file under its new name, and renames it, so that no reader ever sees a part.
    fn replace(&self, name: &CStr, new: &CStr, object: Object, pieces: &[&[u8]]) -> Result<(), Failure> {
        let folder = &self.supervise.folder;
        let file = folder.file(new, Access::Replace, object)?;
        message::write_all(&file, pieces).map_err(cannot(Unable::Write, object))?;
        files::rename(folder, new, name).map_err(cannot(Unable::Rename, object))
    }
}
