//! The lock of a service as others see it: where it is, and whether a runsv has it.
//!
//! Its one law: it is looked for where a runsv takes it, in the service directory, or below /run in a folder that says
//! it is for this directory; what is missing there nobody holds. Nothing is made.

use crate::chain::WALKED;
use crate::folder::{ROOT, is_for, is_trusted, record_of};
use core::ffi::CStr;
use protocol::paths;
use sys::files::{self, Access, CWD, Identity};
use sys::{Errno, OwnedFd};

/// A lock that was opened to look at it.
pub struct Lock<'a> {
    file: OwnedFd,
    name: &'a CStr,
    /// The folder that the name is in, and the path of the lock from there.
    folder: &'a [u8],
    within: &'static str,
}

impl<'a> Lock<'a> {
    /// Finds that of a service; what is missing nobody holds. `services` is the path of the services directory,
    /// `identity` that of the service's own; `path` is room for its path.
    pub fn find(services: &'a CStr, name: &'a CStr, identity: Identity, path: &mut [u8; WALKED]) -> Lock<'a> {
        let (folder, within) = (services.to_bytes(), paths::SUPERVISE_LOCK);
        let mut lock = Lock { file: OwnedFd::NONE, name, folder, within };
        lock.open(path);
        if !lock.file.is_open() {
            (lock.folder, lock.within) = (paths::STATE.as_bytes(), "");
            if files::open_directory(CWD, lock.path(path)).is_ok_and(|folder| is_kept_for(&folder, identity)) {
                lock.within = paths::LOCK;
                lock.open(path);
            }
        }
        lock
    }

    fn open(&mut self, path: &mut [u8; WALKED]) {
        self.file = files::open_in_place(CWD, self.path(path), Access::Read, 0).unwrap_or(OwnedFd::NONE);
    }

    /// Does somebody hold it?
    pub fn is_held(&self) -> bool {
        self.file.is_open() && is_held(&self.file)
    }

    /// Its path.
    #[inline(never)]
    pub fn path<'b>(&self, buffer: &'b mut [u8; WALKED]) -> &'b CStr {
        let pieces = [self.folder, b"/", self.name.to_bytes(), b"/", self.within.as_bytes()];
        files::join_in(buffer, &pieces).unwrap_or_default()
    }
}

/// Does somebody hold the lock of this file?
pub(crate) fn is_held(file: &OwnedFd) -> bool {
    files::try_lock(file) == Err(Errno::AGAIN)
}

/// Is it the folder below /run of this directory? One that somebody else has prepared is no reason to wait: a runsv
/// says what is wrong with it.
fn is_kept_for(folder: &OwnedFd, directory: Identity) -> bool {
    let is_ours = files::facts_of(folder).is_ok_and(|facts| is_trusted(facts.owner, ROOT));
    is_ours && is_for(folder, &record_of(directory))
}
