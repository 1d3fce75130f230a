//! Starting a runsv: what all of them have in common, and one process more.
//!
//! Its one law: between the fork and its new program a child does what cannot be done before, and no more.

use crate::oom;
use core::ffi::CStr;
use core::num::NonZeroU32;
use core::ptr;
use sys::message::{mention, reason};
use sys::process::{self, Environment};
use sys::wait::{SignalSet, block};
use sys::{BorrowedFd, Errno};

/// Exit code of a failure at start, and of a child that cannot become runsv.
pub const FATAL: u8 = 100;
const RUNSV: &CStr = c"runsv";

/// How a runsv is started.
pub struct Starter<'a> {
    /// The services directory as it was given.
    pub path: &'a CStr,
    /// The folders that runsv is looked for in.
    pub search: &'a CStr,
    /// What the services inherit.
    pub environment: Environment<'a>,
    /// Does each runsv lead a session?
    pub new_session: bool,
    /// What a runsv gets back, if we are spared by the out-of-memory killer.
    pub score: oom::Score,
}

impl Starter<'_> {
    /// Starts the runsv of a service in the services directory.
    pub fn start(&self, directory: BorrowedFd, name: &CStr) -> Result<NonZeroU32, Errno> {
        process::start_copy(|| {
            let why = self.become_runsv(directory, name);
            mention(&sentence(self.path, b": fatal: unable to start runsv ", name.to_bytes(), reason(why)));
            process::end(FATAL)
        })
    }

    /// Returns the reason if that cannot be done.
    fn become_runsv(&self, directory: BorrowedFd, name: &CStr) -> Errno {
        oom::put_back(&self.score);
        if self.new_session {
            process::lead_session();
        }
        if let Err(reason) = process::change_directory_to(directory) {
            return reason;
        }
        block(SignalSet::EMPTY);
        process::execute(RUNSV, Some(self.search), &[RUNSV.as_ptr(), name.as_ptr(), ptr::null()], self.environment)
    }
}

/// What runsvdir says of a services directory, in pieces.
#[inline(never)]
pub fn sentence<'a>(path: &'a CStr, what: &'a [u8], name: &'a [u8], why: &'a str) -> [&'a [u8]; 7] {
    [b"runsvdir ", path.to_bytes(), what, name, b": ", why.as_bytes(), b"\n"]
}
