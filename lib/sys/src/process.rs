//! Processes: a child from a complete description, reaping, signals, sessions.
//!
//! Its one law: a child begins with an empty signal mask and no descriptor but 0, 1, 2, since all others of ours are closed on
//! exec; and with default dispositions, since each program of ours puts back its own once, before it starts any.
#![allow(unsafe_code)]

use crate::errno::Errno;
use crate::files::{PATH_MAX, join_in};
use crate::raw::{self, OwnedFd};
use crate::raw::{AsFd, BorrowedFd, RawFd};
use crate::wait::{SignalSet, block};
use core::ffi::{CStr, c_char};
use core::num::NonZeroU32;
use core::ptr;

/// Arguments of the longest command of ours (`./finish CODE BYTE`, `runsvdir -P DIR LOG`) and the null behind them.
const ARGUMENTS: usize = 8;

/// The bits of a wait status that tell the signal which ended a child.
const SIGNAL: u8 = 0x7f;

/// The environment as execve(2) takes it: pointers to NAME=VALUE, the last one null.
pub type Environment<'a> = &'a [*const c_char];

/// What a child is to be.
pub struct Command<'a> {
    /// The program's file, or its name to be found through `search`.
    pub program: &'a CStr,
    /// Where to look for a name without a slash.
    pub search: Option<Search<'a>>,
    /// All arguments, the program's own name first.
    pub arguments: &'a [&'a CStr],
    /// The environment that it gets.
    pub environment: Environment<'a>,
    /// The working directory; the parent's if `None`.
    pub directory: Option<BorrowedFd<'a>>,
    /// Standard input, output and error; the parent's where `None`.
    pub standard: [Option<BorrowedFd<'a>>; 3],
    /// Lead a new session and process group?
    pub new_session: bool,
}

/// The folders to look for a program in. A program of ours that never does so is built without how it is done.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    path: &'a CStr,
    execute: fn(&CStr, Option<&CStr>, &[*const c_char], Environment) -> Errno,
}

impl<'a> Search<'a> {
    /// Along the value of PATH.
    pub fn along(path: &'a CStr) -> Search<'a> {
        Search { path, execute }
    }
}

/// How a process ended, as `./finish` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The exit code, -1 if a signal ended it.
    pub code: i32,
    /// The low byte of the wait status: the signal, plus 128 if a core was dumped.
    pub byte: u8,
}

/// Starts a child. In the child, `failed` is called with the reason if something cannot be done; it reports, and gives the
/// exit code of the child. The process must have one thread.
pub fn start(command: &Command, failed: impl FnOnce(Errno) -> u8) -> Result<NonZeroU32, Errno> {
    start_prepared(command, || (), failed)
}

/// The same; in the child `prepare` is called before anything else.
pub fn start_prepared(
    command: &Command,
    prepare: impl FnOnce(),
    failed: impl FnOnce(Errno) -> u8,
) -> Result<NonZeroU32, Errno> {
    // Safety: programs of ours have one thread, said above and true by construction: nothing in this crate starts another.
    match unsafe { raw::fork() }? {
        Some(pid) => Ok(pid),
        None => {
            prepare();
            raw::exit(failed(become_command(command)))
        }
    }
}

/// As `start`, for a child that gets more open files, each under a number of its own. What the command itself names must be
/// open under other numbers.
pub fn start_with(
    command: &Command,
    more: &[(BorrowedFd, RawFd)],
    failed: impl FnOnce(Errno) -> u8,
) -> Result<NonZeroU32, Errno> {
    // Safety: as in `start`.
    match unsafe { raw::fork() }? {
        Some(pid) => Ok(pid),
        None => raw::exit(failed(hand_over(more).err().unwrap_or_else(|| become_command(command)))),
    }
}

fn hand_over(files: &[(BorrowedFd, RawFd)]) -> Result<(), Errno> {
    for (fd, number) in files {
        // This is a child that ends or becomes another program next: whoever owned the number in the parent never gets to use or
        // to close it here.
        raw::redirect(*fd, *number)?;
    }
    Ok(())
}

/// Lets standard error of this process, and of children to come, lead elsewhere.
pub fn redirect_standard_error(fd: impl AsFd) -> Result<(), Errno> {
    raw::redirect(fd.as_fd(), 2)
}

/// Replaces this process by the command; returns the reason if it cannot be done.
pub fn become_command(command: &Command) -> Errno {
    if let Err(reason) = prepare(command) {
        return reason;
    }
    if command.arguments.len() >= ARGUMENTS {
        return Errno::TOOBIG;
    }
    // One null is left behind the arguments at least.
    let mut arguments = [ptr::null(); ARGUMENTS];
    for (place, argument) in arguments.iter_mut().zip(command.arguments) {
        *place = argument.as_ptr();
    }
    block(SignalSet::EMPTY);
    match command.search {
        Some(search) => (search.execute)(command.program, Some(search.path), &arguments, command.environment),
        None => raw::execve(command.program, &arguments, command.environment),
    }
}

/// Replaces this process by a program with any number of arguments, the last pointer null, and nothing else changed; a name
/// without a slash is looked for in the folders of `path`. Returns the reason if it cannot be done.
#[allow(clippy::manual_contains, reason = "its search by words of memory is larger than all that it is for")]
pub fn execute(program: &CStr, path: Option<&CStr>, arguments: &[*const c_char], environment: Environment) -> Errno {
    match path {
        Some(path) if !program.to_bytes().iter().any(|byte| *byte == b'/') => {
            search(program, path, arguments, environment)
        }
        _ => raw::execve(program, arguments, environment),
    }
}

