//! The children of a service: `./run`, `./finish` and the hooks of the control letters.
//!
//! Duty: the complete description of each child, its birth record, its time limit, and the sentence if it cannot be run. Its
//! one law: a child of ours that cannot become its program says so and exits 111. Source: runsv(8), runit-facts "runsv".

use crate::adoption;
use crate::failure::{FATAL, Object, Unable, WARNING, cannot, tell};
use crate::oom;
use crate::service::Shared;
use crate::service_dir::ServiceDir;
use core::ffi::CStr;
use machine::lifecycle::{Ending, Pid};
use machine::time::Milliseconds;
use protocol::control::Control;
use protocol::paths;
use sys::message::{decimal, number};
use sys::process::Command;
use sys::{AsFd, Errno, files, process};

/// Exit code of a child that could not become its program: what `./finish` is told then.
const CANNOT_RUN: u8 = 111;
/// Bytes of `control/` and a letter, with a NUL.
const HOOK_MAX: usize = 16;
/// Bytes of a decimal `i32` or `u32`, with a NUL.
const NUMBER_MAX: usize = 12;
/// How long `./finish` or a hook may take if nothing is said, as long as stage 3 of the system.
const DEFAULT_LIMIT: Milliseconds = Milliseconds(300_000);
/// Bytes of a file with a number of seconds: more than any number that fits.
const LIMIT_MAX: usize = 24;

/// What a child is, beside its program.
#[derive(Clone, Copy)]
enum Kind {
    Run,
    Finish,
    Hook,
}

/// Starts `./run`.
pub fn start_run(directory: &ServiceDir, shared: &Shared) -> Result<Pid, Errno> {
    start(directory, shared, Kind::Run, c"./run", &[c"./run"])
}

/// Starts `./finish` with how `./run` ended.
pub fn start_finish(directory: &ServiceDir, shared: &Shared, ending: Ending) -> Result<Pid, Errno> {
    let (mut code, mut byte) = ([0; NUMBER_MAX], [0; NUMBER_MAX]);
    let (code, byte) = (digits(ending.code, &mut code), digits(ending.byte.into(), &mut byte));
    start(directory, shared, Kind::Finish, c"./finish", &[c"./finish", code, byte])
}

/// Starts the hook of a letter, with the pid of the service if it has a process; `None` if there is no such hook.
pub fn start_hook(
    directory: &ServiceDir,
    shared: &Shared,
    control: Control,
    pid: Option<Pid>,
) -> Option<Result<Pid, Errno>> {
    let (mut hook, mut argument) = ([0; HOOK_MAX], [0; NUMBER_MAX]);
    let hook = files::join_in(&mut hook, &[paths::HOOKS.as_bytes(), b"/", &[control.byte()]])?;
    if !files::owner_may_execute(directory.directory(), hook) {
        return None;
    }
    let alone = [hook];
    let with_pid = pid.map(|pid| [hook, digits(pid.get().cast_signed(), &mut argument)]);
    let arguments = with_pid.as_ref().map_or(&alone[..], |both| &both[..]);
    Some(start(directory, shared, Kind::Hook, hook, arguments))
}

/// Can `./finish` be read? Where the kernel has no memory to tell, it is taken to be there: it says so itself if it is not.
pub fn has_finish(directory: &ServiceDir) -> bool {
    matches!(files::may_read(directory.directory(), paths::c::FINISH), Ok(()) | Err(Errno::NOMEM))
}

/// How long `./finish` may take; `None` for as long as it likes.
pub fn finish_limit(directory: &ServiceDir, name: &[u8]) -> Option<Milliseconds> {
    limit(directory, name, paths::c::FINISH_LIMIT, Object::FinishLimit)
}

/// How long a hook may take; `None` for as long as it likes.
pub fn hook_limit(directory: &ServiceDir, name: &[u8]) -> Option<Milliseconds> {
    limit(directory, name, paths::c::CONTROL_LIMIT, Object::ControlLimit)
}

/// Reads a number of seconds from a file of the service directory. One that is no number is told and passed over.
fn limit(directory: &ServiceDir, name: &[u8], file: &CStr, object: Object) -> Option<Milliseconds> {
    let mut text = [0; LIMIT_MAX];
    let answer = match files::read_beginning(directory.directory(), file, &mut text) {
        Ok(text) => number(text.trim_ascii_end()).and_then(|seconds| seconds.checked_mul(1000)).ok_or(Errno::INVAL),
        Err(error) => Err(error),
    };
    match answer {
        Ok(0) => None,
        Ok(limit) => Some(Milliseconds(limit)),
        Err(Errno::NOENT) => Some(DEFAULT_LIMIT),
        Err(error) => {
            tell(name, WARNING, cannot(Unable::ReadSeconds, object)(error));
            Some(DEFAULT_LIMIT)
        }
    }
}

fn start(
    directory: &ServiceDir,
    shared: &Shared,
    kind: Kind,
    program: &CStr,
    arguments: &[&CStr],
) -> Result<Pid, Errno> {
    let is_log = directory.is_log();
    let pipe = Some(&shared.pipe).filter(|pipe| pipe.is_open());
    let input = pipe.filter(|_| is_log).map(|pipe| pipe.reader.as_fd());
    let output = pipe.filter(|_| !is_log).map(|pipe| pipe.writer.as_fd());
    let command = Command {
        program,
        search: None,
        arguments,
        environment: shared.environment,
        // Where runsv itself is, unless it is the log service's.
        directory: is_log.then(|| directory.directory()),
        standard: [input, output, None],
        new_session: false,
    };
    let prepare = || {
        oom::put_back(&shared.score);
        let is_finish = match kind {
            Kind::Hook => return,
            Kind::Finish => true,
            Kind::Run => false,
        };
        let birth = adoption::birth_of(None, is_finish, &shared.boot, shared.pipe_inode);
        if let Err(failure) = directory.write_birth(&birth) {
            shared.warn(failure.of(is_log));
        }
    };
    process::start_prepared(&command, prepare, |error| {
        let (unable, object) = match kind {
            Kind::Run => (Unable::Start, Object::Run),
            Kind::Finish => (Unable::Start, Object::Finish),
            Kind::Hook => (Unable::Run, Object::Hook),
        };
        tell(shared.name, FATAL, cannot(unable, object)(error).of(is_log));
        CANNOT_RUN
    })
}

fn digits(number: i32, buffer: &mut [u8; NUMBER_MAX]) -> &CStr {
    let sign: &[u8] = if number < 0 { b"-" } else { b"" };
    // Eleven characters hold every i32, and leave room for the NUL.
    files::join_in(buffer, &[sign, decimal(number.unsigned_abs(), &mut [0; _])]).unwrap_or_default()
}
