//! Files relative to an open directory: opening, publishing by rename, fifos, locks, identity, reading a directory.
//!
//! Its one law: every descriptor made here is closed on exec, and nothing is opened by a path that a directory
//! descriptor could replace.

use crate::errno::Errno;
use crate::raw::{self, OwnedFd};
use crate::raw::{AsFd, BorrowedFd};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use heapless::CString;
use linux_raw_sys::general as bits;

mod descriptors;
mod entries;

pub use crate::raw::CWD;
pub use descriptors::{fill_standard, make_pipe, open_fifo, settle_descriptors};
pub use entries::{Entry, Kind, Room, each_entry, each_name};

/// Bytes of the longest path that the kernel takes, with its NUL.
pub const PATH_MAX: usize = 4096;
/// Bytes of the longest name in a directory, with its NUL.
pub const NAME_MAX: usize = 256;
/// Permission of the owner to execute: the mark by which hooks and request files count.
pub const OWNER_EXECUTE: u32 = 0o100;

/// What a directory is, whatever its names are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The file system.
    pub device: u64,
    /// The number of the file in it.
    pub inode: u64,
}

/// What stat(2) tells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which file it is.
    pub identity: Identity,
    /// Is it a directory?
    pub is_directory: bool,
    /// Is it a fifo?
    pub is_fifo: bool,
    /// Is it a symbolic link? Only where links were not followed.
    pub is_link: bool,
    /// Is it a plain file?
    pub is_plain: bool,
    /// How many names it has.
    pub names: u64,
    /// The permission bits.
    pub mode: u32,
    /// The user that it belongs to.
    pub owner: u32,
}

/// What a file is opened for, as the kernel is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Access {
    /// Reading what is there.
    Read = bits::O_RDONLY,
    /// Writing into what is there: a fifo.
    Write = bits::O_WRONLY,
    /// Reading and writing at any place, made if it is missing.
    Keep = bits::O_RDWR | bits::O_CREAT,
    /// Writing from the beginning, made if it is missing.
    Replace = bits::O_WRONLY | bits::O_CREAT | bits::O_TRUNC,
    /// Reading and writing at any place of what is there.
    Change = bits::O_RDWR,
    /// Writing behind the end, made if it is missing.
    Append = bits::O_WRONLY | bits::O_CREAT | bits::O_APPEND,
    /// Writing a file that is made; that there is one already is an error.
    Make = bits::O_WRONLY | bits::O_CREAT | bits::O_EXCL,
    /// Asking what is there; here a symbolic link is opened itself.
    Ask = bits::O_PATH,
}

/// Joins pieces to one path or name in `buffer`; `None` if that is too short for it and its NUL, or a piece holds a NUL.
pub fn join_in<'a>(buffer: &'a mut [u8], pieces: &[&[u8]]) -> Option<&'a CStr> {
    raw::join(buffer, pieces)
}

/// The bytes as text for the kernel; `None` unless they end in their only NUL.
pub fn text(bytes: &[u8]) -> Option<&CStr> {
    raw::text(bytes)
}

/// Joins pieces to one path or name of its own; `None` if it gets longer than `N` bytes with its NUL, or a piece holds a NUL.
pub fn join<const N: usize>(pieces: &[&[u8]]) -> Option<CString<N>> {
    let mut path = CString::new();
    for piece in pieces {
        path.extend_from_bytes(piece).ok()?;
    }
    Some(path)
}

fn open(base: impl AsFd, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    raw::openat(base.as_fd(), path, flags, mode)
}

/// Opens a directory for reading it and for using it as a base.
pub fn open_directory(base: impl AsFd, path: &CStr) -> Result<OwnedFd, Errno> {
    open(base, path, bits::O_RDONLY | bits::O_DIRECTORY | bits::O_CLOEXEC, 0)
}

/// Opens a file for reading, without waiting for anything.
pub fn open_to_read(base: impl AsFd, path: &CStr) -> Result<OwnedFd, Errno> {
    open(base, path, bits::O_RDONLY | bits::O_NONBLOCK | bits::O_NOCTTY | bits::O_CLOEXEC, 0)
}

