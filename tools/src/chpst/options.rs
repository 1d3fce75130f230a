//! The options of chpst, and the plan that they and the emulations make.
//!
//! Its one law: a command line is either understood whole or refused whole, before anything is changed. Source: chpst(8),
//! OPTIONS.

use super::account::Account;
use crate::options::{Opt, Options, version};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use sys::identity::Resource;

pub(crate) const USAGE: &str = "usage: chpst [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] \
    [-C pwd] [-n nice] [-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog\n\n";

/// All that is to be changed, and the program.
pub(crate) struct Plan<'a> {
    pub(crate) verbose: bool,
    pub(crate) new_session: bool,
    pub(crate) envdir: Option<&'a OsStr>,
    /// Is a file in it that cannot be read fatal?
    pub(crate) envdir_is_strict: bool,
    pub(crate) root: Option<&'a OsStr>,
    pub(crate) directory: Option<&'a OsStr>,
    pub(crate) nice: Option<i32>,
    /// Whose ids go into the environment.
    pub(crate) env_user: Option<Account<'a>>,
    pub(crate) user: Option<Account<'a>>,
    pub(crate) lock: Option<LockFile<'a>>,
    /// Standard descriptors that the program does not get.
    pub(crate) closed: Vec<u8>,
    /// Soft limits, `None` for as much as the hard limit allows; of two for one resource the later counts.
    pub(crate) limits: Vec<(Resource, Option<u64>)>,
    pub(crate) argv0: Option<&'a OsStr>,
    pub(crate) program: (&'a OsStr, &'a [OsString]),
}

/// A file to be locked.
pub(crate) struct LockFile<'a> {
    pub(crate) path: &'a OsStr,
    /// Wait for another holder?
    pub(crate) waits: bool,
    /// Is it no failure if it cannot be had?
    pub(crate) may_fail: bool,
}

impl<'a> Plan<'a> {
    /// A plan that changes nothing; `None` if there is no program. Boxed, for it is large and handed on a lot.
    pub(crate) fn new(words: &'a [OsString]) -> Option<Box<Plan<'a>>> {
        let (name, arguments) = words.split_first()?;
        Some(Box::new(Plan {
            verbose: false,
            new_session: false,
            envdir: None,
            envdir_is_strict: false,
            root: None,
            directory: None,
            nice: None,
            env_user: None,
            user: None,
            lock: None,
            closed: Vec::new(),
            limits: Vec::new(),
            argv0: None,
            program: (name, arguments),
        }))
    }

    /// Limits each of the resources.
    pub(crate) fn limit(&mut self, resources: &[Resource], soft: Option<u64>) {
        self.limits.extend(resources.iter().map(|resource| (*resource, soft)));
    }

    /// One option that chpst takes; `None` if its value is no good.
    fn take(&mut self, option: Opt<'a>) -> Option<()> {
        match option {
            Opt::Flag(b'v') => self.verbose = true,
            Opt::Flag(b'P') => self.new_session = true,
            Opt::Flag(digit @ b'0'..=b'2') => self.closed.push(digit - b'0'),
            Opt::Value(b'u', text) => self.user = Some(Account::new(text)),
            Opt::Value(b'U', text) => self.env_user = Some(Account::new(text)),
            Opt::Value(b'b', argv0) => self.argv0 = Some(argv0),
            Opt::Value(b'e', directory) => self.envdir = Some(directory),
            Opt::Value(b'/', root) => self.root = Some(root),
            Opt::Value(b'C', directory) => self.directory = Some(directory),
            Opt::Value(b'n', text) => self.nice = Some(signed(text.as_bytes())?),
            Opt::Value(b'l', path) => self.lock = Some(LockFile { path, waits: true, may_fail: false }),
            Opt::Value(b'L', path) => self.lock = Some(LockFile { path, waits: false, may_fail: false }),
            Opt::Value(letter, text) => self.limit(resources(letter)?, Some(number(text.as_bytes())?)),
            Opt::Flag(_) | Opt::Long(_) => return None,
        }
        Some(())
    }
}

/// Reads chpst's own command line; what is to be said if it cannot be read.
pub(crate) fn read(words: &[OsString]) -> Result<Box<Plan<'_>>, Vec<u8>> {
    let usage = || USAGE.as_bytes().to_vec();
    let mut options = Options::new("u:U:b:e:m:d:o:p:f:c:r:t:/:C:n:l:L:vP012V", &[], words);
    let mut taken = Vec::new();
    for option in options.by_ref() {
        match option.map_err(|misuse| [misuse.sentence(b"chpst"), usage()].concat())? {
            Opt::Flag(b'V') => return Err([version("chpst").into_bytes(), usage()].concat()),
            option => taken.push(option),
        }
    }
    let mut plan = Plan::new(options.operands()).ok_or_else(usage)?;
    taken.into_iter().try_for_each(|option| plan.take(option)).ok_or_else(usage)?;
    Ok(plan)
}

/// What a letter limits, for chpst and softlimit alike.
pub(crate) fn resources(letter: u8) -> Option<&'static [Resource]> {
    Some(match letter {
        b'a' => &[Resource::As],
        b'c' => &[Resource::Core],
        b'd' => &[Resource::Data],
        b'f' => &[Resource::Fsize],
        b'l' => &[Resource::Memlock],
        b'm' => &[Resource::Data, Resource::Stack, Resource::Memlock, Resource::As],
        b'o' => &[Resource::Nofile],
        b'p' => &[Resource::Nproc],
        b'r' => &[Resource::Rss],
        b's' => &[Resource::Stack],
        b't' => &[Resource::Cpu],
        _ => return None,
    })
}

/// Digits and nothing else; a number too large is as large as there can be.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let value = || text.iter().fold(0u64, |all, digit| all.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    is_number.then(value)
}

/// A number that may have a sign.
fn signed(text: &[u8]) -> Option<i32> {
    let (digits, sign) = match text {
        [b'-', digits @ ..] => (digits, -1),
        [b'+', digits @ ..] => (digits, 1),
        digits => (digits, 1),
    };
    Some(i32::try_from(number(digits)?).unwrap_or(i32::MAX) * sign)
}
