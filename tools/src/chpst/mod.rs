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
use crate::number::decimal;
use crate::options::{base_name, split};
use options::{LockFile, Plan};
use std::ffi::CStr;
use sys::message::{complain, reason};
use sys::{Errno, files, identity, process};

/// The exit code of misuse.
const MISUSED: u8 = 100;
/// The exit code of a change that could not be made.
const FAILED: u8 = 111;

/// The exit code of a program that is not run. Who called it was told why, unless that does not matter, so they said.
pub(crate) struct Failure(u8);

impl Failure {
    /// Tells what was tried, with whom, and why the kernel refused it.
    #[inline(never)]
    pub(crate) fn refused(what: &str, whom: &[u8], error: Errno) -> Failure {
        Failure::fatal(&[b"unable to ", what.as_bytes(), b": ", whom, b": ", reason(error).as_bytes()])
    }

    /// Tells what is wrong.
    pub(crate) fn fatal(pieces: &[&[u8]]) -> Failure {
        complain(&[b"chpst: fatal: ", &pieces.concat(), b"\n"]);
        Failure(FAILED)
    }
}

/// Is a program of this base name chpst, by its own name or as the program that it stands in for?
pub fn goes_by(name: &[u8]) -> bool {
    emulation::find(name).is_some()
}

/// The whole program; returns its exit code.
pub fn main(words: &[&CStr]) -> u8 {
    let (own, words) = split(words);
    let program = emulation::find(base_name(own)).unwrap_or(&emulation::CHPST);
    let mut plan = Plan::default();
    if let Err(misuse) = program.read(words, &mut plan) {
        complain(&[&misuse.text(program.name.as_bytes(), &[program.usage.as_bytes()])]);
        return MISUSED;
    }
    let mut variables = Environment::inherited();
    let Failure(code) = match change(&plan, &mut variables) {
        Err(failure) => failure,
        Ok(()) => program::run(&plan, &variables),
    };
    code
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
        process::change_directory(root).map_err(refused("change directory", root))?;
        identity::enter_root().map_err(refused("change root directory", root))?;
    }
    if let Some(directory) = plan.directory {
        process::change_directory(directory).map_err(refused("change directory", directory))?;
    }
    if let Some(increment) = plan.nice {
        identity::add_nice(increment)
            .map_err(|error| Failure::fatal(&[b"unable to set nice: ", reason(error).as_bytes()]))?;
    }
    change_user(plan, variables)?;
    if let Some(lock) = &plan.lock {
        take(lock).map_err(|(what, error)| {
            if lock.may_fail { Failure(0) } else { Failure::refused(what, lock.path.to_bytes(), error) }
        })?;
    }
    for (number, _) in (0..).zip(plan.closed).filter(|(_, closed)| *closed) {
        // A descriptor that is closed already is as it should be.
        let _ = identity::close_standard_on_exec(number);
    }
    for (resource, soft) in &plan.limits {
        identity::limit(*resource, *soft)
            .map_err(|error| Failure::fatal(&[b"unable to set limit: ", reason(error).as_bytes()]))?;
    }
    Ok(())
}

fn change_user(plan: &Plan, variables: &mut Environment) -> Result<(), Failure> {
    if let Some(account) = &plan.env_user {
        let ids = account.resolve()?;
        let group = ids.groups.first().copied().unwrap_or_default();
        variables.change(b"GID", Some(&decimal(group.into())));
        variables.change(b"UID", Some(&decimal(ids.user.into())));
    }
    if let Some(account) = &plan.user {
        let ids = account.resolve()?;
        let became = identity::become_user(ids.user, &ids.groups);
        became.map_err(|error| Failure::refused("set uid/gids", account.text(), error))?;
    }
    Ok(())
}

/// How it is told that something failed with a path.
fn refused(what: &'static str, path: &CStr) -> impl FnOnce(Errno) -> Failure {
    move |error| Failure::refused(what, path.to_bytes(), error)
}

/// Opens and locks a file, and leaves it open for the program; what failed, and why.
fn take(lock: &LockFile) -> Result<(), (&'static str, Errno)> {
    let file = files::open_to_append(files::CWD, lock.path, 0o600).map_err(|error| ("open lock", error))?;
    let locked = if lock.waits { identity::lock(&file) } else { files::try_lock(&file) };
    locked.and_then(|()| identity::hand_on(&file)).map_err(|error| ("lock", error))?;
    std::mem::forget(file);
    Ok(())
}