/// Opens a file, a fifo or a device for writing, without waiting for anything.
pub fn open_to_write(base: impl AsFd, path: &CStr) -> Result<OwnedFd, Errno> {
    open(base, path, bits::O_WRONLY | bits::O_NONBLOCK | bits::O_NOCTTY | bits::O_CLOEXEC, 0)
}

/// Takes hold of a file without opening it, which does nothing to it, whatever it is; through links.
pub fn hold(path: &CStr) -> Result<OwnedFd, Errno> {
    open(CWD, path, bits::O_PATH | bits::O_CLOEXEC, 0)
}

/// Opens a file of the directory itself, without waiting for anything: `LOOP` for a symbolic link, which may lead anywhere.
/// `mode` is that of a file that is made.
pub fn open_in_place(directory: impl AsFd, name: &CStr, access: Access, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = bits::O_NONBLOCK | bits::O_NOCTTY | bits::O_NOFOLLOW | bits::O_CLOEXEC;
    raw::openat(directory.as_fd(), name, access as u32 | flags, mode)
}

/// Reads the beginning of a file into `buffer`, without waiting for anything.
pub fn read_beginning<'a>(base: impl AsFd, path: &CStr, buffer: &'a mut [u8]) -> Result<&'a [u8], Errno> {
    read_first(base.as_fd(), path, buffer)
}

fn read_first<'a>(base: BorrowedFd, path: &CStr, buffer: &'a mut [u8]) -> Result<&'a [u8], Errno> {
    let length = read(open_to_read(base, path)?, buffer)?;
    Ok(buffer.get(..length).unwrap_or_default())
}

/// Opens a file for reading and writing, without waiting for anything.
pub fn open_to_change(base: impl AsFd, path: &CStr) -> Result<OwnedFd, Errno> {
    open(base, path, bits::O_RDWR | bits::O_NONBLOCK | bits::O_NOCTTY | bits::O_CLOEXEC, 0)
}

/// Opens a device for reading and writing, without waiting for anything now or later, and never as controlling terminal.
pub fn open_device(path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = bits::O_RDWR | bits::O_NONBLOCK | bits::O_NOCTTY | bits::O_CLOEXEC;
    open(CWD, path, flags, 0)
}

/// Lets reading and writing wait from now on.
pub fn set_blocking(fd: impl AsFd) -> Result<(), Errno> {
    raw::set_blocking(fd.as_fd())
}

/// Opens a file for appending, making it with the mode if there is none.
pub fn open_to_append(base: impl AsFd, path: &CStr, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = bits::O_WRONLY | bits::O_NONBLOCK | bits::O_APPEND | bits::O_CREAT | bits::O_CLOEXEC;
    open(base, path, flags, mode)
}

/// Opens a file of length 0 for writing, making it with the mode if there is none.
pub fn open_truncated(base: impl AsFd, path: &CStr, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = bits::O_WRONLY | bits::O_NONBLOCK | bits::O_TRUNC | bits::O_CREAT | bits::O_CLOEXEC;
    open(base, path, flags, mode)
}

/// The same open file under a number of at least `lowest`.
pub fn duplicate_above(fd: impl AsFd, lowest: i32) -> Result<OwnedFd, Errno> {
    raw::duplicate_above(fd.as_fd(), lowest)
}

/// Reads once; the number of bytes, 0 at the end of the file.
#[inline(always)]
pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    raw::read(fd.as_fd(), buffer)
}

/// Writes once; the number of bytes.
pub fn write(fd: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    raw::write(fd.as_fd(), bytes)
}

/// Tells of a file, through links.
pub fn facts(base: impl AsFd, path: &CStr) -> Result<Facts, Errno> {
    look(base.as_fd(), path, 0)
}

/// Tells of a file, of a link itself where it is one.
pub fn facts_of_link(base: impl AsFd, path: &CStr) -> Result<Facts, Errno> {
    look(base.as_fd(), path, bits::AT_SYMLINK_NOFOLLOW)
}

