//! A service as runsv holds it: its machine, its directory, its hook, a process that it took over, and whether its status is
//! published.
//!
//! Its one law: what its readers see is what it is whenever runsv waits; a status that cannot be published now is published
//! later.

use crate::adoption::{self, Boot, Orphan};
use crate::failure::{Failure, WARNING, tell};
use crate::folder::{self, StateName};
use crate::oom;
use crate::service_dir::ServiceDir;
use core::ffi::CStr;
use machine::lifecycle::{Lifecycle, Pid, Role};
use machine::time::{Instant, Milliseconds, Now, earliest};
use protocol::control::Signal;
use protocol::paths;
use protocol::status::{State, Status, Want};
use sys::{BorrowedFd, Errno, OwnedFd, files, process};

/// How long until a status that could not be published is tried again.
const BETWEEN_PUBLICATIONS: Milliseconds = Milliseconds(5_000);

/// What is the same for both services of a runsv.
pub struct Shared<'a> {
    /// The service directory as it was named to runsv, for sentences.
    pub name: &'a [u8],
    /// Which boot this is.
    pub boot: Boot,
    /// What children get back, if runsv is spared by the out-of-memory killer.
    pub score: Option<oom::Score>,
}

/// One of the two services: what it is, where it is, and what of it runs.
pub struct Service {
    /// What it is.
    pub life: Lifecycle,
    /// Where it is.
    pub directory: ServiceDir,
    /// The hook that runs.
    pub hook: Option<Pid>,
    /// Its process, if an earlier runsv started it.
    pub orphan: Option<Orphan>,
    /// The status has changed since it was last published.
    pub is_stale: bool,
    /// What was published last.
    published: Option<Status>,
    /// When to try again to publish it.
    publish_again: Option<Instant>,
}

impl Service {
    /// Takes the lock. The service is down, and starts at once unless there is a file `down`; or a process of it lives, which
    /// is taken over.
    pub fn lock(
        directory: OwnedFd,
        state_name: Option<&CStr>,
        role: Role,
        shared: &Shared,
        now: Now,
    ) -> Result<Service, Failure> {
        let want = if files::facts(&directory, paths::c::DOWN).is_ok() { Want::Down } else { Want::Up };
        let directory = ServiceDir::lock(directory, state_name, role == Role::Log)?;
        let birth = directory.last_birth().map_err(|failure| tell(shared.name, WARNING, failure));
        let birth = birth.unwrap_or_default();
        // Who was told to exit, and was killed over it, has exited: the service begins as with each new supervisor.
        let renewed = |status: Status| if status.want == Want::Exit { Status { want, ..status } } else { status };
        let published = || directory.last_status().map(renewed);
        let found = birth.as_ref().and_then(|birth| adoption::find(birth, published(), &shared.boot, now));
        let (life, orphan) = match found {
            Some((status, orphan)) => (Lifecycle::adopt(role, status, orphan.pid, now), Some(orphan)),
            None => (Lifecycle::new(role, want, now), None),
        };
        Ok(Service { life, directory, hook: None, orphan, is_stale: true, published: None, publish_again: None })
    }

    /// Sends a signal to its process.
    pub fn signal(&self, pid: Pid, signal: Signal) -> Result<(), Errno> {
        match self.orphan.as_ref().filter(|orphan| orphan.pid == pid) {
            Some(orphan) => orphan.signal(signal.0),
            None => process::kill(pid, signal.0),
        }
    }

    /// When it wants to be looked at.
    pub fn deadline(&self) -> Option<Instant> {
        earliest(&[self.life.deadline(), self.publish_again, self.orphan.as_ref().and_then(Orphan::deadline)])
    }

    /// What can be read when the process that it took over has ended.
    pub fn end(&self) -> Option<BorrowedFd<'_>> {
        self.orphan.as_ref().and_then(Orphan::end)
    }

    /// Where its letters come from, unless they must wait.
    pub fn letters(&self) -> Option<BorrowedFd<'_>> {
        self.directory.control().filter(|_| !self.life.is_busy())
    }

    /// Publishes its status if that has changed or failed before; a failure is told once, and tried again later. A folder that
    /// was removed is made anew; where the whole directory was removed there is nothing more to try.
    pub fn publish(&mut self, name: &[u8], now: Instant) {
        if !self.is_stale && self.publish_again.is_none_or(|again| again > now) {
            return;
        }
        self.is_stale = false;
        let again = self.publish_again.take();
        let status = self.life.status();
        let before = self.published.replace(status);
        if before == Some(status) {
            return;
        }
        let is_same_stat = before.is_some_and(|before| before.has_stat_of(&status));
        // A process that follows at once writes its own record over that of the one before.
        if status.state == State::Down {
            self.directory.forget_birth();
        }
        let mut answer = self.directory.publish(&status, is_same_stat);
        if answer.as_ref().is_err_and(|failure| failure.reason == Some(Errno::NOENT)) && self.renew(name).is_ok() {
            answer = self.directory.publish(&status, is_same_stat);
        }
        if let Err(failure) = answer {
            self.published = None;
            if failure.reason != Some(Errno::NOENT) {
                self.publish_again = Some(now.plus(BETWEEN_PUBLICATIONS));
            }
            if again.is_none() {
                tell(name, WARNING, failure);
            }
        }
    }

    /// Makes the folder anew that somebody removed.
    fn renew(&mut self, name: &[u8]) -> Result<(), Failure> {
        let is_log = self.life.role() == Role::Log;
        let suffix = if is_log { paths::LOG_STATE } else { "" };
        let mut buffer = [0; size_of::<StateName>()];
        let news = self.directory.renew(folder::state_name(name, suffix, &mut buffer), is_log)?;
        tell(name, WARNING, news);
        Ok(())
    }
}
