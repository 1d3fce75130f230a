//! The `supervise` folder of a service directory: where it is, whose it is, and how its files are opened.
//!
//! It is in the service directory, or where a link there leads, or below /run if nobody can write there; once there it stays
//! while it is in use, and says which directory it is for. Its one law: what
//! another user may have prepared is not used: a folder must be ours, root's or the service directory's owner's, in a folder
//! that others can write so must each file, and no link in it is followed. Source: runsv(8), runit-facts "runsv".

use crate::failure::{Failure, Object, Unable, cannot, news};
use crate::lock::is_held;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use protocol::{paths, place};
use sys::files::{self, Access, CWD, Facts, Identity, NAME_MAX};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, process, stream};

/// Bytes of the longest target of a `supervise` link, with its NUL: a path within the service directory or below /run.
const LINK_MAX: usize = NAME_MAX;
/// Whoever is not the owner has no business in `supervise`.
const PRIVATE_DIRECTORY: u32 = 0o700;
/// Nor with locks, fifos and records.
pub const PRIVATE_FILE: u32 = 0o600;
/// What is published is for everybody who gets into the folder.
const PUBLIC_FILE: u32 = 0o644;
/// The folders above a service's state below /run.
const PUBLIC_DIRECTORY: u32 = 0o755;
/// Permission of the group and of others to write, and the bit by which they may do so with their own files only.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// The user that may do everything.
pub(crate) const ROOT: u32 = 0;

/// The open folder.
pub struct Folder {
    folder: OwnedFd,
    /// Which folder it is.
    place: Identity,
    /// Owner of the service directory.
    owner: u32,
    /// May others write there?
    is_shared: bool,
    /// Is it below [`paths::STATE`]?
    is_below_run: bool,
    /// The record that says which service directory it is for.
    record: [u8; place::LENGTH],
}

impl Folder {
    /// One that is not open yet.
    pub const NONE: Folder = Folder {
        folder: OwnedFd::NONE,
        place: Identity { device: 0, inode: 0 },
        owner: ROOT,
        is_shared: false,
        is_below_run: false,
        record: [0; place::LENGTH],
    };

    /// Opens the folder of a directory, making it if needed. `name` and `suffix` make its name below [`paths::STATE`], where it
    /// is if the directory cannot be written.
    #[cold]
    pub fn open(&mut self, directory: BorrowedFd, name: &[u8], suffix: &str) -> Result<(), Failure> {
        match files::facts_of(directory) {
            Ok(facts) => (self.owner, self.record) = (facts.owner, record_of(facts.identity)),
            Err(reason) => return Err(unopened(reason)),
        }
        self.folder = self.find(directory, name, suffix)?;
        match files::facts_of(&self.folder) {
            Ok(facts) if is_trusted(facts.owner, self.owner) => {
                (self.place, self.is_shared) = (facts.identity, facts.mode & OTHERS_WRITE != 0);
                Ok(())
            }
            Ok(_) => Err(news(Unable::Nothing, Object::Foreign)),
            Err(reason) => Err(unopened(reason)),
        }
    }

    /// Finds or makes it.
    fn find(&mut self, directory: BorrowedFd, name: &[u8], suffix: &str) -> Result<OwnedFd, Failure> {
        let (mut target, mut buffer) = ([MaybeUninit::uninit(); LINK_MAX], [0; NAME_MAX]);
        let mut missing = paths::c::SUPERVISE;
        let mut below_run = None;
        match files::read_link(directory, missing, &mut target) {
            Ok(Some(target)) => missing = files::join_in(&mut buffer, &[target]).unwrap_or_default(),
            Ok(None) => return Err(news(Unable::ReadLink, Object::LinkTooLong)),
            // A link that leads nowhere is a mistake to be told, not a place that nobody prepared.
            Err(Errno::NOENT) => below_run = state_name(name, suffix, &mut buffer),
            Err(_) => {}
        }
        if let Some(name) = below_run
            && let Ok(known) = open_state(name, false)
            && is_for(&known, &self.record)
            && is_in_use(&known)
        {
            self.is_below_run = true;
            return Ok(known);
        }
        // That it, or the missing target of its link, cannot be made shows when it is opened.
        let _ = files::make_directory(directory, missing, PRIVATE_DIRECTORY);
        match (files::open_directory(directory, paths::c::SUPERVISE), below_run) {
            (Err(Errno::NOENT), Some(name)) => {
                self.is_below_run = true;
                open_state(name, true)
            }
            (answer, _) => answer.map_err(unopened),
        }
    }

    /// Is it still what readers find in the directory, and not moved away or replaced by another?
    pub fn is_in_place(&self, directory: BorrowedFd) -> bool {
        match files::facts(directory, paths::c::SUPERVISE) {
            Ok(facts) => facts.identity == self.place,
            Err(error) => self.is_below_run || error != Errno::NOENT,
        }
    }

    /// For who holds its lock: says which directory the folder is for. Records that were for another one of the same name mean
    /// nothing here.
    #[cold]
    pub fn claim(&self) -> Result<(), Failure> {
        if !self.is_below_run || is_for(&self.folder, &self.record) {
            return Ok(());
        }
        let _ = files::remove(&self.folder, paths::c::BIRTH);
        let file = self.file(paths::c::DIRECTORY, Access::Keep, Object::Lock)?;
        stream::write_at(&file, &self.record, 0).map(drop).map_err(cannot(Unable::Write, Object::Lock))
    }

