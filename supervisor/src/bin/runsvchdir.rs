//! runsvchdir: changes the services directory that `current` leads to, and so the runlevel.
//!
//! Its one law: `current` is replaced by one rename; there is no moment without it. Implements runsvchdir(8).
#![no_std]
#![no_main]

use core::ffi::CStr;
use core::mem::MaybeUninit;
use protocol::paths::c::{CURRENT, CURRENT_NEW, PREVIOUS, PREVIOUS_NEW, RUNLEVELS};
use sys::files::{self, CWD, PATH_MAX};
use sys::message::{complain, reason, say};
use sys::{Errno, process};

rt::entry!(main);

/// Exit code of a call without a directory.
const USAGE: u8 = 1;
/// Exit code of an error.
const FATAL: u8 = 111;

fn main(start: rt::Start) -> u8 {
    let Some(directory) = start.argument(1) else {
        complain(&[b"usage: ", start.argument(0).unwrap_or_default().to_bytes(), b" dir\n\n"]);
        return USAGE;
    };
    match change(start.variable(b"RUNSVDIR").unwrap_or(RUNLEVELS), directory) {
        Ok(state) => {
            say(&[b"runsvchdir: ", directory.to_bytes(), b": ", state.as_bytes(), b"\n"]);
            0
        }
        Err(Failure(what, object, why)) => {
            complain(&[b"runsvchdir: fatal: ", what.as_bytes(), object.to_bytes(), b": ", why.as_bytes(), b"\n"]);
            FATAL
        }
    }
}

/// What could not be done, to what, and why.
struct Failure<'a>(&'static str, &'a CStr, &'static str);

fn failed<'a>(what: &'static str, object: &'a CStr) -> impl FnOnce(Errno) -> Failure<'a> {
    move |error| Failure(what, object, reason(error))
}

/// Makes a directory the current one; what it is now, in words.
fn change<'a>(runlevels: &'a CStr, directory: &'a CStr) -> Result<&'static str, Failure<'a>> {
    if directory.to_bytes().starts_with(b".") {
        return Err(Failure("", directory, "must not start with a dot."));
    }
    process::change_directory(runlevels).map_err(failed("unable to chdir: ", runlevels))?;
    let new = files::facts(CWD, directory).map_err(failed("", directory))?;
    if !new.is_directory {
        return Err(Failure("", directory, "not a directory."));
    }
    let current = files::facts(CWD, CURRENT).map_err(failed("unable to stat: ", CURRENT))?;
    if current.identity == new.identity {
        return Ok("current.");
    }
    make_link(directory, CURRENT_NEW)?;
    keep_previous()?;
    files::rename(CWD, CURRENT_NEW, CURRENT).map_err(failed("unable to rename to: ", CURRENT))?;
    Ok("now current.")
}

/// Lets `previous` lead where `current` does.
fn keep_previous() -> Result<(), Failure<'static>> {
    let unable = "unable to readlink: ";
    let (mut buffer, mut path) = ([MaybeUninit::uninit(); PATH_MAX], [0; PATH_MAX]);
    let target = files::read_link(CWD, CURRENT, &mut buffer).map_err(failed(unable, CURRENT))?;
    let target = target.and_then(|target| files::join_in(&mut path, &[target]));
    let Some(target) = target else { return Err(failed(unable, CURRENT)(Errno::NAMETOOLONG)) };
    make_link(target, PREVIOUS_NEW)?;
    files::rename(CWD, PREVIOUS_NEW, PREVIOUS).map_err(failed("unable to rename to: ", PREVIOUS))
}

/// Makes a symbolic link, in the place of one that was left by somebody who was interrupted.
fn make_link<'a>(target: &CStr, link: &'a CStr) -> Result<(), Failure<'a>> {
    match files::remove(CWD, link) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(failed("unable to unlink: ", link)(error)),
    }
    files::make_link(target, CWD, link).map_err(failed("unable to create: ", link))
}
