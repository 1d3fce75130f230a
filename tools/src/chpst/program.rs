//! Becoming the program: where it is found, its name, arguments and environment.
//!
//! Its one law: it is looked for where this process would look, whatever its own PATH will be. Source: runit-facts "chpst".

use super::Failure;
use super::options::Plan;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::Command;
use sys::Errno;

/// Where programs are looked for if PATH is not set.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// What the program's environment has otherwise than ours: values, `None` for what is removed.
#[derive(Default)]
pub(crate) struct Variables(Vec<(OsString, Option<OsString>)>);

impl Variables {
    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.change(name.into(), Some(value.into()));
    }

    /// Sets or removes a variable.
    pub(crate) fn change(&mut self, name: OsString, value: Option<OsString>) {
        self.0.push((name, value));
    }
}

/// Becomes the program; returns only if that is not possible.
pub(crate) fn run(plan: &Plan, variables: &Variables) -> Failure {
    let (name, arguments) = plan.program;
    let error = if name.as_bytes().contains(&b'/') {
        execute(name, plan.argv0.unwrap_or(name), arguments, variables)
    } else {
        search(plan, variables)
    };
    Failure::Refused("unable to run", name.as_bytes().to_vec(), error)
}

/// Tries each folder of PATH. A file that may not be run does not end the search, but is the reason at its end.
fn search(plan: &Plan, variables: &Variables) -> Errno {
    let (name, arguments) = plan.program;
    let path = std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    let mut reason = Errno::NOENT;
    for folder in path.as_bytes().split(|byte| *byte == b':') {
        let folder = if folder.is_empty() { b"." } else { folder };
        let file = OsString::from_vec([folder, b"/", name.as_bytes()].concat());
        match execute(&file, plan.argv0.unwrap_or(name), arguments, variables) {
            Errno::NOENT | Errno::NOTDIR => {}
            error @ (Errno::ACCESS | Errno::PERM | Errno::ISDIR) => reason = error,
            error => return error,
        }
    }
    reason
}

fn execute(file: &OsStr, argv0: &OsStr, arguments: &[OsString], variables: &Variables) -> Errno {
    let mut command = Command::new(file);
    command.arg0(argv0).args(arguments);
    for (name, value) in &variables.0 {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.exec().raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error)
}
