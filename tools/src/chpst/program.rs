//! Becoming the program: where it is found, its name, arguments and environment.
//!
//! Its one law: it is looked for where this process would look, whatever its own PATH will be. Source: runit-facts "chpst".

use super::Failure;
use super::options::Plan;
use crate::environment::{Environment, pointers};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use sys::{Errno, process};

/// Where programs are looked for if PATH is not set.
const DEFAULT_PATH: &str = "/bin:/usr/bin";
/// The signal of a pipe whose reader is gone, which who started us may ignore; the program is to have it as usual.
const PIPE: u8 = 13;

/// Becomes the program; returns only if that is not possible.
pub(crate) fn run(plan: &Plan, variables: &Environment) -> Failure {
    let (name, _) = plan.program;
    let error = execute(plan, variables).map_or_else(|error| error, |never| match never {});
    Failure::Refused("unable to run", name.as_bytes().to_vec(), error)
}

fn execute(plan: &Plan, variables: &Environment) -> Result<std::convert::Infallible, Errno> {
    let (name, arguments) = plan.program;
    let path = std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    let path = CString::new(path.into_vec()).map_err(|_| Errno::INVAL)?;
    let words = [plan.argv0.unwrap_or(name)].into_iter().chain(arguments.iter().map(|word| word.as_os_str()));
    let words: Vec<CString> = words.map(text).collect::<Result<_, _>>()?;
    sys::reset_disposition(PIPE);
    Err(process::execute(&text(name)?, Some(&path), &pointers(&words), &variables.pointers()))
}

/// A word as the kernel takes it; the kernel gave it without a NUL.
fn text(word: &OsStr) -> Result<CString, Errno> {
    CString::new(word.as_bytes()).map_err(|_| Errno::INVAL)
}