/// Tells of an open file.
pub fn facts_of(fd: impl AsFd) -> Result<Facts, Errno> {
    look(fd.as_fd(), c"", bits::AT_EMPTY_PATH)
}

// The structure's fields differ in width between architectures.
#[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
#[inline(never)]
fn look(base: BorrowedFd, path: &CStr, flags: u32) -> Result<Facts, Errno> {
    let mut stat = MaybeUninit::uninit();
    let stat = raw::stat(base, path, flags, &mut stat)?;
    let mode = stat.st_mode as u32;
    let is = |kind| mode & bits::S_IFMT == kind;
    Ok(Facts {
        identity: Identity { device: stat.st_dev as u64, inode: stat.st_ino as u64 },
        is_directory: is(bits::S_IFDIR),
        is_fifo: is(bits::S_IFIFO),
        is_link: is(bits::S_IFLNK),
        is_plain: is(bits::S_IFREG),
        names: stat.st_nlink as u64,
        mode: mode & 0o7777,
        owner: stat.st_uid as u32,
    })
}

/// Has the file's owner the permission to execute it? A file that cannot be asked has not.
pub fn owner_may_execute(base: impl AsFd, path: &CStr) -> bool {
    facts(base, path).is_ok_and(|facts| facts.mode & OWNER_EXECUTE != 0)
}

/// May this process read the file? Asked without opening it.
pub fn may_read(base: impl AsFd, path: &CStr) -> Result<(), Errno> {
    raw::may_read(base.as_fd(), path)
}

/// Reads a symbolic link into `buffer`; `None` in place of a target that fills it, and so may be longer.
pub fn read_link<'a>(
    base: impl AsFd,
    path: &CStr,
    buffer: &'a mut [MaybeUninit<u8>],
) -> Result<Option<&'a [u8]>, Errno> {
    let room = buffer.len();
    let target = raw::readlinkat(base.as_fd(), path, buffer)?;
    Ok(Some(target).filter(|target| target.len() < room))
}

/// Lets a file have been written now, of a link itself where it is one.
pub fn touch(base: impl AsFd, path: &CStr) -> Result<(), Errno> {
    raw::touch(base.as_fd(), path)
}

/// Makes a symbolic link.
pub fn make_link(target: &CStr, base: impl AsFd, path: &CStr) -> Result<(), Errno> {
    raw::symlinkat(target, base.as_fd(), path)
}

/// Makes a directory.
pub fn make_directory(base: impl AsFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    raw::mkdirat(base.as_fd(), path, mode)
}

/// Makes a fifo.
pub fn make_fifo(base: impl AsFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    raw::make_fifo(base.as_fd(), path, mode)
}

/// Sets the permissions of a file.
pub fn set_mode(base: impl AsFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    raw::fchmodat(base.as_fd(), path, mode)
}

/// Sets the permissions of an open file.
pub fn set_mode_of(fd: impl AsFd, mode: u32) -> Result<(), Errno> {
    raw::fchmod(fd.as_fd(), mode)
}

/// Renames within one directory; what had the new name is replaced at once.
pub fn rename(base: impl AsFd, old: &CStr, new: &CStr) -> Result<(), Errno> {
    raw::rename(base.as_fd(), old, new)
}

/// Removes a name that is not a directory's.
pub fn remove(base: impl AsFd, path: &CStr) -> Result<(), Errno> {
    raw::unlinkat(base.as_fd(), path)
}

/// Takes the exclusive lock of an open file; `AGAIN` if somebody else holds it.
pub fn try_lock(fd: impl AsFd) -> Result<(), Errno> {
    raw::flock(fd.as_fd(), bits::LOCK_EX)
}

/// Gives up the lock of an open file, also where a copy of the descriptor is still open in a child.
pub fn unlock(fd: impl AsFd) -> Result<(), Errno> {
    raw::flock(fd.as_fd(), bits::LOCK_UN)
}
