//! The environment from a directory: a file's name is a variable, its first line the value.
//!
//! Its one law: what the files hold is taken literally, whatever bytes it is. Source: chpst(8), -e.

use crate::Failure;
use crate::program::Variables;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use sys::Errno;
use sys::message::{complain, reason};

/// Reads a directory. A file that cannot be read is fatal if `strict`, else it is told to those who want to know.
pub(crate) fn read(directory: &OsStr, strict: bool, verbose: bool, to: &mut Variables) -> Result<(), Failure> {
    let refused = |error: io::Error| {
        Failure::Refused("unable to switch to directory", directory.as_bytes().to_vec(), errno(&error))
    };
    for entry in fs::read_dir(directory).map_err(refused)? {
        let name = entry.map_err(refused)?.file_name();
        if name.as_bytes().starts_with(b".") {
            continue;
        }
        let path = Path::new(directory).join(&name);
        let whom = path.as_os_str().as_bytes();
        let text = if name.as_bytes().contains(&b'=') { Err(Errno::INVAL) } else { contents(&path) };
        match text {
            Ok(text) => to.change(name, value(&text)),
            Err(error) if strict => return Err(Failure::Wrong("unable to read ", with_reason(whom, error))),
            Err(error) if verbose => {
                complain(&[b"chpst: warning: unable to read ", whom, b": ", reason(error).as_bytes(), b"\n"]);
            }
            Err(_) => {}
        }
    }
    Ok(())
}

fn contents(path: &Path) -> Result<Vec<u8>, Errno> {
    fs::read(path).map_err(|error| errno(&error))
}

fn with_reason(whom: &[u8], error: Errno) -> Vec<u8> {
    [whom, b": ", reason(error).as_bytes()].concat()
}

/// The error number behind an error of std.
pub(crate) fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error)
}

/// The value that a file's text gives: the first line without blanks and tabs at its end, NUL bytes as newlines. `None` for
/// an empty file: the variable is removed.
pub(crate) fn value(text: &[u8]) -> Option<OsString> {
    if text.is_empty() {
        return None;
    }
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
    let kept = line.iter().take(end).map(|byte| if *byte == 0 { b'\n' } else { *byte });
    Some(OsString::from_vec(kept.collect()))
}
