//! The `supervise` folder of a service directory: where it is, whose it is, and how its files are opened.
//!
//! It is in the service directory, or where a link there leads, or below /run if nobody can write there; once there it stays
//! until the next boot, and says which directory it is for. Its one law: what
//! another user may have prepared is not used: a folder must be ours, root's or the service directory's owner's, in a folder
//! that others can write so must each file, and no link in it is followed. Source: runsv(8), runit-facts "runsv".

use crate::chain::{Path, append};
use crate::failure::{Failure, Object, Unable, cannot, news};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use protocol::{paths, place};
use sys::files::{self, Access, CWD, Facts, Identity, NAME_MAX};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, message, process, stream};

/// Bytes of the longest target of a `supervise` link, with its NUL: a path within the service directory or below /run.
const LINK_MAX: usize = 256;
/// Room for a service's name below [`paths::STATE`].
pub type StateName = [u8; NAME_MAX];
/// Whoever is not the owner has no business in `supervise`.
const PRIVATE_DIRECTORY: u32 = 0o700;
/// Nor with locks, fifos and records.
pub const PRIVATE_FILE: u32 = 0o600;
/// The folders above a service's state below /run.
const PUBLIC_DIRECTORY: u32 = 0o755;
/// Permission of the group and of others to write, and the bit by which they may do so with their own files only.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
const ROOT: u32 = 0;

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
    /// The service directory.
    identity: Identity,
}

impl Folder {
    /// Opens the folder of a directory, making it if needed. `state_name` is its name below [`paths::STATE`], where it is if
    /// the directory cannot be written.
    pub fn open(directory: BorrowedFd, state_name: Option<&CStr>) -> Result<Folder, Failure> {
        let (owner, identity) = match files::facts_of(directory) {
            Ok(facts) => (facts.owner, facts.identity),
            Err(reason) => return Err(unopened(reason)),
        };
        // A link that leads nowhere is a mistake to be told, not a place that nobody prepared.
        let is_missing = || files::facts_of_link(directory, paths::c::SUPERVISE).is_err();
        let below_run = state_name.filter(|_| is_missing());
        let known = below_run.and_then(|name| open_state(name, false).ok());
        let known = known.filter(|folder| is_for(folder, identity) && is_in_use(folder));
        let mut is_below_run = known.is_some();
        let folder = match known {
            Some(folder) => folder,
            None => {
                make(directory)?;
                match (files::open_directory(directory, paths::c::SUPERVISE), below_run) {
                    (Err(Errno::NOENT), Some(name)) if is_missing() => {
                        is_below_run = true;
                        open_state(name, true)?
                    }
                    (answer, _) => answer.map_err(unopened)?,
                }
            }
        };
        let facts = match files::facts_of(&folder) {
            Ok(facts) => facts,
            Err(reason) => return Err(unopened(reason)),
        };
        if !is_trusted(facts.owner, owner) {
            return Err(news(Unable::Nothing, Object::Foreign));
        }
        let is_shared = facts.mode & OTHERS_WRITE != 0;
        Ok(Folder { folder, place: facts.identity, owner, is_shared, is_below_run, identity })
    }

    /// Is it still what readers find in the directory, and not moved away or replaced by another?
    pub fn is_in_place(&self, directory: BorrowedFd) -> bool {
        match files::facts(directory, paths::c::SUPERVISE) {
            Ok(facts) => facts.identity == self.place,
            Err(error) => self.is_below_run || error != Errno::NOENT,
        }
    }

    /// For who holds its lock: says which directory the folder is for. Was it for another one of the same name, whose records
    /// mean nothing here?
    pub fn claim(&self) -> Result<bool, Failure> {
        if !self.is_below_run || is_for(&self.folder, self.identity) {
            return Ok(false);
        }
        let file = self.file(paths::c::DIRECTORY, Access::Replace, PRIVATE_FILE, Object::Lock)?;
        let record = place::encode(self.identity.device, self.identity.inode);
        message::write_all(&file, &[&record]).map_err(cannot(Unable::Write, Object::Lock))?;
        Ok(true)
    }

