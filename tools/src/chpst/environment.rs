//! The environment from a directory: a file's name is a variable, its first line the value.
//!
//! Its one law: what the files hold is taken literally, whatever bytes it is. Source: chpst(8), -e.

use super::{Failure, refused};
use crate::contents;
use crate::environment::Environment;
use std::ffi::CStr;
use sys::message::{complain, reason};
use sys::{AsFd, Errno, OwnedFd, files};

/// Reads a directory. A file that cannot be read is fatal if `strict`, else it is told to those who want to know.
pub(crate) fn read(directory: &CStr, strict: bool, verbose: bool, to: &mut Environment) -> Result<(), Failure> {
    let failed = || refused("switch to directory", directory);
    let opened = files::open_directory(files::CWD, directory).map_err(failed())?;
    let mut fatal = None;
    let seen = files::each_name(opened.as_fd(), |name| {
        if fatal.is_some() {
            return;
        }
        match text(&opened, name) {
            Ok(text) => to.change(name.to_bytes(), value(&text).as_deref()),
            Err(error) if strict || verbose => {
                let file = [directory.to_bytes(), b"/", name.to_bytes()].concat();
                let told = [b"unable to read ", &*file, b": ", reason(error).as_bytes()].concat();
                if strict {
                    fatal = Some(Failure::fatal(&[&told]));
                } else {
                    complain(&[b"chpst: warning: ", &told, b"\n"]);
                }
            }
            Err(_) => {}
        }
    });
    fatal.map_or(Ok(()), Err)?;
    seen.map_err(failed())
}

fn text(directory: &OwnedFd, name: &CStr) -> Result<Vec<u8>, Errno> {
    // A name with an equals sign would set another variable than the one it names.
    if name.to_bytes().contains(&b'=') { Err(Errno::INVAL) } else { contents::read(directory, name) }
}

/// The value that a file's text gives: the first line without blanks and tabs at its end, NUL bytes as newlines. `None` for
/// an empty file: the variable is removed.
pub(crate) fn value(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() {
        return None;
    }
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
    let kept = line.iter().take(end).map(|byte| if *byte == 0 { b'\n' } else { *byte });
    Some(kept.collect())
}
