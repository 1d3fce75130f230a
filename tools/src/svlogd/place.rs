//! Opening the files of a log directory, so that nobody leads svlogd out of it or keeps it waiting.
//!
//! Its one law: what is opened here is a plain file of the directory itself; and where others may write to the directory,
//! it belongs to svlogd's user, to root or to the directory's owner, and has no second name. Source: svlogd(8), SECURITY
//! CONSIDERATIONS.

use super::speech::reason;
use crate::text;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use sys::files::{self, Access, Facts};
use sys::{AsFd, Errno, OwnedFd, process};

/// The user who may do everything anyway.
const ROOT: u32 = 0;
/// Permission of group and others to write.
const OTHERS_WRITE: u32 = 0o022;

/// Why a file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The kernel says so.
    Kernel(Errno),
    /// It is a link, a fifo, a device or a socket.
    NotPlain,
    /// Somebody else may have put it there.
    Foreign,
    /// It may be somebody else's file under a second name.
    Linked,
}

impl Refusal {
    /// The reason in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Refusal::Kernel(error) => reason(error),
            Refusal::NotPlain => "not a plain file",
            Refusal::Foreign => "belongs to another user",
            Refusal::Linked => "has more than one name",
        }
    }
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Refusal {
        Refusal::Kernel(error)
    }
}

/// Opens a file of the directory.
#[inline(never)]
pub(crate) fn open(directory: &OwnedFd, name: &CStr, access: Access, mode: u32) -> Result<OwnedFd, Refusal> {
    let file = files::open_in_place(directory, name, access, mode).map_err(|error| match error {
        // A link; a fifo that nobody reads, or a socket.
        Errno::LOOP | Errno::NXIO => Refusal::NotPlain,
        error => Refusal::Kernel(error),
    })?;
    let facts = files::facts_of(&file)?;
    // What reading a directory answers tells more.
    if !facts.is_plain && !facts.is_directory {
        return Err(Refusal::NotPlain);
    }
    trust(directory, &facts)?;
    Ok(file)
}

/// Makes a file of the directory anew; what had the name loses it.
#[inline(never)]
pub(crate) fn make(directory: &OwnedFd, name: &CStr, mode: u32) -> Result<OwnedFd, Refusal> {
    match files::remove(directory, name) {
        Ok(()) | Err(Errno::NOENT) => Ok(files::open_in_place(directory, name, Access::Make, mode)?),
        Err(error) => Err(Refusal::Kernel(error)),
    }
}

/// Opens a file to read it that may lie elsewhere: a link is followed if svlogd's user or root has made it.
#[inline(never)]
pub(crate) fn open_through_link(directory: &OwnedFd, name: &CStr) -> Result<OwnedFd, Refusal> {
    let itself = files::open_in_place(directory, name, Access::Ask, 0)?;
    let facts = files::facts_of(&itself)?;
    if !facts.is_link {
        return open(directory, name, Access::Read, 0);
    }
    if facts.owner != ROOT && facts.owner != process::user() {
        return Err(Refusal::Foreign);
    }
    // The link that was asked is the one that is read: its name may lead to another by now.
    let mut target = [MaybeUninit::uninit(); files::PATH_MAX];
    let target = files::read_link(&itself, c"", &mut target)?.ok_or(Errno::NAMETOOLONG)?;
    let file = files::open_to_read(directory, &text(&[target]))?;
    let facts = files::facts_of(&file)?;
    if facts.is_plain || facts.is_directory { Ok(file) } else { Err(Refusal::NotPlain) }
}

/// Could somebody have put this file into the directory who has no business there?
#[inline(never)]
fn trust(directory: &OwnedFd, file: &Facts) -> Result<(), Refusal> {
    let (directory, own) = (files::facts_of(directory.as_fd())?, [ROOT, process::user()]);
    let private = own.contains(&directory.owner) && directory.mode & OTHERS_WRITE == 0;
    match file {
        _ if private => Ok(()),
        file if !own.contains(&file.owner) && file.owner != directory.owner => Err(Refusal::Foreign),
        // A directory has a name for each one in it.
        file if file.names > 1 && !file.is_directory => Err(Refusal::Linked),
        _ => Ok(()),
    }
}
