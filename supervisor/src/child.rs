//! The children of a service: `./run`, `./finish` and the hooks of the control letters.
//!
//! Duty: the complete description of each child, and the sentence if it cannot be run. Its one law: a child of ours that
//! cannot become its program says so and exits 111. Source: runsv(8), runit-facts "runsv".

use crate::service_dir::ServiceDir;
use core::ffi::CStr;
use heapless::String;
use machine::lifecycle::{Ending, Pid};
use protocol::control::Control;
use protocol::paths;
use sys::message::{complain, reason};
use sys::process::{Command, Environment};
use sys::{BorrowedFd, Errno, files, process};

/// Exit code of a child that could not become its program: what `./finish` is told then.
const CANNOT_RUN: u8 = 111;
/// Bytes of `control/` and a letter, with a NUL.
const HOOK_MAX: usize = 16;
/// Bytes of a decimal `i32` or `u32`, with a NUL.
const NUMBER_MAX: usize = 12;

/// What every child of one service shares.
pub struct Surroundings<'a> {
    /// The service directory as it was named to runsv, for sentences.
    pub name: &'a [u8],
    /// The service directory or its log folder: where a child begins.
    pub directory: &'a ServiceDir,
    /// Standard input, if not runsv's.
    pub input: Option<BorrowedFd<'a>>,
    /// Standard output, if not runsv's.
    pub output: Option<BorrowedFd<'a>>,
    /// The environment.
    pub environment: Environment<'a>,
}

/// Starts `./run`.
pub fn start_run(surroundings: &Surroundings, is_log: bool) -> Result<Pid, Errno> {
    let what = if is_log { "start log/./run" } else { "start ./run" };
    start(surroundings, c"./run", &[c"./run"], what)
}

/// Starts `./finish` with how `./run` ended.
pub fn start_finish(surroundings: &Surroundings, ending: Ending) -> Result<Pid, Errno> {
    let (mut code, mut byte) = ([0; NUMBER_MAX], [0; NUMBER_MAX]);
    let (code, byte) = (number(ending.code, &mut code), number(ending.byte.into(), &mut byte));
    start(surroundings, c"./finish", &[c"./finish", code, byte], "start ./finish")
}

/// Starts the hook of a letter, with the pid of the service if it has a process; `None` if there is no such hook.
pub fn start_hook(surroundings: &Surroundings, control: Control, pid: Option<Pid>) -> Option<Result<Pid, Errno>> {
    let (mut hook, mut argument) = ([0; HOOK_MAX], [0; NUMBER_MAX]);
    let hook = files::join_in(&mut hook, &[paths::HOOKS.as_bytes(), b"/", &[control.byte()]])?;
    if !files::owner_may_execute(surroundings.directory.directory(), hook) {
        return None;
    }
    let alone = [hook];
    let with_pid = pid.map(|pid| [hook, number(pid.get().cast_signed(), &mut argument)]);
    let arguments = with_pid.as_ref().map_or(&alone[..], |both| &both[..]);
    Some(start(surroundings, hook, arguments, "run control/?"))
}

/// Can `./finish` be read?
pub fn has_finish(directory: &ServiceDir) -> bool {
    files::open_to_read(directory.directory(), paths::c::FINISH).is_ok()
}

fn start(surroundings: &Surroundings, program: &CStr, arguments: &[&CStr], what: &str) -> Result<Pid, Errno> {
    let command = Command {
        program,
        search: None,
        arguments,
        environment: surroundings.environment,
        directory: Some(surroundings.directory.directory()),
        standard: [surroundings.input, surroundings.output, None],
        new_session: false,
    };
    process::start(&command, |error| {
        let why = reason(error).as_bytes();
        complain(&[b"runsv ", surroundings.name, b": fatal: unable to ", what.as_bytes(), b": ", why, b"\n"]);
        CANNOT_RUN
    })
}

fn number(number: i32, buffer: &mut [u8; NUMBER_MAX]) -> &CStr {
    let mut digits: String<NUMBER_MAX> = String::new();
    // Eleven characters hold every i32, and leave room for the NUL.
    let _ = ufmt::uwrite!(&mut digits, "{}", number);
    files::join_in(buffer, &[digits.as_bytes()]).unwrap_or_default()
}
