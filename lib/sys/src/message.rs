//! Sentences for people: writing them, and the words for an error number.
//!
//! Its one law: a sentence goes out whole in one write, of whatever bytes its names have. The words of the errors are
//! those that runit's users know (runit-facts "Common").

use crate::raw;
use heapless::Vec;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::{Errno, IoSlice, writev};

/// Pieces of the longest sentence of ours, `- runit: fatal: unable to start child: /etc/runit/1: REASON` and room.
const PIECES: usize = 12;
/// Milliseconds that the reader of a full pipe has to make room for a sentence; one that lives needs less.
const PATIENCE: core::ffi::c_int = 10;

/// Standard error, which stays open for the life of the program.
pub fn standard_error() -> BorrowedFd<'static> {
    raw::standard(2)
}

/// Writes the pieces, in one call, to standard error. A failure has nobody to be told to.
#[inline(never)]
pub fn complain(pieces: &[&[u8]]) {
    write_to(standard_error(), pieces);
}

/// Writes the pieces as [`complain`] does, unless nobody makes room for them: a terminal that is stopped, a pipe whose reader
/// hangs. For a program that must go on whatever becomes of its sentences. A pipe with any room takes a sentence whole.
pub fn mention(pieces: &[&[u8]]) {
    let mut list = raw::PollList { first: raw::PollFd::writable(standard_error()), rest: [] };
    if raw::poll(&mut list, PATIENCE).is_ok() && list.first.is_ready() {
        complain(pieces);
    }
}

/// Writes the pieces, in one call, to standard output.
pub fn say(pieces: &[&[u8]]) {
    write_to(raw::standard(1), pieces);
}

/// Writes all the pieces to a file, in one call; a file that takes less than all of it is full.
#[inline(never)]
pub fn write_all(fd: impl AsFd, pieces: &[&[u8]]) -> Result<(), Errno> {
    let slices: Vec<IoSlice, PIECES> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    if writev(fd, &slices)? == length { Ok(()) } else { Err(Errno::NOSPC) }
}

fn write_to(fd: BorrowedFd, pieces: &[&[u8]]) {
    for group in pieces.chunks(PIECES) {
        let slices: Vec<IoSlice, PIECES> = group.iter().map(|piece| IoSlice::new(piece)).collect();
        let _ = writev(fd, &slices);
    }
}

/// A number in decimal digits, for a sentence or a file.
pub fn decimal(number: u32) -> heapless::String<10> {
    let mut text = heapless::String::new();
    // Ten characters hold every u32.
    let _ = ufmt::uwrite!(&mut text, "{}", number);
    text
}

/// The value of decimal digits and nothing else; `None` without any, or for what does not fit.
pub fn number(digits: &[u8]) -> Option<u64> {
    let digit = |sum: u64, digit: &u8| match digit {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0'))),
        _ => None,
    };
    digits.iter().try_fold(0, digit).filter(|_| !digits.is_empty())
}

/// The words for an error number.
#[inline(never)]
pub const fn reason(error: Errno) -> &'static str {
    match error {
        Errno::NOENT => "file does not exist",
        Errno::ACCESS => "access denied",
        Errno::PERM => "permission denied",
        Errno::AGAIN => "temporary failure",
        Errno::NOTDIR => "not a directory",
        Errno::ISDIR => "is a directory",
        Errno::ROFS => "read-only file system",
        Errno::NOEXEC => "exec format error",
        Errno::NOSPC => "out of disk space",
        Errno::NXIO => "device not configured",
        Errno::EXIST => "file already exists",
        Errno::INVAL => "invalid argument",
        Errno::BADF => "file descriptor not open",
        Errno::NOMEM => "out of memory",
        Errno::TXTBSY => "text busy",
        Errno::MFILE => "process cannot open more files",
        Errno::NFILE => "system cannot open more files",
        Errno::TOOBIG => "argument list too long",
        Errno::SRCH => "no such process",
        Errno::IO => "input/output error",
        Errno::PIPE => "broken pipe",
        Errno::INTR => "interrupted system call",
        Errno::XDEV => "cross-device link",
        Errno::NAMETOOLONG => "file name too long",
        Errno::LOOP => "symbolic link loop",
        Errno::NODEV => "device does not support operation",
        Errno::BUSY => "device busy",
        Errno::DQUOT => "disk quota exceeded",
        Errno::NOSYS => "system call not available",
        Errno::NOTEMPTY => "directory not empty",
        Errno::STALE => "stale file handle",
        Errno::MLINK => "too many links",
        Errno::FBIG => "file too large",
        Errno::OPNOTSUPP => "operation not supported",
        Errno::CHILD => "no child processes",
        Errno::FAULT => "bad address",
        _ => "unknown error",
    }
}