/// Session, standard descriptors and working directory, in this process.
fn prepare(command: &Command) -> Result<(), Errno> {
    if command.new_session {
        // It fails only for the leader of a group, which then is what was asked.
        let _ = raw::setsid();
    }
    for (fd, number) in command.standard.iter().zip(0..) {
        fd.map_or(Ok(()), |fd| raw::redirect(fd, number))?;
    }
    command.directory.map_or(Ok(()), raw::fchdir)
}

/// Tries each folder of the search path. A file that may not be run does not end the search, but is the reason at its end.
fn search(program: &CStr, path: &CStr, arguments: &[*const c_char], environment: Environment) -> Errno {
    let mut reason = Errno::NOENT;
    let mut buffer = [0; PATH_MAX];
    for folder in path.to_bytes().split(|byte| *byte == b':') {
        let folder = if folder.is_empty() { b"." } else { folder };
        let Some(file) = join_in(&mut buffer, &[folder, b"/", program.to_bytes()]) else {
            reason = Errno::NAMETOOLONG;
            continue;
        };
        match raw::execve(file, arguments, environment) {
            Errno::NOENT | Errno::NOTDIR => {}
            error @ (Errno::ACCESS | Errno::PERM | Errno::ISDIR) => reason = error,
            error => return error,
        }
    }
    reason
}

/// Takes one ended child, without blocking; `None` if none has ended.
pub fn reap() -> Option<(NonZeroU32, Ending)> {
    let (pid, status) = raw::take_ended()?;
    // The low byte is 0 for a child that has exited; the code is in the next.
    let [byte, code, ..] = status.to_le_bytes();
    Some((pid, Ending { code: if byte & SIGNAL == 0 { code.into() } else { -1 }, byte }))
}

/// Sends a signal to one process.
pub fn kill(pid: NonZeroU32, signal: u8) -> Result<(), Errno> {
    // Process 1's own number would be a group of all in no case, but a number above the range must not become a group.
    i32::try_from(pid.get()).map_or(Err(Errno::SRCH), |pid| raw::kill(pid, signal))
}

/// Sends a signal to every process of the group that `pid` leads.
pub fn kill_group(pid: NonZeroU32, signal: u8) -> Result<(), Errno> {
    // Minus one is not a group but everybody.
    i32::try_from(pid.get()).ok().filter(|pid| *pid > 1).map_or(Err(Errno::SRCH), |pid| raw::kill(-pid, signal))
}

/// Sends a signal to every process but this one and process 1.
pub fn kill_all(signal: u8) -> Result<(), Errno> {
    raw::kill(-1, signal)
}

/// Is there a process of this number that could be asked? One that may not be signalled is there too.
pub fn exists(pid: NonZeroU32) -> bool {
    kill(pid, 0) != Err(Errno::SRCH)
}

/// A process that is not a child, held so that its number cannot come to mean another one; or the place for one.
pub struct Handle(OwnedFd);

impl Handle {
    /// Of no process.
    pub const NONE: Handle = Handle(OwnedFd::NONE);

    /// Takes hold of a process, if the kernel has it and is not older than 5.3.
    pub fn open(pid: NonZeroU32) -> Handle {
        // A number above the range is none of a process to the kernel.
        raw::pidfd_open(pid.get().cast_signed()).map_or(Handle::NONE, Handle)
    }

    /// Does it hold a process?
    pub fn is_open(&self) -> bool {
        self.0.is_open()
    }

    /// Sends it a signal; `SRCH` if it has ended.
    pub fn signal(&self, signal: u8) -> Result<(), Errno> {
        raw::pidfd_send_signal(self.0.as_fd(), signal)
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The number of this process.
pub fn own_id() -> u32 {
    raw::getpid()
}

/// The user in whose name this process acts on files.
pub fn user() -> u32 {
    raw::geteuid()
}

/// Runs `child` in a copy of this process, which then ends. The process must have one thread.
pub fn start_copy(child: impl FnOnce()) -> Result<NonZeroU32, Errno> {
    // Safety: as in `start`.
    match unsafe { raw::fork() }? {
        Some(pid) => Ok(pid),
        None => {
            child();
            raw::exit(0)
        }
    }
}

/// Lets another process run, if one can.
pub fn give_way() {
    raw::sched_yield();
}

/// Ends this process.
pub fn end(code: u8) -> ! {
    raw::exit(code)
}

/// Is this process number 1?
pub fn is_first() -> bool {
    raw::getpid() == 1
}

/// Makes this process the leader of a new session; that it is one already is as well.
pub fn lead_session() {
    let _ = raw::setsid();
}

/// Changes the working directory.
pub fn change_directory(path: &CStr) -> Result<(), Errno> {
    raw::chdir(path)
}

/// The path of the working directory, as the kernel tells it.
pub fn current_directory(buffer: &mut [u8; PATH_MAX]) -> Result<&CStr, Errno> {
    let length = raw::getcwd(buffer)?;
    buffer.get(..length).and_then(|path| CStr::from_bytes_with_nul(path).ok()).ok_or(Errno::RANGE)
}

/// Changes the working directory to an open one.
pub fn change_directory_to(directory: BorrowedFd) -> Result<(), Errno> {
    raw::fchdir(directory)
}
