//! The command line of svlogd.
//!
//! Its one law: what is wrong on it is told before any log is touched. Source: svlogd(8), OPTIONS.

use super::directory::Common;
use super::intake::{Replacements, replacements};
use super::speech::Voice;
use super::stamp::Form;
use crate::number::leading;
use crate::options::{Misuse, Opt, Options, split};
use std::ffi::{CStr, CString};

pub(crate) const USAGE: &str = "usage: svlogd [-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...\n\n";
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

/// Reads the command line, the program's own name first.
pub(crate) fn read<'a>(words: &'a [&'a CStr]) -> Result<(Settings, Vec<CString>), Misuse<'a>> {
    let mut options = Options::new("R:r:l:b:tvV", "", split(words).1);
    let (mut verbose, mut stamps, mut by, mut also) = (false, 0, None, c"");
    let (mut line, mut buffer) = (LINE, BUFFER);
    for option in options.by_ref() {
        match option? {
            Opt::Flag(b't') => stamps += 1,
            Opt::Flag(b'v') => verbose = true,
            Opt::Value(b'R', set) => also = set,
            Opt::Value(b'r', value) => match value.to_bytes() {
                [byte] => by = Some(*byte),
                _ => return Err(Misuse::Wrong),
            },
            Opt::Value(b'l', value) => line = number(value, LINE),
            Opt::Value(b'b', value) => buffer = number(value, BUFFER),
            _ => return Err(Misuse::Version("svlogd")),
        }
    }
    if buffer <= line || options.operands().is_empty() {
        return Err(Misuse::Wrong);
    }
    let names = options.operands().iter().map(|name| CString::from(*name)).collect();
    let common = Common { line, voice: Voice { verbose } };
    let (stamp, replacements) = (Form::from_count(stamps), replacements(by, also.to_bytes()));
    Ok((Settings { common, stamp, replacements, buffer: buffer.max(BUFFER_USED) }, names))
}

/// The digits at the beginning as a number; none, or zero, mean the default. A number that no memory holds is as good as
/// the largest that makes sense, 16 MB.
fn number(text: &CStr, default: usize) -> usize {
    const LARGEST: usize = 1 << 24;
    match leading(text.to_bytes()) {
        (0, _) => default,
        (value, _) => usize::try_from(value).map_or(LARGEST, |value| value.min(LARGEST)),
    }
}
