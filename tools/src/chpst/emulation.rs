//! The programs of daemontools that chpst is when called by their names.
//!
//! Its one law: the base name decides, with or without a `d` in front of it. Source: chpst(8), EMULATION; the lock's
//! options are those of daemontools' setlock.

use super::account::Account;
use super::options::{self, LockFile, Plan, resources};
use crate::number::whole;
use crate::options::{Misuse, Opt, Options};
use std::ffi::CStr;

/// A program that chpst can be.
pub(crate) struct Program {
    /// By which it is called.
    pub(crate) name: &'static str,
    /// What is said to who calls it wrongly.
    pub(crate) usage: &'static str,
    read: for<'a> fn(&'a [&'a CStr], &mut Plan<'a>) -> Result<(), Misuse<'a>>,
}

impl Program {
    /// Reads its command line, the words behind its name.
    pub(crate) fn read<'a>(&self, words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
        (self.read)(words, plan)
    }
}

/// chpst by its own name.
pub(crate) const CHPST: Program = Program { name: "chpst", usage: options::USAGE, read: options::read };

/// All of them.
static PROGRAMS: [Program; 7] = [
    CHPST,
    Program { name: "envdir", usage: "usage: envdir dir child\n\n", read: envdir },
    Program { name: "envuidgid", usage: "usage: envuidgid account child\n\n", read: envuidgid },
    Program { name: "pgrphack", usage: "usage: pgrphack child\n\n", read: pgrphack },
    Program { name: "setlock", usage: "usage: setlock [ -nNxX ] file program [ arg ... ]\n\n", read: setlock },
    Program { name: "setuidgid", usage: "usage: setuidgid account child\n\n", read: setuidgid },
    Program { name: "softlimit", usage: SOFTLIMIT, read: softlimit },
];

const SOFTLIMIT: &str = "usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] \
    [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child\n\n";

/// The program of a base name.
pub(crate) fn find(name: &[u8]) -> Option<&'static Program> {
    let name = name.strip_prefix(b"d").unwrap_or(name);
    PROGRAMS.iter().find(|program| program.name.as_bytes() == name)
}

/// The first word; the others are the program. There are no options.
fn operand<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<&'a CStr, Misuse<'a>> {
    let mut options = Options::new("", "", words);
    let (None, Some((first, rest))) = (options.next(), options.operands().split_first()) else {
        return Err(Misuse::Wrong);
    };
    plan.run(rest)?;
    Ok(first)
}

fn envdir<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
    plan.envdir = Some(operand(words, plan)?);
    plan.envdir_is_strict = true;
    Ok(())
}

fn envuidgid<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
    plan.env_user = Some(Account::Only(operand(words, plan)?.to_bytes()));
    Ok(())
}

fn setuidgid<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
    plan.user = Some(Account::Only(operand(words, plan)?.to_bytes()));
    Ok(())
}

fn pgrphack<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
    plan.new_session = true;
    plan.run(words)
}

fn setlock<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
    let mut options = Options::new("nNxX", "", words);
    let (mut waits, mut may_fail) = (true, false);
    for option in options.by_ref() {
        match option? {
            Opt::Flag(b'n') => waits = false,
            Opt::Flag(b'N') => waits = true,
            Opt::Flag(letter) => may_fail = letter == b'x',
            Opt::Value(..) | Opt::Long => {}
        }
    }
    let (path, rest) = options.operands().split_first().ok_or(Misuse::Wrong)?;
    plan.lock = Some(LockFile { path, waits, may_fail });
    plan.run(rest)
}

fn softlimit<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
    let mut options = Options::new("a:c:d:f:l:m:o:p:r:s:t:", "", words);
    for option in options.by_ref() {
        let Opt::Value(letter, text) = option? else { return Err(Misuse::Wrong) };
        let soft = if text == c"=" { None } else { Some(whole(text.to_bytes()).ok_or(Misuse::Wrong)?) };
        plan.limit(resources(letter).ok_or(Misuse::Wrong)?, soft);
    }
    plan.run(options.operands())
}
