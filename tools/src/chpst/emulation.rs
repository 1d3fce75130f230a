//! The programs of daemontools that chpst is when called by their names.
//!
//! Its one law: the base name decides, with or without a `d` in front of it. Source: chpst(8), EMULATION; the lock's
//! options are those of daemontools' setlock.

use super::account::Account;
use super::options::{self, LockFile, Plan, number, resources};
use crate::options::{Opt, Options, base_name};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

const ENVDIR: &str = "usage: envdir dir child\n\n";
const ENVUIDGID: &str = "usage: envuidgid account child\n\n";
const PGRPHACK: &str = "usage: pgrphack child\n\n";
const SETLOCK: &str = "usage: setlock [ -nNxX ] file program [ arg ... ]\n\n";
const SETUIDGID: &str = "usage: setuidgid account child\n\n";
const SOFTLIMIT: &str = "usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] \
    [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child\n\n";

/// Is this base name chpst's, or one of those that it stands in for?
pub(crate) fn is_known(name: &[u8]) -> bool {
    let known: [&[u8]; 7] = [b"chpst", b"envdir", b"envuidgid", b"pgrphack", b"setlock", b"setuidgid", b"softlimit"];
    known.contains(&name.strip_prefix(b"d").unwrap_or(name))
}

/// Reads a whole command line, the program's own name first; what is to be said if it cannot be read.
pub(crate) fn read(words: &[OsString]) -> Result<Box<Plan<'_>>, Vec<u8>> {
    let (own, rest) = words.split_first().map_or((OsStr::new("chpst"), words), |(own, rest)| (own.as_os_str(), rest));
    let name = base_name(own);
    let usage = |text: &str| text.as_bytes().to_vec();
    match name.strip_prefix(b"d").unwrap_or(name) {
        b"envdir" => envdir(rest).ok_or_else(|| usage(ENVDIR)),
        b"envuidgid" => envuidgid(rest).ok_or_else(|| usage(ENVUIDGID)),
        b"pgrphack" => pgrphack(rest).ok_or_else(|| usage(PGRPHACK)),
        b"setuidgid" => setuidgid(rest).ok_or_else(|| usage(SETUIDGID)),
        b"setlock" => setlock(rest),
        b"softlimit" => softlimit(rest),
        _ => options::read(rest),
    }
}

/// The first word, and the plan for the rest; these programs have no options.
fn operand(words: &[OsString]) -> Option<(&OsStr, Box<Plan<'_>>)> {
    let mut options = Options::new("", &[], words);
    if options.next().is_some() {
        return None;
    }
    let (first, rest) = options.operands().split_first()?;
    Some((first.as_os_str(), Plan::new(rest)?))
}

fn envdir(words: &[OsString]) -> Option<Box<Plan<'_>>> {
    let (directory, mut plan) = operand(words)?;
    (plan.envdir, plan.envdir_is_strict) = (Some(directory), true);
    Some(plan)
}

fn envuidgid(words: &[OsString]) -> Option<Box<Plan<'_>>> {
    let (account, mut plan) = operand(words)?;
    plan.env_user = Some(Account::Only(account.as_bytes()));
    Some(plan)
}

fn setuidgid(words: &[OsString]) -> Option<Box<Plan<'_>>> {
    let (account, mut plan) = operand(words)?;
    plan.user = Some(Account::Only(account.as_bytes()));
    Some(plan)
}

fn pgrphack(words: &[OsString]) -> Option<Box<Plan<'_>>> {
    let mut plan = Plan::new(words)?;
    plan.new_session = true;
    Some(plan)
}

fn setlock(words: &[OsString]) -> Result<Box<Plan<'_>>, Vec<u8>> {
    let mut options = Options::new("nNxX", &[], words);
    let (mut waits, mut may_fail) = (true, false);
    for option in options.by_ref() {
        match option.map_err(|misuse| [&misuse.sentence(b"setlock"), SETLOCK.as_bytes()].concat())? {
            Opt::Flag(b'n') => waits = false,
            Opt::Flag(b'N') => waits = true,
            Opt::Flag(letter) => may_fail = letter == b'x',
            Opt::Value(..) | Opt::Long(_) => {}
        }
    }
    let plan = options.operands().split_first().and_then(|(path, rest)| {
        let mut plan = Plan::new(rest)?;
        plan.lock = Some(LockFile { path, waits, may_fail });
        Some(plan)
    });
    plan.ok_or_else(|| SETLOCK.as_bytes().to_vec())
}

fn softlimit(words: &[OsString]) -> Result<Box<Plan<'_>>, Vec<u8>> {
    let usage = || SOFTLIMIT.as_bytes().to_vec();
    let mut options = Options::new("a:c:d:f:l:m:o:p:r:s:t:", &[], words);
    let mut limits = Vec::new();
    for option in options.by_ref() {
        let option = option.map_err(|misuse| [misuse.sentence(b"softlimit"), usage()].concat())?;
        let Opt::Value(letter, text) = option else { return Err(usage()) };
        let soft = if text == "=" { None } else { Some(number(text.as_bytes()).ok_or_else(usage)?) };
        limits.push((resources(letter).ok_or_else(usage)?, soft));
    }
    let mut plan = Plan::new(options.operands()).ok_or_else(usage)?;
    limits.into_iter().for_each(|(resources, soft)| plan.limit(resources, soft));
    Ok(plan)
}
