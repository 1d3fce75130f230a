//! Files: opening, naming, asking, reading and writing them.
//!
//! Its one law: a path is one below an open directory, or below [`CWD`](super::CWD).

use super::BorrowedFd;
use super::OwnedFd;
use super::call::{Answer, of, syscall};
use crate::errno::Errno;
use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;
use core::slice;
use linux_raw_sys::general as nr;

/// Asks for something to be done with a file below a directory, of which there are two numbers to say.
///
/// # Safety
/// The call of that number must take a directory, a path that it reads, and after them numbers, or what lives through the call.
#[inline(always)]
unsafe fn at(number: u32, directory: BorrowedFd, path: &CStr, third: usize, fourth: usize) -> Answer {
    // Safety: path ends in NUL; the caller answers for the rest.
    unsafe { syscall(number, [of(directory), path.as_ptr() as usize, third, fourth]) }
}

/// Opens a file below a directory, openat(2).
#[inline(never)]
pub(crate) fn openat(directory: BorrowedFd, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = (flags | nr::O_LARGEFILE) as usize;
    // Safety: after the path it takes numbers. The descriptor is new.
    unsafe { at(nr::__NR_openat, directory, path, flags, mode as usize).file() }
}

/// Makes a directory, mkdirat(2).
pub(crate) fn mkdirat(directory: BorrowedFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    // Safety: after the path it takes a number.
    unsafe { at(nr::__NR_mkdirat, directory, path, mode as usize, 0) }.nothing()
}

/// Makes a fifo, mknodat(2).
pub(crate) fn make_fifo(directory: BorrowedFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    // Safety: after the path it takes numbers.
    unsafe { at(nr::__NR_mknodat, directory, path, (mode | nr::S_IFIFO) as usize, 0) }.nothing()
}

/// Makes a symbolic link, symlinkat(2).
pub(crate) fn symlinkat(target: &CStr, directory: BorrowedFd, path: &CStr) -> Result<(), Errno> {
    let (target, path) = (target.as_ptr() as usize, path.as_ptr() as usize);
    // Safety: both end in NUL, the kernel only reads them.
    unsafe { syscall(nr::__NR_symlinkat, [target, of(directory), path]) }.nothing()
}

/// Gives a file of a directory another name there, renameat(2).
pub(crate) fn rename(directory: BorrowedFd, old: &CStr, new: &CStr) -> Result<(), Errno> {
    let (directory, old, new) = (of(directory), old.as_ptr() as usize, new.as_ptr() as usize);
    // Safety: both names end in NUL, the kernel only reads them.
    #[cfg(not(target_arch = "riscv64"))]
    let answer = unsafe { syscall(nr::__NR_renameat, [directory, old, directory, new]) };
    // Safety: as above; that architecture has the call of 3.15 alone, whose flags are numbers.
    #[cfg(target_arch = "riscv64")]
    let answer = unsafe { syscall(nr::__NR_renameat2, [directory, old, directory, new, 0]) };
    answer.nothing()
}

/// Removes a name that is not a directory's, unlinkat(2).
pub(crate) fn unlinkat(directory: BorrowedFd, path: &CStr) -> Result<(), Errno> {
    // Safety: after the path it takes a number.
    unsafe { at(nr::__NR_unlinkat, directory, path, 0, 0) }.nothing()
}

/// Sets the permissions of a file, fchmodat(2).
pub(crate) fn fchmodat(directory: BorrowedFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    // Safety: after the path it takes a number.
    unsafe { at(nr::__NR_fchmodat, directory, path, mode as usize, 0) }.nothing()
}

/// Sets the permissions of an open file, fchmod(2).
pub(crate) fn fchmod(fd: BorrowedFd, mode: u32) -> Result<(), Errno> {
    // Safety: numbers only.
    unsafe { syscall(nr::__NR_fchmod, [of(fd), mode as usize]) }.nothing()
}

/// May this process read the file? faccessat(2), for the real user as it is.
pub(crate) fn may_read(directory: BorrowedFd, path: &CStr) -> Result<(), Errno> {
    // Safety: after the path it takes a number.
    unsafe { at(nr::__NR_faccessat, directory, path, nr::R_OK as usize, 0) }.nothing()
}

/// Sets both times of a file to now, of a link itself where it is one: utimensat(2).
pub(crate) fn touch(directory: BorrowedFd, path: &CStr) -> Result<(), Errno> {
    // Safety: after the path it takes times, of which null stands for the time that it is, and a number.
    unsafe { at(nr::__NR_utimensat, directory, path, 0, nr::AT_SYMLINK_NOFOLLOW as usize) }.nothing()
}

