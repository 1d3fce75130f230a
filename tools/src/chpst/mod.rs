//! chpst: changes the state of its process as its options say, and becomes the program.
//!
//! Its one law: each change happens or the program is not run; the order of changes is that of [`change`], since a lock
//! file, for one, is opened by the new user below the new root. Source: chpst(8).

mod account;
mod database;
mod emulation;
mod environment;
mod options;
mod program;

use crate::environment::Environment;
use options::{LockFile, Plan};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use sys::message::{complain, decimal, reason};
use sys::{Errno, files, identity, process};

/// The exit code of misuse.
const MISUSED: u8 = 100;
/// The exit code of a change that could not be made.
const FAILED: u8 = 111;

/// Why the program is not run.
pub(crate) enum Failure {
    /// What was tried, with whom, and why it failed.
    Refused(&'static str, Vec<u8>, Errno),
    /// What was wrong up to the name, and the name.
    Wrong(&'static str, Vec<u8>),
    /// Something that does not matter, so they said.
    Ignored,
}

/// Is a program of this base name chpst, by its own name or as the program that it stands in for?
pub fn goes_by(name: &[u8]) -> bool {
    emulation::is_known(name)
}

/// The whole program; returns its exit code.
pub fn main(words: &[OsString]) -> u8 {
    let plan = match emulation::read(words) {
        Ok(plan) => plan,
        Err(misuse) => {
            complain(&[&misuse]);
            return MISUSED;
        }
    };
    let mut variables = Environment::inherited();
    match change(&plan, &mut variables) {
        Err(failure) => tell(&failure),
        Ok(()) => tell(&program::run(&plan, &variables)),
    }
}

fn tell(failure: &Failure) -> u8 {
    match failure {
        Failure::Refused(what, whom, error) => {
            complain(&[b"chpst: fatal: ", what.as_bytes(), b": ", whom, b": ", reason(*error).as_bytes(), b"\n"]);
        }
        Failure::Wrong(what, whom) => complain(&[b"chpst: fatal: ", what.as_bytes(), whom, b"\n"]),
        Failure::Ignored => return 0,
    }
    FAILED
}

/// Makes all changes of this process; those of the environment are collected for the program.
fn change(plan: &Plan, variables: &mut Environment) -> Result<(), Failure> {
    if plan.new_session {
        process::lead_session();
    }
    if let Some(directory) = plan.envdir {
        environment::read(directory, plan.envdir_is_strict, plan.verbose, variables)?;
    }
    if let Some(root) = plan.root {
        at("unable to change directory", root, process::change_directory)?;
        at("unable to change root directory", root, |_| identity::enter_root())?;
    }
    if let Some(directory) = plan.directory {
        at("unable to change directory", directory, process::change_directory)?;
    }
    if let Some(increment) = plan.nice {
        identity::add_nice(increment).map_err(|error| Failure::Wrong("unable to set nice: ", reason(error).into()))?;
    }
    change_user(plan, variables)?;
    if let Some(lock) = &plan.lock {
        take(lock).map_err(|failure| if lock.may_fail { Failure::Ignored } else { failure })?;
    }
    for number in plan.closed.iter().copied() {
        // A descriptor that is closed already is as it should be.
        let _ = identity::close_standard_on_exec(number);
    }
    for (resource, soft) in &plan.limits {
        let limited = identity::limit(*resource, *soft);
        limited.map_err(|error| Failure::Wrong("unable to set limit: ", reason(error).into()))?;
    }
    Ok(())
}

fn change_user(plan: &Plan, variables: &mut Environment) -> Result<(), Failure> {
    if let Some(account) = &plan.env_user {
        let ids = account.resolve()?;
        let group = ids.groups.first().copied().unwrap_or_default();
        variables.change(b"GID", Some(decimal(group, &mut [0; _])));
        variables.change(b"UID", Some(decimal(ids.user, &mut [0; _])));
    }
    if let Some(account) = &plan.user {
        let ids = account.resolve()?;
        let became = identity::become_user(ids.user, &ids.groups);
        became.map_err(|error| Failure::Refused("unable to set uid/gids", account.text().to_vec(), error))?;
    }
    Ok(())
}

/// Does something with a path; a failure names both.
fn at<T>(what: &'static str, path: &OsStr, act: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Failure> {
    let done = CString::new(path.as_bytes()).map_err(|_| Errno::INVAL).and_then(|path| act(&path));
    done.map_err(|error| Failure::Refused(what, path.as_bytes().to_vec(), error))
}

/// Opens and locks a file, and leaves it open for the program.
fn take(lock: &LockFile) -> Result<(), Failure> {
    let file = at("unable to open lock", lock.path, |path| files::open_to_append(files::CWD, path, 0o600))?;
    at("unable to lock", lock.path, |_| {
        if lock.waits {
            identity::lock(&file)?
        } else {
            files::try_lock(&file)?
        }
        identity::hand_on(&file)
    })?;
    std::mem::forget(file);
    Ok(())
}
