//! A service as runsv holds it: its machine, its directory, its hook, a process that it took over, and whether its status is
//! published.
//!
//! Its one law: what its readers see is what it is whenever runsv waits; a status that cannot be published now is published
//! later.

use crate::adoption::{self, Boot, Orphan};
use crate::failure::{Failure, Whose, warn};
use crate::oom;
use crate::service_dir::ServiceDir;
use core::mem;
use machine::lifecycle::{Lifecycle, Pid, Role};
use machine::time::{Instant, Milliseconds, Now};
use protocol::paths;
use protocol::status::{self, State, Want};
use protocol::tai64n::Tai64n;
use sys::process::Environment;
use sys::{AsFd, BorrowedFd, Errno, OwnedFd, clock, files};

/// How long until a status that could not be published is tried again.
const BETWEEN_PUBLICATIONS: Milliseconds = Milliseconds(5_000);

/// What is never ready.
static NO_FILE: OwnedFd = OwnedFd::NONE;

/// What is the same for both services of a runsv.
pub struct Shared<'a> {
    /// The service directory as it was named to runsv, for sentences.
    pub name: &'a [u8],
    /// The environment of children.
    pub environment: Environment<'a>,
    /// Which boot this is.
    pub boot: Boot,
    /// What children get back, if runsv is spared by the out-of-memory killer.
    pub score: oom::Score,
    /// Reading and writing end of the pipe from the service to its log service.
    pub pipe: Pipe,
    /// Its inode, 0 without one.
    pub pipe_inode: u64,
    /// When the wait ended last; read again where much time may have passed since.
    pub now: Now,
    /// Nothing is left to supervise.
    pub is_over: bool,
}

/// Both ends of a pipe, or of none.
pub struct Pipe {
    /// What is written to it is read here.
    pub reader: OwnedFd,
    /// What is to be read is written here.
    pub writer: OwnedFd,
}

impl Pipe {
    /// No pipe.
    pub const NONE: Pipe = Pipe { reader: OwnedFd::NONE, writer: OwnedFd::NONE };

    /// Is there a pipe?
    pub fn is_open(&self) -> bool {
        self.reader.is_open()
    }
}

impl Shared<'_> {
    /// Tells of a failure that runsv survives.
    pub fn warn(&self, failure: Failure) {
        warn(self.name, failure);
    }
}

/// Reads both clocks.
pub fn now() -> Now {
    let (seconds, nanoseconds) = clock::wall();
    Now { instant: Instant(clock::monotonic_milliseconds()), stamp: Tai64n::from_unix(seconds, nanoseconds) }
}

/// One of the two services: what it is, where it is, and what of it runs. In this order, for what is asked most is reached with the
/// shortest instructions at the beginning.
#[repr(C)]
pub struct Service {
    /// What it is.
    pub life: Lifecycle,
    /// Its process, if an earlier runsv started it.
    pub orphan: Orphan,
    /// The hook that runs.
    pub hook: Option<Pid>,
    /// What was wanted when the record was made, which does not tell all of that.
    published_want: Want,
    /// The record that was published last, or could not be.
    published: [u8; status::LENGTH],
    /// When to try again to publish it.
    publish_again: Instant,
    /// Where it is.
    pub directory: ServiceDir,
}

impl Service {
    /// A service whose lock is still to be taken. It is down, and starts at once unless there is a file `down`, or no directory.
    #[cold]
    pub fn new(directory: OwnedFd, role: Role, now: Now) -> Service {
        let is_down = !directory.is_open() || files::facts(&directory, paths::c::DOWN).is_ok();
        let want = if is_down { Want::Down } else { Want::Up };
        Service {
            life: Lifecycle::new(role, want, now),
            directory: ServiceDir::new(directory, if role == Role::Log { Whose::LOG } else { Whose::SERVICE }),
            hook: None,
            orphan: Orphan::NONE,
            // That of no service.
            published: [0; status::LENGTH],
            published_want: want,
            publish_again: Instant::NEVER,
        }
    }

    /// Is there a service? Without a directory there is none.
    pub fn is_there(&self) -> bool {
        self.directory.is_there()
    }

    /// Takes over the process that an earlier runsv left, if there is one.
    #[cold]
    pub fn take_over(&mut self, shared: &mut Shared) {
        let birth = self.directory.read_birth();
        self.orphan.find(&birth, &shared.boot, shared.now.instant);
        let Some(pid) = self.orphan.pid else { return };
        let mut status = *self.life.status();
        status.pid = pid.get();
        self.directory.recall(&mut status);
        status.state = if birth.is_finish() { State::Finish } else { State::Run };
        self.life.adopt(status, shared.now);
    }

    /// Offers the pipe of a process that it took over.
    #[cold]
    pub fn offer_pipe(&mut self, shared: &mut Shared) {
        self.orphan.offer_pipe(shared);
    }

    /// When it wants to be looked at.
    pub fn deadline(&self) -> Instant {
        self.life.deadline().min(self.publish_again).min(self.orphan.deadline())
    }

    /// What can be read when the process that it took over has ended; of no file where nothing tells that.
    pub fn end(&self) -> BorrowedFd<'_> {
        self.orphan.end()
    }

    /// Where its letters come from; no file while they must wait.
    pub fn letters(&self) -> BorrowedFd<'_> {
        if self.life.is_busy() { NO_FILE.as_fd() } else { self.directory.control() }
    }

    /// Publishes its status if that has changed or failed before; a failure is told once, and tried again later. A folder that
    /// was removed is made anew; where the whole directory was removed there is nothing more to try.
    pub fn publish(&mut self, shared: &mut Shared) {
        let (now, status) = (shared.now.instant, *self.life.status());
        let record = status.encode();
        let is_same_want = status.want == self.published_want;
        if record == self.published && is_same_want && self.publish_again > now {
            return;
        }
        let is_same_stat = is_same_want && status::has_stat_of(&record, &self.published);
        (self.published, self.published_want) = (record, status.want);
        let has_failed = mem::replace(&mut self.publish_again, Instant::NEVER) != Instant::NEVER;
        // A process that follows at once writes its own record over that of the one before.
        if status.state == State::Down {
            self.directory.forget_birth();
        }
        let mut answer = self.directory.publish(&status, &record, is_same_stat);
        if answer.as_ref().is_err_and(|failure| failure.reason() == Some(Errno::NOENT)) && self.renew(shared) {
            answer = self.directory.publish(&status, &record, is_same_stat);
        }
        if let Err(failure) = answer {
            if failure.reason() != Some(Errno::NOENT) {
                self.publish_again = now.plus(BETWEEN_PUBLICATIONS);
            }
            if !has_failed {
                shared.warn(failure.of(self.directory.whose()));
            }
        }
    }

    /// Makes the folder anew, with the record of its process: one that was just started writes into the folder that was removed.
    #[inline(never)]
    #[cold]
    fn renew(&mut self, shared: &Shared) -> bool {
        let mut birth = self.directory.read_birth();
        if let Some(pid) = self.life.pid()
            && pid.get() != birth.pid()
        {
            let is_finish = !self.life.is_running();
            birth = adoption::birth_of(Some(pid), is_finish, &shared.boot, shared.pipe_inode);
        }
        self.directory.renew(shared.name, &birth)
    }
}