/// What the kernel tells of a file.
#[cfg(target_pointer_width = "64")]
pub(crate) type Stat = nr::stat;
/// What the kernel tells of a file.
#[cfg(target_pointer_width = "32")]
pub(crate) type Stat = nr::stat64;

/// Tells of a file below a directory, or for an empty path with `AT_EMPTY_PATH` of that descriptor itself: fstatat(2).
pub(crate) fn stat<'a>(
    directory: BorrowedFd,
    path: &CStr,
    flags: u32,
    stat: &'a mut MaybeUninit<Stat>,
) -> Result<&'a Stat, Errno> {
    #[cfg(target_pointer_width = "64")]
    const NUMBER: u32 = nr::__NR_newfstatat;
    #[cfg(target_pointer_width = "32")]
    const NUMBER: u32 = nr::__NR_fstatat64;
    // Safety: after the path it takes the place of a structure of this very type, and a number.
    unsafe { at(NUMBER, directory, path, stat.as_mut_ptr() as usize, flags as usize) }.nothing()?;
    // Safety: it has written it.
    Ok(unsafe { stat.assume_init_ref() })
}

/// Reads a symbolic link, readlinkat(2); as much of the target as the buffer holds.
pub(crate) fn readlinkat<'a>(
    directory: BorrowedFd,
    path: &CStr,
    buffer: &'a mut [MaybeUninit<u8>],
) -> Result<&'a [u8], Errno> {
    // Safety: after the path it takes a place to write to, and how much room is there.
    let answer = unsafe { at(nr::__NR_readlinkat, directory, path, buffer.as_mut_ptr() as usize, buffer.len()) };
    written(answer, buffer)
}

/// What a call has written into the buffer, whose answer is the number of bytes.
fn written(answer: Answer, buffer: &[MaybeUninit<u8>]) -> Result<&[u8], Errno> {
    let length = answer.number()?.min(buffer.len());
    // Safety: so many bytes have been written.
    Ok(unsafe { slice::from_raw_parts(buffer.as_ptr().cast(), length) })
}

/// Reads records of a directory's entries, getdents64(2): as many as the buffer holds, none at its end.
pub(crate) fn getdents<'a>(directory: BorrowedFd, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8], Errno> {
    let place = buffer.as_mut_ptr() as usize;
    // Safety: the kernel writes into the buffer, as far as it reaches.
    let answer = unsafe { syscall(nr::__NR_getdents64, [of(directory), place, buffer.len()]) };
    written(answer, buffer)
}

/// Goes back to the beginning of a file or directory, lseek(2).
pub(crate) fn rewind(fd: BorrowedFd) -> Result<(), Errno> {
    // Safety: numbers only.
    unsafe { syscall(nr::__NR_lseek, [of(fd), 0, nr::SEEK_SET as usize]) }.nothing()
}

/// Reads once, read(2).
#[inline(always)]
pub(crate) fn read(fd: BorrowedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    // Safety: the kernel writes into the buffer, as far as it reaches.
    unsafe { syscall(nr::__NR_read, [of(fd), buffer.as_mut_ptr() as usize, buffer.len()]) }.number()
}

/// Writes once, write(2).
pub(crate) fn write(fd: BorrowedFd, bytes: &[u8]) -> Result<usize, Errno> {
    // Safety: the kernel reads the bytes.
    unsafe { syscall(nr::__NR_write, [of(fd), bytes.as_ptr() as usize, bytes.len()]) }.number()
}

/// Writes the first `N` pieces in one call, writev(2), which answers the number of bytes.
pub(crate) fn writev<const N: usize>(fd: BorrowedFd, pieces: &[&[u8]]) -> Answer {
    let mut list = [const { MaybeUninit::<nr::iovec>::uninit() }; N];
    for (place, piece) in list.iter_mut().zip(pieces) {
        place.write(nr::iovec { iov_base: piece.as_ptr().cast_mut().cast(), iov_len: piece.len() as _ });
    }
    // Safety: so many are written; the kernel reads the bytes that they lead to.
    unsafe { syscall(nr::__NR_writev, [of(fd), list.as_ptr() as usize, pieces.len().min(N)]) }
}

/// Reads once at a place, pread(2).
pub(crate) fn read_at(fd: BorrowedFd, buffer: &mut [u8], place: u64) -> Result<usize, Errno> {
    #[cfg(target_pointer_width = "64")]
    // Safety: the kernel writes into the buffer, as far as it reaches.
    return unsafe { syscall(nr::__NR_pread64, [of(fd), buffer.as_mut_ptr() as usize, buffer.len(), place as usize]) }
        .number();
    #[cfg(target_pointer_width = "32")]
    Ok(rustix::io::pread(rustix::fd::BorrowedFd::from(fd), buffer, place)?)
}

