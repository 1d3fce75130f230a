//! The files of a log directory besides `current`: old files, what a processor left, the lock.
//!
//! Its one law: only files that svlogd itself has made and named are counted or deleted. Source: svlogd(8), LOG DIRECTORY.

use super::place::{self, Refusal};
use super::processor::name_of;
use super::speech::{reason, unable, warning};
use machine::rotation::{Census, Kind, OldFile};
use protocol::paths::LOCK;
use protocol::tai64n::Tai64n;
use std::ffi::CStr;
use sys::files::Access;
use sys::{AsFd, Errno, OwnedFd, clock, files, stream};

/// Bytes of the lock's name with its NUL.
const LOCK_SPACE: usize = LOCK.len() + 1;

/// Looks through the directory. A part that cannot be read is as if it were not there: nothing of it is deleted.
pub(crate) fn census(directory: &OwnedFd, spared: Option<OldFile>) -> Census {
    let mut census = Census::default();
    let seen = files::each_name(directory.as_fd(), |name| census.see(name.to_bytes(), spared));
    if let Err(error) = seen {
        warning(&[b"unable to read log directory: ", reason(error).as_bytes()]);
    }
    census
}

/// Deletes an old file; whether it is gone.
pub(crate) fn delete(directory: &OwnedFd, name: &[u8], file: OldFile) -> bool {
    let deleted = files::remove(directory, &name_of(file));
    if let Err(error) = deleted {
        unable("unable to delete", &[name, b"/", &file.name()].concat(), reason(error));
    }
    deleted.is_ok()
}

/// Deletes what processors have written that did not finish.
pub(crate) fn remove_leftovers(directory: &OwnedFd) {
    while let Some(file) = any_temporary(directory) {
        if files::remove(directory, &name_of(file)).is_err() {
            return;
        }
    }
}

fn any_temporary(directory: &OwnedFd) -> Option<OldFile> {
    let mut found = None;
    let note = |name: &CStr| {
        found = OldFile::from_name(name.to_bytes()).filter(|file| file.kind == Kind::Temporary).or(found);
    };
    files::each_name(directory.as_fd(), note).ok().and(found)
}

/// Waits until the disk has the names of the directory. Some file systems cannot be asked to.
pub(crate) fn settle(directory: &OwnedFd, name: &[u8]) {
    match stream::sync(directory) {
        Ok(()) | Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => {}
        Err(error) => unable("unable to sync log directory", name, reason(error)),
    }
}

/// Locks the directory for as long as the descriptor is open.
pub(crate) fn lock(directory: &OwnedFd) -> Result<OwnedFd, Refusal> {
    let mut space = [0; LOCK_SPACE];
    let name = files::join_in(&mut space, &[LOCK.as_bytes()]).ok_or(Errno::NAMETOOLONG)?;
    let lock = place::open(directory, name, Access::Append, 0o600)?;
    files::try_lock(&lock)?;
    Ok(lock)
}

/// The moment, for the name of a file that is rotated now.
pub(crate) fn now() -> Tai64n {
    let (seconds, nanoseconds) = clock::wall();
    Tai64n::from_unix(seconds, nanoseconds)
}