    /// Opens one of its files; `object` is how a sentence calls it.
    pub fn file(&self, name: &CStr, access: Access, mode: u32, object: Object) -> Result<OwnedFd, Failure> {
        // What others can write may be another name of a file that is not theirs to empty.
        let empties = self.is_shared && access == Access::Replace;
        let access = if empties { Access::Keep } else { access };
        let file = match files::open_in_place(&self.folder, name, access, mode) {
            Ok(file) => file,
            Err(reason) => return Err(cannot(Unable::Open, object)(reason)),
        };
        let is_ours = || files::facts_of(&file).is_ok_and(|facts| is_trusted(facts.owner, self.owner));
        if self.is_shared && !is_ours() {
            return Err(news(Unable::Nothing, Object::ForeignFile));
        }
        if empties
            && !files::facts_of(&file).is_ok_and(|facts| facts.names <= 1 && stream::set_length(&file, 0).is_ok())
        {
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
fn is_trusted(user: u32, owner: u32) -> bool {
    user == ROOT || user == process::user() || user == owner
}

/// The name of a service's folder below [`paths::STATE`]: the last part of its directory's path and the suffix. `None` for
/// a path that ends in no name of its own (`.`), or in one that is too long.
pub fn state_name<'a>(path: &[u8], suffix: &str, buffer: &'a mut StateName) -> Option<&'a CStr> {
    let mut parts = path.rsplit(|byte| *byte == b'/').filter(|part| !part.is_empty());
    let name = parts.next().filter(|name| *name != b"." && *name != b"..")?;
    files::join_in(buffer, &[name, suffix.as_bytes()])
}

/// Makes the folder, or the missing target of its link. That it cannot be made shows when it is opened.
fn make(directory: BorrowedFd) -> Result<(), Failure> {
    let (mut buffer, mut path) = ([MaybeUninit::uninit(); LINK_MAX], [0; LINK_MAX]);
    let missing = match files::read_link(directory, paths::c::SUPERVISE, &mut buffer) {
        Ok(Some(target)) => files::join_in(&mut path, &[target]).unwrap_or_default(),
        Ok(None) => return Err(news(Unable::ReadLink, Object::LinkTooLong)),
        Err(_) => paths::c::SUPERVISE,
    };
    let _ = files::make_directory(directory, missing, PRIVATE_DIRECTORY);
    Ok(())
}

/// Is the folder for this directory?
fn is_for(folder: &OwnedFd, identity: Identity) -> bool {
    let mut record = [0; place::LENGTH];
    let record = files::read_beginning(folder, paths::c::DIRECTORY, &mut record);
    record.is_ok_and(|record| record == place::encode(identity.device, identity.inode))
}

/// Does a supervisor hold the folder, or did one leave a process? An inode is used again for other directories.
fn is_in_use(folder: &OwnedFd) -> bool {
    let mut record = [0];
    let birth = files::read_beginning(folder, paths::c::BIRTH, &mut record);
    birth.is_ok_and(|record| record != [0])
        || files::open_to_read(folder, paths::c::LOCK).is_ok_and(|lock| is_held(&lock))
}

/// Opens the service's folder below [`paths::STATE`]; `makes` it and those above it.
fn open_state(name: &CStr, makes: bool) -> Result<OwnedFd, Failure> {
    let lost = |_| unopened(Errno::NOENT);
    let mut buffer = [0; LINK_MAX];
    let path = paths::STATE.as_bytes();
    // The root, and each part without the slash behind it: with it, a link would not be looked at itself.
    for end in 1..=path.len() {
        let is_part = end == 1 || path.get(end).is_none_or(|behind| *behind == b'/');
        let above = path.get(..end).filter(|_| is_part);
        if let Some(above) = above.and_then(|above| files::join_in(&mut buffer, &[above])) {
            if makes {
                let _ = files::make_directory(CWD, above, PUBLIC_DIRECTORY);
            }
            if !is_safe(files::facts_of_link(CWD, above)) || !is_safe(files::facts(CWD, above)) {
                return Err(news(Unable::OthersWrite, Object::State));
            }
        }
    }
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

/// The path of the lock of a service, laid into `path`, and the lock opened to look at it; `None` where there is none yet.
/// `identity` is that of the service's directory.
pub fn find_lock<'a>(
    services: &[u8],
    name: &CStr,
    identity: Identity,
    path: &'a mut Path,
) -> Option<(&'a CStr, OwnedFd)> {
    let (slash, lock) = (&b"/"[..], paths::LOCK.as_bytes());
    let within = lay(path, &[services, slash, name.to_bytes(), slash, paths::SUPERVISE.as_bytes(), slash, lock])?;
    let lock = match files::open_in_place(CWD, within, Access::Read, 0) {
        Err(Errno::NOENT) => {
            let folder = lay(path, &[paths::STATE.as_bytes(), slash, name.to_bytes()])?;
            let folder = files::open_directory(CWD, folder).ok()?;
            // One that somebody else has prepared is no reason to wait: a runsv says what is wrong with it.
            let is_ours = files::facts_of(&folder).is_ok_and(|facts| is_trusted(facts.owner, ROOT));
            if !is_ours || !is_for(&folder, identity) {
                return None;
            }
            path.pop();
            append(path, &[slash, lock, b"\0"]).ok()?;
            files::open_in_place(&folder, paths::c::LOCK, Access::Read, 0).ok()?
        }
        answer => answer.ok()?,
    };
    Some((files::text(path)?, lock))
}

fn lay<'a>(path: &'a mut Path, pieces: &[&[u8]]) -> Option<&'a CStr> {
    path.clear();
    append(path, pieces).and_then(|()| append(path, &[b"\0"])).ok()?;
    files::text(path)
}

/// Does somebody hold the lock?
pub fn is_held(lock: &OwnedFd) -> bool {
    files::try_lock(lock) == Err(Errno::AGAIN)
}