/// Writes once at a place, pwrite(2).
pub(crate) fn write_at(fd: BorrowedFd, bytes: &[u8], place: u64) -> Result<usize, Errno> {
    #[cfg(target_pointer_width = "64")]
    // Safety: the kernel reads the bytes.
    return unsafe { syscall(nr::__NR_pwrite64, [of(fd), bytes.as_ptr() as usize, bytes.len(), place as usize]) }
        .number();
    #[cfg(target_pointer_width = "32")]
    Ok(rustix::io::pwrite(rustix::fd::BorrowedFd::from(fd), bytes, place)?)
}

/// Cuts a file to a length, ftruncate(2).
pub(crate) fn set_length(fd: BorrowedFd, length: u64) -> Result<(), Errno> {
    #[cfg(target_pointer_width = "64")]
    // Safety: numbers only.
    return unsafe { syscall(nr::__NR_ftruncate, [of(fd), length as usize]) }.nothing();
    #[cfg(target_pointer_width = "32")]
    Ok(rustix::fs::ftruncate(rustix::fd::BorrowedFd::from(fd), length)?)
}

/// Lets descriptor `number` lead where `fd` does, dup3(2), which does not take two of one number.
pub(crate) fn redirect(fd: BorrowedFd, number: c_int) -> Result<(), Errno> {
    let (fd, number) = (of(fd), number.cast_unsigned() as usize);
    if fd == number {
        return Ok(());
    }
    // Safety: numbers only; what a descriptor leads to is nobody's memory.
    unsafe { syscall(nr::__NR_dup3, [fd, number, 0]) }.done()
}

/// The same open file under a number of at least `lowest`, fcntl(2); closed on exec.
pub(crate) fn duplicate_above(fd: BorrowedFd, lowest: c_int) -> Result<OwnedFd, Errno> {
    let (command, lowest) = (nr::F_DUPFD_CLOEXEC as usize, lowest.cast_unsigned() as usize);
    // Safety: numbers only. The descriptor is new.
    unsafe { syscall(nr::__NR_fcntl, [of(fd), command, lowest]).file() }
}

/// Lets reading and writing wait from now on, fcntl(2).
pub(crate) fn set_blocking(fd: BorrowedFd) -> Result<(), Errno> {
    // Safety: numbers only.
    let flags = unsafe { syscall(nr::__NR_fcntl, [of(fd), nr::F_GETFL as usize]) }.number()?;
    let flags = flags & !(nr::O_NONBLOCK as usize);
    // Safety: numbers only.
    unsafe { syscall(nr::__NR_fcntl, [of(fd), nr::F_SETFL as usize, flags]) }.nothing()
}

/// Marks every descriptor above 2 to be closed when another program is executed: one call on 5.11 and later, else one for
/// each that a process may have by the usual limit.
pub(crate) fn close_inherited_on_exec() {
    const FIRST: usize = 3;
    const AFTER_INHERITED: usize = 1024;
    /// From the kernel's `linux/close_range.h`, which linux-raw-sys leaves out.
    const CLOSE_RANGE_CLOEXEC: usize = 4;
    // Safety: numbers only; the descriptors stay open in this process.
    let at_once = unsafe { syscall(nr::__NR_close_range, [FIRST, u32::MAX as usize, CLOSE_RANGE_CLOEXEC]) };
    if at_once.nothing().is_err() {
        for fd in FIRST..AFTER_INHERITED {
            // Safety: numbers only. One that is not open answers EBADF.
            let _ = unsafe { syscall(nr::__NR_fcntl, [fd, nr::F_SETFD as usize, nr::FD_CLOEXEC as usize]) };
        }
    }
}

/// Takes (`LOCK_EX`) or gives up (`LOCK_UN`) the lock of an open file without waiting, flock(2).
pub(crate) fn flock(fd: BorrowedFd, what: u32) -> Result<(), Errno> {
    // Safety: numbers only.
    unsafe { syscall(nr::__NR_flock, [of(fd), (what | nr::LOCK_NB) as usize]) }.nothing()
}

/// Makes a pipe, pipe2(2), closed on exec: its reading and its writing end.
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends: [c_int; 2] = [0; 2];
    // Safety: the kernel writes two numbers, or fails.
    unsafe { syscall(nr::__NR_pipe2, [&raw mut ends as usize, nr::O_CLOEXEC as usize]) }.nothing()?;
    let [reader, writer] = ends.map(|end| end as usize);
    // Safety: both are new.
    Ok(unsafe { (OwnedFd::new(reader), OwnedFd::new(writer)) })
}
