//! utmpset: tells the accounting files that nobody is logged in on a line any more.
//!
//! Its one law: the files are changed under their lock, a record at a time, and wtmp only after utmp. Source: utmpset(8).

mod record;

use crate::contents;
use crate::options::{self, Misuse, Opt, Options};
use std::ffi::CStr;
use sys::files::{self, CWD};
use sys::message::{complain, reason, write_all};
use sys::{Errno, OwnedFd, clock, identity, stream};

/// Who is logged in: the first that exists.
const UTMP: [&CStr; 2] = [c"/run/utmp", c"/var/run/utmp"];
/// Who was.
const WTMP: &CStr = c"/var/log/wtmp";
/// The exit code of misuse.
const MISUSED: u8 = 1;
/// The exit code of failure.
const FAILED: u8 = 111;

/// The whole program; returns its exit code.
pub fn main(words: &[&CStr]) -> u8 {
    let (own, words) = options::split(words);
    let (line, with_wtmp) = match read(words) {
        Ok(read) => read,
        Err(misuse) => {
            complain(&[&misuse.text(b"utmpset", &[b"usage: ", own.to_bytes(), b" [-w] line\n\n"])]);
            return MISUSED;
        }
    };
    match log_out(line, with_wtmp) {
        Ok(()) => 0,
        Err(sentence) => {
            complain(&[b"utmpset: ", &sentence, b"\n"]);
            FAILED
        }
    }
}

/// The line, and whether wtmp is to be told too.
fn read<'a>(words: &'a [&'a CStr]) -> Result<(&'a [u8], bool), Misuse<'a>> {
    let mut options = Options::new("wV", "", words);
    let mut with_wtmp = false;
    for option in options.by_ref() {
        match option? {
            Opt::Flag(b'w') => with_wtmp = true,
            _ => return Err(Misuse::Version("utmpset")),
        }
    }
    let line = options.operands().first().map(|line| line.to_bytes()).filter(|line| !line.is_empty());
    Ok((line.ok_or(Misuse::Wrong)?, with_wtmp))
}

/// Logs the line out; what is to be said if that is not possible.
fn log_out(line: &[u8], with_wtmp: bool) -> Result<(), Vec<u8>> {
    let (seconds, _) = clock::wall();
    if line.len() > record::LINE_MAX {
        return Err(unable(b"fatal", line, b"utmp", "name too long"));
    }
    let failed = |file: &'static [u8]| move |error| unable(b"fatal", line, file, reason(error));
    if !change_utmp(&open_utmp()?, line, seconds).map_err(failed(b"utmp"))? {
        return Err(unable(b"warning", line, b"utmp", "no such entry"));
    }
    if with_wtmp {
        let wtmp = files::open_to_append(CWD, WTMP, 0o600).map_err(|error| cannot_open(WTMP, error))?;
        append(&wtmp, &record::logged_out(line, seconds)).map_err(failed(b"wtmp"))?;
    }
    Ok(())
}

fn open_utmp() -> Result<OwnedFd, Vec<u8>> {
    let [first, second] = UTMP;
    match files::open_to_change(CWD, first) {
        Err(Errno::NOENT) => files::open_to_change(CWD, second).map_err(|error| cannot_open(second, error)),
        opened => opened.map_err(|error| cannot_open(first, error)),
    }
}

/// Changes the record of the line; whether there is one.
fn change_utmp(utmp: &OwnedFd, line: &[u8], seconds: i64) -> Result<bool, Errno> {
    identity::lock(utmp)?;
    let mut records = contents::read_open(utmp)?;
    let Some(place) = record::find(&records, line) else { return Ok(false) };
    let Some(found) = records.get_mut(place..place + record::SIZE) else { return Ok(false) };
    record::log_out(found, seconds);
    if stream::write_at(utmp, found, place as u64)? == found.len() { Ok(true) } else { Err(Errno::NOSPC) }
}

/// Appends a whole record or nothing: half of one would make all later ones unreadable.
fn append(wtmp: &OwnedFd, record: &[u8]) -> Result<(), Errno> {
    identity::lock(wtmp)?;
    let length = stream::extent(wtmp)?.length;
    write_all(wtmp, &[record]).inspect_err(|_| {
        let _ = stream::set_length(wtmp, length);
    })
}

fn unable(grave: &[u8], line: &[u8], file: &[u8], why: &str) -> Vec<u8> {
    [grave, b": unable to logout line ", line, b" in ", file, b": ", why.as_bytes()].concat()
}

fn cannot_open(path: &CStr, error: Errno) -> Vec<u8> {
    [b"fatal: unable to open ", path.to_bytes(), b": ", reason(error).as_bytes()].concat()
}
