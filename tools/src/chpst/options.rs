//! The options of chpst, and the plan that they and the emulations make.
//!
//! Its one law: a command line is either understood whole or refused whole, before anything is changed. Source: chpst(8),
//! OPTIONS.

use super::account::Account;
use crate::number::whole;
use crate::options::{Misuse, Opt, Options};
use std::ffi::CStr;
use sys::identity::Resource;

pub(crate) const USAGE: &str = "usage: chpst [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] \
    [-C pwd] [-n nice] [-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog\n\n";

/// All that is to be changed, and the program.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    pub(crate) verbose: bool,
    pub(crate) new_session: bool,
    pub(crate) envdir: Option<&'a CStr>,
    /// Is a file in it that cannot be read fatal?
    pub(crate) envdir_is_strict: bool,
    pub(crate) root: Option<&'a CStr>,
    pub(crate) directory: Option<&'a CStr>,
    pub(crate) nice: Option<i32>,
    /// Whose ids go into the environment.
    pub(crate) env_user: Option<Account<'a>>,
    pub(crate) user: Option<Account<'a>>,
    pub(crate) lock: Option<LockFile<'a>>,
    /// Standard descriptors that the program does not get.
    pub(crate) closed: [bool; 3],
    /// Soft limits, `None` for as much as the hard limit allows; of two for one resource the later counts.
    pub(crate) limits: Vec<(Resource, Option<u64>)>,
    pub(crate) argv0: Option<&'a CStr>,
    /// Its name and its arguments.
    pub(crate) program: &'a [&'a CStr],
}

/// A file to be locked.
pub(crate) struct LockFile<'a> {
    pub(crate) path: &'a CStr,
    /// Wait for another holder?
    pub(crate) waits: bool,
    /// Is it no failure if it cannot be had?
    pub(crate) may_fail: bool,
}

impl<'a> Plan<'a> {
    /// Sets the program, which must be there.
    pub(crate) fn run(&mut self, words: &'a [&'a CStr]) -> Result<(), Misuse<'a>> {
        self.program = words;
        if words.is_empty() { Err(Misuse::Wrong) } else { Ok(()) }
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
            Opt::Flag(digit @ b'0'..=b'2') => *self.closed.get_mut(usize::from(digit - b'0'))? = true,
            Opt::Value(b'u', text) => self.user = Some(Account::new(text)),
            Opt::Value(b'U', text) => self.env_user = Some(Account::new(text)),
            Opt::Value(b'b', argv0) => self.argv0 = Some(argv0),
            Opt::Value(b'e', directory) => self.envdir = Some(directory),
            Opt::Value(b'/', root) => self.root = Some(root),
            Opt::Value(b'C', directory) => self.directory = Some(directory),
            Opt::Value(b'n', text) => self.nice = Some(signed(text.to_bytes())?),
            Opt::Value(b'l', path) => self.lock = Some(LockFile { path, waits: true, may_fail: false }),
            Opt::Value(b'L', path) => self.lock = Some(LockFile { path, waits: false, may_fail: false }),
            Opt::Value(letter, text) => self.limit(resources(letter)?, Some(whole(text.to_bytes())?)),
            Opt::Flag(_) | Opt::Long => return None,
        }
        Some(())
    }
}

/// Reads chpst's own command line.
pub(crate) fn read<'a>(words: &'a [&'a CStr], plan: &mut Plan<'a>) -> Result<(), Misuse<'a>> {
    let mut options = Options::new("u:U:b:e:m:d:o:p:f:c:r:t:/:C:n:l:L:vP012V", "", words);
    for option in options.by_ref() {
        match option? {
            Opt::Flag(b'V') => return Err(Misuse::Version("chpst")),
            option => plan.take(option).ok_or(Misuse::Wrong)?,
        }
    }
    plan.run(options.operands())
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

/// A number that may have a sign.
fn signed(text: &[u8]) -> Option<i32> {
    let (digits, sign) = match text {
        [b'-', digits @ ..] => (digits, -1),
        [b'+', digits @ ..] => (digits, 1),
        digits => (digits, 1),
    };
    Some(i32::try_from(whole(digits)?).unwrap_or(i32::MAX) * sign)
}
