//! Sentences for people: writing them, and the words for an error number.
//!
//! Its one law: a sentence goes out whole in one write, of whatever bytes its names have. The words of the errors are
//! those that runit's users know (runit-facts "Common").

use crate::errno::Errno;
use crate::phrases::{self, Phrases};
use crate::raw::{self, Answer};
use crate::raw::{AsFd, BorrowedFd};
use heapless::Vec;

/// Pieces of the longest sentence of ours, `- runit: fatal: unable to start child: /etc/runit/1: REASON` and room.
const PIECES: usize = 12;
/// Milliseconds that the reader of a full pipe has to make room for a sentence; one that lives needs less.
const PATIENCE: core::ffi::c_int = 10;

/// Standard error, which stays open for the life of the program.
pub fn standard_error() -> BorrowedFd<'static> {
    raw::standard(2)
}

/// Writes the pieces, in one call, to standard error. A failure has nobody to be told to.
pub fn complain(pieces: &[&[u8]]) {
    let _ = write(standard_error(), pieces);
}

/// Writes the pieces as [`complain`] does, unless nobody makes room for them: a terminal that is stopped, a pipe whose reader
/// hangs. For a program that must go on whatever becomes of its sentences. A pipe with any room takes a sentence whole.
pub fn mention(pieces: &[&[u8]]) {
    let mut list = raw::PollList { first: raw::PollFd::writable(standard_error()), rest: [] };
    raw::poll(&mut list, PATIENCE);
    if list.first.is_ready() {
        complain(pieces);
    }
}

/// The pieces of a sentence, one after the other.
#[derive(Default)]
pub struct Sentence<'a>(Vec<&'a [u8], PIECES>);

impl<'a> Sentence<'a> {
    /// Adds a piece.
    #[inline(never)]
    pub fn add(&mut self, piece: &'a [u8]) {
        let _ = self.0.push(piece);
    }

    /// As [`mention`].
    pub fn mention(&self) {
        mention(&self.0);
    }
}

/// Writes the pieces, in one call, to standard output.
pub fn say(pieces: &[&[u8]]) {
    let _ = write(raw::standard(1), pieces);
}

/// Is standard output a terminal?
pub fn is_terminal() -> bool {
    rustix::termios::isatty(rustix::fd::BorrowedFd::from(raw::standard(1)))
}

/// Writes all the pieces to a file, in one call; a file that takes less than all of it is full.
pub fn write_all(fd: impl AsFd, pieces: &[&[u8]]) -> Result<(), Errno> {
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    if write(fd.as_fd(), pieces).number()? == length { Ok(()) } else { Err(Errno::NOSPC) }
}

/// Writes [`PIECES`] of the pieces at most; the number of bytes.
fn write(fd: BorrowedFd, pieces: &[&[u8]]) -> Answer {
    raw::writev::<PIECES>(fd, pieces)
}

/// How many decimal digits the largest number has.
pub const DIGITS: usize = 10;

/// A number in decimal digits, for a sentence or a file.
pub fn decimal(number: u32, digits: &mut [u8; DIGITS]) -> &[u8] {
    let (mut start, mut rest) = (DIGITS, number);
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

/// The value of decimal digits and nothing else; `None` without any, or for what does not fit.
pub fn number(digits: &[u8]) -> Option<u64> {
    let digit = |sum: u64, digit: &u8| match digit {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0'))),
        _ => None,
    };
    digits.iter().try_fold(0, digit).filter(|_| !digits.is_empty())
}

/// The words for error numbers.
const WORDS: &[(u8, &str)] = &[
    (number_of(Errno::NOENT), "file does not exist"),
    (number_of(Errno::ACCESS), "access denied"),
    (number_of(Errno::PERM), "permission denied"),
    (number_of(Errno::AGAIN), "temporary failure"),
    (number_of(Errno::NOTDIR), "not a directory"),
    (number_of(Errno::ISDIR), "is a directory"),
    (number_of(Errno::ROFS), "read-only file system"),
    (number_of(Errno::NOEXEC), "exec format error"),
    (number_of(Errno::NOSPC), "out of disk space"),
    (number_of(Errno::NXIO), "device not configured"),
    (number_of(Errno::EXIST), "file already exists"),
    (number_of(Errno::INVAL), "invalid argument"),
    (number_of(Errno::BADF), "file descriptor not open"),
    (number_of(Errno::NOMEM), "out of memory"),
    (number_of(Errno::TXTBSY), "text busy"),
    (number_of(Errno::MFILE), "process cannot open more files"),
    (number_of(Errno::NFILE), "system cannot open more files"),
    (number_of(Errno::TOOBIG), "argument list too long"),
    (number_of(Errno::SRCH), "no such process"),
    (number_of(Errno::IO), "input/output error"),
    (number_of(Errno::PIPE), "broken pipe"),
    (number_of(Errno::INTR), "interrupted system call"),
    (number_of(Errno::XDEV), "cross-device link"),
    (number_of(Errno::NAMETOOLONG), "file name too long"),
    (number_of(Errno::LOOP), "symbolic link loop"),
    (number_of(Errno::NODEV), "device does not support operation"),
    (number_of(Errno::BUSY), "device busy"),
    (number_of(Errno::DQUOT), "disk quota exceeded"),
    (number_of(Errno::NOSYS), "system call not available"),
    (number_of(Errno::NOTEMPTY), "directory not empty"),
    (number_of(Errno::STALE), "stale file handle"),
    (number_of(Errno::MLINK), "too many links"),
    (number_of(Errno::FBIG), "file too large"),
    (number_of(Errno::OPNOTSUPP), "operation not supported"),
    (number_of(Errno::CHILD), "no child processes"),
    (number_of(Errno::FAULT), "bad address"),
];

const REASONS: Phrases = Phrases::new({
    static PACKED: [u8; phrases::length(WORDS)] = phrases::pack(WORDS);
    &PACKED
});

/// Those that have words are below 128.
const fn number_of(error: Errno) -> u8 {
    error.raw_os_error() as u8
}

/// The words for an error number.
pub fn reason(error: Errno) -> &'static str {
    let words = REASONS.find(error.raw_os_error().cast_unsigned());
    if words.is_empty() { "unknown error" } else { words }
}
