//! The command line of svlogd.
//!
//! Its one law: what is wrong on it is told before any log is touched. Source: svlogd(8), OPTIONS.

use super::directory::Common;
use super::intake::{Replacements, replacements};
use super::speech::Voice;
use super::stamp::Form;
use crate::options::{Opt, Options, version};
use std::ffi::{CString, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

const USAGE: &str = "usage: svlogd [-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...\n\n";
/// Bytes of a line that are looked at, unless `-l` says otherwise.
const LINE: usize = 1000;
/// Bytes of the buffer in the original, unless `-b` says otherwise; `-l` is checked against it.
const BUFFER: usize = 1024;
/// Bytes of the smallest buffer that is used: what a pipe holds, so that one read empties it. Untouched pages cost nothing.
const BUFFER_USED: usize = 65_536;

/// What the options say.
pub(crate) struct Settings {
    /// What every log directory must know.
    pub(crate) common: Common,
    /// `-t`.
    pub(crate) stamp: Form,
    /// `-r` and `-R`.
    pub(crate) replacements: Replacements,
    /// Bytes of the input's buffer.
    pub(crate) buffer: usize,
}

/// Reads the command line; what is to be said if it cannot be read.
pub(crate) fn read(words: &[OsString]) -> Result<(Settings, Vec<CString>), Vec<u8>> {
    let usage = || USAGE.as_bytes().to_vec();
    let mut options = Options::new("R:r:l:b:tvV", &[], words.get(1..).unwrap_or_default());
    let (mut verbose, mut stamps, mut by, mut also) = (false, 0, None, Vec::new());
    let (mut line, mut buffer) = (LINE, BUFFER);
    for option in options.by_ref() {
        match option.map_err(|misuse| [misuse.sentence(b"svlogd"), usage()].concat())? {
            Opt::Flag(b't') => stamps += 1,
            Opt::Flag(b'v') => verbose = true,
            Opt::Value(b'R', set) => also = set.as_bytes().to_vec(),
            Opt::Value(b'r', value) => match value.as_bytes() {
                [byte] => by = Some(*byte),
                _ => return Err(usage()),
            },
            Opt::Value(b'l', value) => line = number(value.as_bytes(), LINE),
            Opt::Value(b'b', value) => buffer = number(value.as_bytes(), BUFFER),
            _ => return Err([version("svlogd").into_bytes(), usage()].concat()),
        }
    }
    let names: Result<Vec<_>, _> =
        options.operands().iter().map(|name| CString::new(name.clone().into_vec())).collect();
    let names = names.map_err(|_| usage())?;
    if buffer <= line || names.is_empty() {
        return Err(usage());
    }
    let common = Common { line, voice: Voice { verbose } };
    let (stamp, replacements) = (Form::from_count(stamps), replacements(by, &also));
    Ok((Settings { common, stamp, replacements, buffer: buffer.max(BUFFER_USED) }, names))
}

/// The digits at the beginning as a number; none, or zero, mean the default. A number that no memory holds is as good as
/// the largest that makes sense, 16 MB.
fn number(text: &[u8], default: usize) -> usize {
    const LARGEST: usize = 1 << 24;
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let value = digits.fold(0usize, |value, digit| value.saturating_mul(10).saturating_add(usize::from(digit - b'0')));
    if value == 0 { default } else { value.min(LARGEST) }
}
