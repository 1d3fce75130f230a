//! Becoming the program: where it is found, its name, arguments and environment.
//!
//! Its one law: it is looked for where this process would look, whatever its own PATH will be. Source: runit-facts "chpst".

use super::options::Plan;
use super::{Failure, refused};
use crate::environment::{DEFAULT_PATH, Environment, pointers, variable};
use sys::process;

/// Becomes the program; returns only if that is not possible.
pub(crate) fn run(plan: &Plan, variables: &Environment) -> Failure {
    let Some((name, arguments)) = plan.program.split_first() else { return Failure(0) };
    let mut words = vec![plan.argv0.unwrap_or(name)];
    words.extend(arguments);
    let path = variable("PATH").unwrap_or(DEFAULT_PATH);
    refused("run", name)(process::execute(name, Some(path), &pointers(&words), &variables.pointers()))
}
