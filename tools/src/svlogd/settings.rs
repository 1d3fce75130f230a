//! Reading the configuration of a log directory, and telling what is wrong with it.
//!
//! Its one law: a directory without a configuration, or with one that cannot be read, works by the defaults. Source:
//! svlogd(8), CONFIG.

use super::config::{self, Config, Fault};
use super::speech::{Voice, reason, warning};
use sys::{Errno, OwnedFd, files};

/// Bytes of the largest configuration read; what lies beyond is not looked at.
const LENGTH_MAX: usize = 65_536;

/// Reads the configuration of a directory of this name.
pub(crate) fn read(directory: &OwnedFd, name: &[u8], voice: Voice) -> Config {
    let mut text = vec![0; LENGTH_MAX];
    let length = match files::open_to_read(directory, c"config").and_then(|file| files::read(file, &mut text)) {
        Ok(length) => length,
        Err(Errno::NOENT) => return Config::default(),
        Err(error) => {
            warning(&[b"unable to read: ", name, b"/config: ", reason(error).as_bytes()]);
            return Config::default();
        }
    };
    voice.info(&[b"read: ", name, b"/config"]);
    config::parse(text.get(..length).unwrap_or_default(), |fault| match fault {
        Fault::Address(text) => warning(&[b"unable to scan ip address: ", text]),
        Fault::Port(text) => warning(&[b"unable to scan port number: ", text]),
        Fault::Number(line) => warning(&[b"unable to scan number: ", name, b"/config: ", line]),
        Fault::Unknown(line) => warning(&[b"unknown line: ", name, b"/config: ", line]),
    })
}
