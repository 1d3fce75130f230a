//! The children of a service: `./run`, `./finish` and the hooks of the control letters.
//!
//! Duty: the complete description of each child, its birth record, its time limit, and the sentence if it cannot be run. Its
//! one law: a child of ours that cannot become its program says so and exits 111. Source: runsv(8), runit-facts "runsv".

use crate::adoption::{self, NUMBERED_MAX, numbered};
use crate::failure::{FATAL, Object, Unable, Whose, cannot, tell, warn};
use crate::oom;
use crate::service::Shared;
use crate::service_dir::ServiceDir;
use core::ffi::CStr;
use machine::lifecycle::{Lifecycle, Pid, Script};
use machine::time::Milliseconds;
use protocol::paths;
use sys::message::number;
use sys::process::Command;
use sys::{AsFd, Errno, files, process};

/// Exit code of a child that could not become its program: what `./finish` is told then.
const CANNOT_RUN: u8 = 111;
/// How long `./finish` or a hook may take if nothing is said, as long as stage 3 of the system.
const DEFAULT_LIMIT: Milliseconds = Milliseconds(300_000);
/// Bytes of a file with a number of seconds: more than any number that fits.
const LIMIT_MAX: usize = 24;

/// Can `./finish` be read? Where the kernel has no memory to tell, it is taken to be there: it says so itself if it is not.
pub fn has_finish(directory: &ServiceDir) -> bool {
    matches!(files::may_read(directory.directory(), paths::c::FINISH), Ok(()) | Err(Errno::NOMEM))
}

/// How long `./finish` or a hook may take, `None` for as long as it likes: a number of seconds in a file of the service directory.
/// One that is no number is told and passed over.
pub fn limit(directory: &ServiceDir, name: &[u8], script: Script) -> Option<Milliseconds> {
    let (file, object) = match script {
        Script::Finish => (paths::c::FINISH_LIMIT, Object::FinishLimit),
        Script::Hook(_) | Script::Run => (paths::c::CONTROL_LIMIT, Object::ControlLimit),
    };
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
            warn(name, cannot(Unable::ReadSeconds, object)(error));
            Some(DEFAULT_LIMIT)
        }
    }
}

/// Starts `./run`, `./finish` with how `./run` ended, or the hook of a letter, with the pid of the service if it has a process;
/// `NOENT`, which fork(2) does not answer, if there is no such hook.
pub fn start(directory: &ServiceDir, life: &Lifecycle, shared: &Shared, script: Script) -> Result<Pid, Errno> {
    let (mut hook, mut code, mut number) = (paths::HOOK, [0; NUMBERED_MAX], [0; NUMBERED_MAX]);
    let (arguments, count) = match script {
        Script::Run => ([c"./run", c"", c""], 1),
        Script::Finish => {
            let ending = life.ending();
            let code = ending.code.map_or(c"-1", |exit| digits(exit.into(), &mut code));
            ([c"./finish", code, digits(ending.byte.into(), &mut number)], 3)
        }
        Script::Hook(letter) => {
            hook[paths::HOOK_LETTER] = letter.byte();
            let hook = files::text(&hook).unwrap_or_default();
            if !files::owner_may_execute(directory.directory(), hook) {
                return Err(Errno::NOENT);
            }
            let pid = life.status().pid;
            ([hook, digits(pid, &mut number), c""], if pid == 0 { 1 } else { 2 })
        }
    };
    let child = Child { directory, shared, script };
    child.start(arguments.get(..count).unwrap_or_default())
}

/// What a child is, beside its arguments.
struct Child<'a> {
    directory: &'a ServiceDir,
    shared: &'a Shared<'a>,
    script: Script,
}

impl Child<'_> {
    fn start(&self, arguments: &[&CStr]) -> Result<Pid, Errno> {
        let is_log = self.directory.whose() == Whose::LOG;
        let pipe = &self.shared.pipe;
        // Without a pipe no log service is started.
        let input = is_log.then(|| pipe.reader.as_fd());
        let output = (!is_log && pipe.is_open()).then(|| pipe.writer.as_fd());
        let command = Command {
            program: arguments.first().copied().unwrap_or_default(),
            search: None,
            arguments,
            environment: self.shared.environment,
            // Where runsv itself is, unless it is the log service's.
            directory: is_log.then(|| self.directory.directory()),
            standard: [input, output, None],
            new_session: false,
        };
        process::start_prepared(&command, || self.prepare(), |error| self.failed(error))
    }

    /// In the child: what comes before its program.
    fn prepare(&self) {
        oom::put_back(&self.shared.score);
        if matches!(self.script, Script::Hook(_)) {
            return;
        }
        let is_finish = self.script == Script::Finish;
        let birth = adoption::birth_of(None, is_finish, &self.shared.boot, self.shared.pipe_inode);
        if let Err(failure) = self.directory.write_birth(&birth) {
            self.shared.warn(failure.of(self.directory.whose()));
        }
    }

    /// In the child: it could not become its program.
    fn failed(&self, error: Errno) -> u8 {
        let (unable, object) = match self.script {
            Script::Run => (Unable::Start, Object::Run),
            Script::Finish => (Unable::Start, Object::Finish),
            Script::Hook(_) => (Unable::Run, Object::Hook),
        };
        tell(self.shared.name, FATAL, cannot(unable, object)(error).of(self.directory.whose()));
        CANNOT_RUN
    }
}

fn digits(number: u32, buffer: &mut [u8; NUMBERED_MAX]) -> &CStr {
    numbered("", number, b"", buffer)
}