    /// Opens one of its files; `object` is how a sentence calls it. What is written from the beginning is for everybody to read.
    #[inline(never)]
    pub fn file(&self, name: &CStr, access: Access, object: Object) -> Result<OwnedFd, Failure> {
        let is_new = access == Access::Replace;
        let mode = if is_new { PUBLIC_FILE } else { PRIVATE_FILE };
        // What others can write may be another name of a file that is not theirs to change.
        let access = if is_new && self.is_shared { Access::Keep } else { access };
        let file = files::open_in_place(&self.folder, name, access, mode).map_err(cannot(Unable::Open, object))?;
        let is_ours = |facts: Facts| is_trusted(facts.owner, self.owner) && facts.names <= 1;
        let is_safe = || files::facts_of(&file).is_ok_and(is_ours) && (!is_new || stream::set_length(&file, 0).is_ok());
        if self.is_shared && !is_safe() {
            return Err(news(Unable::Nothing, Object::ForeignFile));
        }
        Ok(file)
    }

    /// Lets one of its files have been written now; false where that cannot be, or others may have put another in its place.
    pub fn touch(&self, name: &CStr) -> bool {
        !self.is_shared && files::touch(&self.folder, name).is_ok()
    }
}

/// A folder that cannot be opened is told as the first of its files that is missed.
fn unopened(reason: Errno) -> Failure {
    cannot(Unable::Open, Object::Lock)(reason)
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

/// Is this user one who could do what we do anyway?
pub(crate) fn is_trusted(user: u32, owner: u32) -> bool {
    user == ROOT || user == process::user() || user == owner
}

/// The record of a folder for this directory.
pub(crate) fn record_of(directory: Identity) -> [u8; place::LENGTH] {
    place::encode(directory.device, directory.inode)
}

/// Does the folder have this record?
pub(crate) fn is_for(folder: &OwnedFd, record: &[u8; place::LENGTH]) -> bool {
    let mut buffer = [0; place::LENGTH];
    files::read_beginning(folder, paths::c::DIRECTORY, &mut buffer).is_ok_and(|its| its == record)
}

/// Does a supervisor hold the folder, or did one leave a process? An inode is used again for other directories.
fn is_in_use(folder: &OwnedFd) -> bool {
    let mut record = [0];
    let birth = files::read_beginning(folder, paths::c::BIRTH, &mut record);
    birth.is_ok_and(|record| record.first().is_some_and(|byte| *byte != 0))
        || files::open_in_place(folder, paths::c::LOCK, Access::Read, 0).is_ok_and(|lock| is_held(&lock))
}

/// The name of a service's folder below [`paths::STATE`]: the last part of its directory's path and the suffix. `None` for
/// a path that ends in no name of its own (`.`), or in one that is too long.
fn state_name<'a>(path: &[u8], suffix: &str, buffer: &'a mut [u8; NAME_MAX]) -> Option<&'a CStr> {
    let name = path.split(|byte| *byte == b'/').fold(&b""[..], |last, part| if part.is_empty() { last } else { part });
    if matches!(name, b"" | b"." | b"..") {
        return None;
    }
    files::join_in(buffer, &[name, suffix.as_bytes()])
}

/// Opens the service's folder below [`paths::STATE`]; `makes` it and those above it.
#[cold]
fn open_state(name: &CStr, makes: bool) -> Result<OwnedFd, Failure> {
    let (path, mut buffer) = (paths::STATE.as_bytes(), [0; LINK_MAX]);
    // The root, and each part without the slash behind it: with it, a link would not be looked at itself.
    for end in 1..path.len() + 1 {
        if end != 1 && path.get(end).is_some_and(|behind| *behind != b'/') {
            continue;
        }
        let above = path.get(..end).and_then(|above| files::join_in(&mut buffer, &[above])).unwrap_or_default();
        if makes {
            let _ = files::make_directory(CWD, above, PUBLIC_DIRECTORY);
        }
        if !is_safe(files::facts_of_link(CWD, above)) || !is_safe(files::facts(CWD, above)) {
            return Err(news(Unable::OthersWrite, Object::State));
        }
    }
    let lost = |_| unopened(Errno::NOENT);
    let state = files::open_directory(CWD, paths::c::STATE).map_err(lost)?;
    if makes {
        let _ = files::make_directory(&state, name, PRIVATE_DIRECTORY);
    }
    // A link there is nobody's but ours, or is refused with what it leads to.
    files::open_directory(&state, name).map_err(lost)
}

/// Can nobody but root and us put something else in the place of what is in the directory? What is missing harms nobody.
fn is_safe(facts: Result<Facts, Errno>) -> bool {
    facts.map_or(true, |facts| {
        // The permissions of a link mean nothing.
        let is_closed = facts.is_link || facts.mode & OTHERS_WRITE == 0 || facts.mode & STICKY != 0;
        is_closed && is_trusted(facts.owner, ROOT)
    })
}
