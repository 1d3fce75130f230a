//! What a directory holds, as the kernel lays it out: getdents64(2).
//!
//! Its one law: nothing is asked of the files themselves.

use crate::errno::Errno;
use crate::raw;
use crate::raw::BorrowedFd;
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// What a directory tells of one of its names without asking the file itself.
pub struct Entry<'a> {
    /// The name.
    pub name: &'a CStr,
    /// The file's number in the directory's file system; of a mount point, that of the directory below it.
    pub inode: u64,
    /// What the file is, where the file system tells that.
    pub kind: Kind,
}

/// What a directory tells a file to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// Neither of them.
    Other,
    /// Anything: the file must be asked.
    Untold,
}

/// Bytes of the kernel's `struct linux_dirent64` before the name: inode, place, length of the record, type.
const ENTRY_HEADER: usize = 19;
/// The types there, DT_UNKNOWN, DT_DIR and DT_LNK of readdir(3).
const UNTOLD: u8 = 0;
const DIRECTORY: u8 = 4;
const LINK: u8 = 10;

/// Room for the entries of a call: some twenty services at least, and little where it is on the stack.
pub struct Room([MaybeUninit<u8>; 1024]);

impl Room {
    /// Nothing is in it.
    pub const fn empty() -> Room {
        Room([MaybeUninit::uninit(); _])
    }
}

/// Calls `each` with every entry of the directory but those that begin with a dot.
pub fn each_entry(directory: BorrowedFd, room: &mut Room, mut each: impl FnMut(Entry)) -> Result<(), Errno> {
    raw::rewind(directory)?;
    loop {
        let mut rest = raw::getdents(directory, &mut room.0)?;
        if rest.is_empty() {
            return Ok(());
        }
        while !rest.is_empty() {
            let (entry, behind) = take_entry(rest).ok_or(Errno::IO)?;
            if !entry.name.to_bytes().starts_with(b".") {
                each(entry);
            }
            rest = behind;
        }
    }
}

/// Reads one entry, as the kernel lays it out, from the front of the bytes.
fn take_entry(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let &[a, b, c, d, e, f, g, h, _, _, _, _, _, _, _, _, i, j, kind] = bytes.first_chunk::<ENTRY_HEADER>()?;
    let (record, behind) = bytes.split_at_checked(u16::from_ne_bytes([i, j]).into())?;
    let kind = match kind {
        UNTOLD => Kind::Untold,
        DIRECTORY => Kind::Directory,
        LINK => Kind::Link,
        _ => Kind::Other,
    };
    // What fills the record behind the first NUL may be anything.
    let name = record.get(ENTRY_HEADER..)?.split_inclusive(|byte| *byte == 0).next().and_then(raw::text)?;
    Some((Entry { name, inode: u64::from_ne_bytes([a, b, c, d, e, f, g, h]), kind }, behind))
}

/// Calls `each` with every name in the directory but those that begin with a dot.
pub fn each_name(directory: BorrowedFd, mut each: impl FnMut(&CStr)) -> Result<(), Errno> {
    each_entry(directory, &mut Room::empty(), |entry| each(entry.name))
}
