//! utmpset: tells the accounting files that nobody is logged in on a line any more.
//!
//! Its one law: the files are changed under their lock, a record at a time, and wtmp only after utmp. Source: utmpset(8).

mod record;

use crate::options::{Opt, Options, version};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::process::ExitCode;
use sys::message::{complain, reason};
use sys::{Errno, clock};

/// Who is logged in: the first that exists.
const UTMP: [&str; 2] = ["/run/utmp", "/var/run/utmp"];
/// Who was.
const WTMP: &str = "/var/log/wtmp";
/// The exit code of misuse.
const MISUSED: u8 = 1;
/// The exit code of failure.
const FAILED: u8 = 111;

/// The whole program.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let (line, with_wtmp) = match read(&words) {
        Ok(read) => read,
        Err(misuse) => {
            complain(&[&misuse]);
            return ExitCode::from(MISUSED);
        }
    };
    match log_out(line, with_wtmp) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            complain(&[b"utmpset: ", &sentence, b"\n"]);
            ExitCode::from(FAILED)
        }
    }
}

/// The line, and whether wtmp is to be told too; what is to be said if the command line cannot be read.
fn read(words: &[OsString]) -> Result<(&[u8], bool), Vec<u8>> {
    let own = words.first().map(|own| own.as_bytes()).unwrap_or_default();
    let usage = || [b"usage: ", own, b" [-w] line\n\n"].concat();
    let mut options = Options::new("wV", &[], words.get(1..).unwrap_or_default());
    let mut with_wtmp = false;
    for option in options.by_ref() {
        match option.map_err(|misuse| [misuse.sentence(b"utmpset"), usage()].concat())? {
            Opt::Flag(b'w') => with_wtmp = true,
            _ => return Err([version("utmpset").into_bytes(), usage()].concat()),
        }
    }
    let line = options.operands().first().map(|line| line.as_bytes()).filter(|line| !line.is_empty());
    line.map(|line| (line, with_wtmp)).ok_or_else(usage)
}

/// Logs the line out; what is to be said if that is not possible.
fn log_out(line: &[u8], with_wtmp: bool) -> Result<(), Vec<u8>> {
    let (seconds, _) = clock::wall();
    if line.len() > record::LINE_MAX {
        return Err(unable(b"fatal", line, b"utmp", "name too long"));
    }
    let failed = |file: &'static [u8]| move |error: io::Error| unable(b"fatal", line, file, words(&error));
    if !change_utmp(&open_utmp()?, line, seconds).map_err(failed(b"utmp"))? {
        return Err(unable(b"warning", line, b"utmp", "no such entry"));
    }
    if with_wtmp {
        let wtmp = OpenOptions::new().append(true).create(true).mode(0o600).open(WTMP);
        let wtmp = wtmp.map_err(|error| cannot_open(WTMP, &error))?;
        append(&wtmp, &record::logged_out(line, seconds)).map_err(failed(b"wtmp"))?;
    }
    Ok(())
}

fn open_utmp() -> Result<File, Vec<u8>> {
    let open = |path| OpenOptions::new().read(true).write(true).open(path);
    let [first, second] = UTMP;
    match open(first) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => open(second).map_err(|e| cannot_open(second, &e)),
        opened => opened.map_err(|error| cannot_open(first, &error)),
    }
}

/// Changes the record of the line; whether there is one.
fn change_utmp(mut utmp: &File, line: &[u8], seconds: i64) -> io::Result<bool> {
    utmp.lock()?;
    let mut records = Vec::new();
    utmp.read_to_end(&mut records)?;
    let Some(place) = record::find(&records, line) else { return Ok(false) };
    let Some(found) = records.get_mut(place..place + record::SIZE) else { return Ok(false) };
    record::log_out(found, seconds);
    utmp.write_all_at(found, place as u64)?;
    Ok(true)
}

/// Appends a whole record or nothing: half of one would make all later ones unreadable.
fn append(mut wtmp: &File, record: &[u8]) -> io::Result<()> {
    wtmp.lock()?;
    let length = wtmp.metadata()?.len();
    wtmp.write_all(record).inspect_err(|_| {
        let _ = wtmp.set_len(length);
    })
}

fn unable(grave: &[u8], line: &[u8], file: &[u8], why: &str) -> Vec<u8> {
    [grave, b": unable to logout line ", line, b" in ", file, b": ", why.as_bytes()].concat()
}

fn cannot_open(path: &str, error: &io::Error) -> Vec<u8> {
    ["fatal: unable to open ", path, ": ", words(error)].concat().into_bytes()
}

fn words(error: &io::Error) -> &'static str {
    reason(error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))
}
