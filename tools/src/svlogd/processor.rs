//! The program that a rotated file is fed through, while it runs and after.
//!
//! Its one law: the file that is processed is deleted only after its output is safe under its final name; a processor
//! that fails, or is killed, leaves everything for the next attempt. Source: svlogd(8), PROCESSOR.

use super::speech::{Voice, reason, warning};
use crate::environment::Environment;
use machine::rotation::{Kind, NAME, OldFile};
use std::ffi::CString;
use std::num::NonZeroU32;
use std::os::unix::ffi::OsStringExt;
use sys::process::{Command, Ending, Search};
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, clock, files, stream};

/// Milliseconds before a processor that failed is started again, for one that fails at once must not take the machine.
const PAUSE: u64 = 1000;
/// Permissions of a file that is complete; the owner's x bit says so.
pub(crate) const COMPLETE: u32 = 0o744;
/// Opens the two state files where the processor expects them, then becomes it.
const WRAPPER: &std::ffi::CStr = c"exec 4<state 5>newstate && exec sh -c \"$1\"";

/// The processor of one log directory.
#[derive(Default)]
pub(crate) enum Processor {
    /// There is nothing to process.
    #[default]
    Idle,
    /// A file is being processed by this process.
    Running(OldFile, NonZeroU32),
    /// It failed with this file and is started again at this moment.
    Failed(OldFile, u64),
}

impl Processor {
    /// The file that nobody may touch.
    pub(crate) fn file(&self) -> Option<OldFile> {
        match self {
            Processor::Idle => None,
            Processor::Running(file, _) | Processor::Failed(file, _) => Some(*file),
        }
    }

    /// Is a process running?
    pub(crate) fn is_running(&self) -> bool {
        matches!(self, Processor::Running(..))
    }

    /// When it wants to be started again.
    pub(crate) fn deadline(&self) -> Option<u64> {
        if let Processor::Failed(_, moment) = self { Some(*moment) } else { None }
    }

    /// A process ended whose directory is not open: what it did is left for the next attempt.
    pub(crate) fn forget(&mut self, pid: NonZeroU32) {
        if matches!(self, Processor::Running(_, own) if *own == pid) {
            *self = Processor::Idle;
        }
    }

    /// Starts to process a file.
    pub(crate) fn start(&mut self, directory: &OwnedFd, name: &[u8], file: OldFile, command: &[u8], voice: Voice) {
        voice.info(&[b"processing: ", name, b"/", &file.name()]);
        *self = match spawn(directory.as_fd(), file, command) {
            Ok(pid) => Processor::Running(file, pid),
            Err(error) => {
                warning(&[b"unable to start processor: ", name, b": ", reason(error).as_bytes()]);
                Processor::Failed(file, clock::monotonic_milliseconds() + PAUSE)
            }
        };
    }

    /// A process ended; if it was this one, its output is put in place, or the file waits for the next attempt.
    pub(crate) fn ended(&mut self, directory: &OwnedFd, name: &[u8], pid: NonZeroU32, ending: Ending, voice: Voice) {
        let Processor::Running(file, own) = *self else { return };
        if own != pid {
            return;
        }
        let failure = if ending.code == 0 { put_in_place(directory.as_fd(), file).err().map(reason) } else { Some("") };
        match failure {
            None => {
                voice.info(&[b"processed: ", name, b"/", &file.with(Kind::Safe).name()]);
                *self = Processor::Idle;
            }
            Some(why) => {
                let colon: &[u8] = if why.is_empty() { b"" } else { b": " };
                warning(&[b"processor failed, restart: ", name, colon, why.as_bytes()]);
                *self = Processor::Failed(file, clock::monotonic_milliseconds() + PAUSE);
            }
        }
    }
}

/// Bytes of an old file's name with its NUL.
const NAME_SPACE: usize = NAME + 1;

/// Calls `act` with the name of an old file as the kernel takes it.
pub(crate) fn with_name<T>(file: OldFile, act: impl FnOnce(&std::ffi::CStr) -> Result<T, Errno>) -> Result<T, Errno> {
    let mut space = [0; NAME_SPACE];
    files::join_in(&mut space, &[&file.name()]).ok_or(Errno::NAMETOOLONG).and_then(act)
}

fn spawn(directory: BorrowedFd, file: OldFile, command: &[u8]) -> Result<NonZeroU32, Errno> {
    let input = with_name(file, |name| files::open_to_read(directory, name))?;
    let output = with_name(file.with(Kind::Temporary), |name| files::open_truncated(directory, name, 0o644))?;
    files::open_to_append(directory, c"state", 0o644)?;
    let command = CString::new(command).map_err(|_| Errno::INVAL)?;
    let environment = Environment::inherited();
    let path = std::env::var_os("PATH").and_then(|path| CString::new(path.into_vec()).ok());
    let child = Command {
        program: c"sh",
        search: Some(Search::along(path.as_deref().unwrap_or(c"/bin:/usr/bin"))),
        arguments: &[c"sh", c"-c", WRAPPER, c"sh", &command],
        environment: &environment.pointers(),
        directory: Some(directory),
        standard: [Some(input.as_fd()), Some(output.as_fd()), None],
        new_session: false,
    };
    sys::process::start(&child, |error| {
        warning(&[b"unable to run sh: ", reason(error).as_bytes()]);
        111
    })
}

/// The output becomes the safe file, the new state the state, and only then the unprocessed file goes.
fn put_in_place(directory: BorrowedFd, file: OldFile) -> Result<(), Errno> {
    with_name(file.with(Kind::Temporary), |temporary| {
        let output = files::open_to_write(directory, temporary)?;
        stream::sync(&output)?;
        files::set_mode_of(&output, COMPLETE)?;
        with_name(file.with(Kind::Safe), |safe| files::rename(directory, temporary, safe))
    })?;
    files::rename(directory, c"newstate", c"state")?;
    with_name(file, |name| files::remove(directory, name))
}
