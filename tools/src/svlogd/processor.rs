//! The program that a rotated file is fed through, while it runs and after.
//!
//! Its one law: the file that is processed is deleted only after its output is safe under its final name; a processor
//! that fails, or is killed, leaves everything for the next attempt. Source: svlogd(8), PROCESSOR.

use super::old;
use super::place::{self, Refusal};
use super::speech::{Voice, reason, unable, warning};
use crate::environment::{DEFAULT_PATH, Environment, variable};
use crate::text;
use machine::rotation::{Kind, OldFile};
use std::ffi::CString;
use std::num::NonZeroU32;
use sys::files::Access;
use sys::process::{Command, Ending, Search};
use sys::{AsFd, Errno, OwnedFd, clock, files, stream};

/// Milliseconds before a processor that failed is started again, for one that fails at once must not take the machine.
const PAUSE: u64 = 1000;
/// Permissions of a file that is complete; the owner's x bit says so.
pub(crate) const COMPLETE: u32 = 0o744;
/// Where the processor reads what it remembered, and writes what it remembers.
const STATE: i32 = 4;
const NEW_STATE: i32 = 5;

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

    fn failed(file: OldFile) -> Processor {
        Processor::Failed(file, clock::monotonic_milliseconds() + PAUSE)
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
        if files::facts_of_link(directory, &name_of(file.with(Kind::Safe))).is_ok() {
            return self.go_on(directory, name, file);
        }
        voice.info(&[b"processing: ", name, b"/", &file.name()]);
        *self = match spawn(directory, file, command) {
            Ok(pid) => Processor::Running(file, pid),
            Err(refusal) => {
                unable("unable to start processor", name, refusal.words());
                Processor::failed(file)
            }
        };
    }

    /// The safe file has its name already: a svlogd was killed before it had done the rest.
    fn go_on(&mut self, directory: &OwnedFd, name: &[u8], file: OldFile) {
        *self = match settle(directory, name, file) {
            Ok(()) => Processor::Idle,
            Err(refusal) => {
                unable("unable to end processing", name, refusal.words());
                Processor::failed(file)
            }
        };
    }

    /// A process ended; if it was this one, its output is put in place, or the file waits for the next attempt.
    pub(crate) fn ended(&mut self, directory: &OwnedFd, name: &[u8], pid: NonZeroU32, ending: Ending, voice: Voice) {
        let Processor::Running(file, own) = *self else { return };
        if own != pid {
            return;
        }
        let failure =
            if ending.code == 0 { put_in_place(directory, name, file).err().map(Refusal::words) } else { Some("") };
        match failure {
            None => {
                voice.info(&[b"processed: ", name, b"/", &file.with(Kind::Safe).name()]);
                *self = Processor::Idle;
            }
            Some(why) => {
                let colon: &[u8] = if why.is_empty() { b"" } else { b": " };
                warning(&[b"processor failed, restart: ", name, colon, why.as_bytes()]);
                *self = Processor::failed(file);
            }
        }
    }
}

/// The name of an old file as the kernel takes it.
pub(crate) fn name_of(file: OldFile) -> CString {
    text(&[&file.name()])
}

fn spawn(directory: &OwnedFd, file: OldFile, command: &[u8]) -> Result<NonZeroU32, Refusal> {
    let input = above(place::open(directory, &name_of(file), Access::Read, 0))?;
    // An orphan of an earlier svlogd may still write: into a file that has lost its name.
    let output = above(place::make(directory, &name_of(file.with(Kind::Temporary)), 0o644))?;
    let state = match place::open(directory, c"state", Access::Read, 0) {
        Err(Refusal::Kernel(Errno::NOENT)) => {
            place::make(directory, c"state", 0o644)?;
            place::open(directory, c"state", Access::Read, 0)
        }
        opened => opened,
    };
    let state = above(state)?;
    let new_state = above(place::make(directory, c"newstate", 0o644))?;
    let workplace = files::duplicate_above(directory, NEW_STATE + 1)?;
    let command = [command, b"\0"].concat();
    let command = files::text(&command).ok_or(Errno::INVAL)?;
    let environment = Environment::inherited();
    let child = Command {
        program: c"sh",
        search: Some(Search::along(variable("PATH").unwrap_or(DEFAULT_PATH))),
        arguments: &[c"sh", c"-c", command],
        environment: &environment.pointers(),
        directory: Some(workplace.as_fd()),
        standard: [Some(input.as_fd()), Some(output.as_fd()), None],
        new_session: false,
    };
    let more = [(state.as_fd(), STATE), (new_state.as_fd(), NEW_STATE)];
    Ok(sys::process::start_with(&child, &more, |error| {
        warning(&[b"unable to run sh: ", reason(error).as_bytes()]);
        111
    })?)
}

/// The same file, above the numbers that the child gives to others.
fn above(file: Result<OwnedFd, Refusal>) -> Result<OwnedFd, Refusal> {
    Ok(files::duplicate_above(file?, NEW_STATE + 1)?)
}

/// The output becomes the safe file, and only when that is on the disk the unprocessed file goes.
fn put_in_place(directory: &OwnedFd, name: &[u8], file: OldFile) -> Result<(), Refusal> {
    let temporary = name_of(file.with(Kind::Temporary));
    let output = place::open(directory, &temporary, Access::Change, 0)?;
    stream::sync(&output)?;
    files::set_mode_of(&output, COMPLETE)?;
    files::rename(directory, &temporary, &name_of(file.with(Kind::Safe)))?;
    settle(directory, name, file)
}

/// What follows once the safe file has its name: the new state becomes the state, and the unprocessed file goes.
fn settle(directory: &OwnedFd, name: &[u8], file: OldFile) -> Result<(), Refusal> {
    match place::open(directory, c"newstate", Access::Read, 0) {
        Ok(new_state) => {
            stream::sync(&new_state)?;
            files::rename(directory, c"newstate", c"state")?;
        }
        // The processor removed it, or it is the state already.
        Err(Refusal::Kernel(Errno::NOENT)) => {}
        Err(refusal) => return Err(refusal),
    }
    old::settle(directory, name);
    Ok(files::remove(directory, &name_of(file))?)
}
