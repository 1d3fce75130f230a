//! The contents of a file, whole.
//!
//! Its one law: nothing is waited for, not even where the name is that of a fifo.

use std::ffi::CStr;
use sys::{AsFd, Errno, files};

/// Bytes asked for at once: most of the files that are read here have less.
const PIECE: usize = 4096;

/// Reads the file of a name to its end.
pub fn read(base: impl AsFd, name: &CStr) -> Result<Vec<u8>, Errno> {
    read_open(files::open_to_read(base, name)?)
}

/// Reads an open file to its end.
pub fn read_open(file: impl AsFd) -> Result<Vec<u8>, Errno> {
    let mut text = Vec::new();
    loop {
        let filled = text.len();
        text.resize(filled + PIECE, 0);
        let length = files::read(&file, text.get_mut(filled..).unwrap_or_default())?;
        text.truncate(filled + length);
        if length == 0 {
            return Ok(text);
        }
    }
}
