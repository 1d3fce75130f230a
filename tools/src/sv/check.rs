//! The script by which a service says whether it works: `./check` in its directory.
//!
//! Its one law: only a script that ended by itself with 0 agrees; one that a signal ended, or that cannot be run, does not
//! (for the original both agree). Source: sv(8), "start"; runit-facts "sv".

use super::service::Service;
use crate::environment::Environment;
use crate::text;
use protocol::paths;
use std::num::NonZeroU32;
use sys::Errno;
use sys::files::{self, CWD};
use sys::message::{complain, reason};
use sys::process::{self, Command};

/// Exit code of a script that could not be run; any but 0 would do.
const CANNOT_RUN: u8 = 111;

/// What became of the wish to run a check script.
pub(crate) enum Start {
    /// There is none: nothing to be asked.
    None,
    /// There is one, but no room to run it.
    NoRoom,
    /// It runs.
    Running(NonZeroU32),
    /// It cannot be run, and that has been said.
    Failed,
}

/// Starts the script of a service, whose directory is entered, with the standard output of nobody: what it prints is not for
/// sv's readers. That it cannot be run is said the first time only, for it will be asked again and again.
pub(crate) fn start(service: &Service, first: bool, room: bool) -> Start {
    let warn = |verb: &str, error| {
        if first {
            warn(verb, service, error);
        }
    };
    match files::facts(CWD, paths::c::CHECK) {
        Err(Errno::NOENT) => return Start::None,
        Err(error) => {
            warn("stat", error);
            return Start::Failed;
        }
        Ok(_) if !room => return Start::NoRoom,
        Ok(_) => {}
    }
    match start_script(&warn) {
        Ok(pid) => Start::Running(pid),
        Err(error) => {
            warn("run", error);
            Start::Failed
        }
    }
}

fn start_script(warn: &impl Fn(&str, Errno)) -> Result<NonZeroU32, Errno> {
    let nobody = files::open_to_write(CWD, c"/dev/null")?;
    // As the original does: a script is told the path that it is executed by, a program its first argument.
    let name = text(&[b"./", paths::CHECK.as_bytes()]);
    let environment = Environment::inherited();
    let command = Command {
        program: paths::c::CHECK,
        search: None,
        arguments: &[&name],
        environment: &environment.pointers(),
        directory: None,
        standard: [None, Some(sys::AsFd::as_fd(&nobody)), None],
        new_session: false,
    };
    process::start(&command, |error| {
        warn("run", error);
        CANNOT_RUN
    })
}

fn warn(verb: &str, service: &Service, error: Errno) {
    let (verb, why) = (verb.as_bytes(), reason(error).as_bytes());
    complain(&[b"warning: unable to ", verb, b" ", &service.name, b"/", paths::CHECK.as_bytes(), b": ", why, b"\n"]);
}
