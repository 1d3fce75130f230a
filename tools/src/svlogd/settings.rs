//! Reading the configuration of a log directory, and telling what is wrong with it.
//!
//! Its one law: a directory without a configuration, or with one that the kernel does not let us read, works by the
//! defaults; one that somebody else may have put there is not obeyed, and the directory is not used. Source: svlogd(8).

use super::config::{self, Config, Fault};
use super::place::{self, Refusal};
use super::speech::{Voice, reason, warning};
use sys::{Errno, OwnedFd, files};

/// Bytes of the largest configuration read; what lies beyond is not looked at.
const LENGTH_MAX: usize = 65_536;

/// Reads the configuration of a directory of this name.
pub(crate) fn read(directory: &OwnedFd, name: &[u8], voice: Voice) -> Result<Config, Refusal> {
    let mut text = vec![0; LENGTH_MAX];
    let read = place::open_through_link(directory, c"config").and_then(|file| Ok(files::read(file, &mut text)?));
    let length = match read {
        Ok(length) => length,
        Err(Refusal::Kernel(Errno::NOENT)) => return Ok(Config::default()),
        Err(Refusal::Kernel(error)) => {
            warning(&[b"unable to read: ", name, b"/config: ", reason(error).as_bytes()]);
            return Ok(Config::default());
        }
        Err(refusal) => return Err(refusal),
    };
    voice.info(&[b"read: ", name, b"/config"]);
    Ok(config::parse(text.get(..length).unwrap_or_default(), |fault| match fault {
        Fault::Address(text) => warning(&[b"unable to scan ip address: ", text]),
        Fault::Port(text) => warning(&[b"unable to scan port number: ", text]),
        Fault::Number(line) => warning(&[b"unable to scan number: ", name, b"/config: ", line]),
        Fault::Unknown(line) => warning(&[b"unknown line: ", name, b"/config: ", line]),
    }))
}
