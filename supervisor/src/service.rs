//! A service as runsv holds it: its machine, its directory, its hook, and whether its status is published.
//!
//! Its one law: what its readers see is what it is whenever runsv waits; a status that cannot be published now is published
//! later.

use crate::failure::{Failure, tell};
use crate::service_dir::ServiceDir;
use core::ffi::CStr;
use machine::lifecycle::{Lifecycle, Pid, Role};
use machine::time::{Instant, Milliseconds, Now};
use protocol::paths;
use protocol::status::{Status, Want};
use sys::{BorrowedFd, Errno, OwnedFd, files};

/// How long until a status that could not be published is tried again.
const BETWEEN_PUBLICATIONS: Milliseconds = Milliseconds(5_000);

/// One of the two services: what it is, where it is, and what of it runs.
pub struct Service {
    /// What it is.
    pub life: Lifecycle,
    /// Where it is.
    pub directory: ServiceDir,
    /// The hook that runs.
    pub hook: Option<Pid>,
    /// The status has changed since it was last published.
    pub is_stale: bool,
    /// What was published last.
    published: Option<Status>,
    /// When to try again to publish it.
    publish_again: Option<Instant>,
}

impl Service {
    /// Takes the lock; the service is down, and starts at once unless there is a file `down`.
    pub fn lock(directory: OwnedFd, state_name: Option<&CStr>, role: Role, now: Now) -> Result<Service, Failure> {
        let want = if files::facts(&directory, paths::c::DOWN).is_ok() { Want::Down } else { Want::Up };
        let directory = ServiceDir::lock(directory, state_name, role == Role::Log)?;
        let life = Lifecycle::new(role, want, now);
        Ok(Service { life, directory, hook: None, is_stale: true, published: None, publish_again: None })
    }

    /// When it wants to be looked at.
    pub fn deadline(&self) -> Option<Instant> {
        self.life.deadline().into_iter().chain(self.publish_again).min()
    }

    /// Where its letters come from, unless they must wait.
    pub fn letters(&self) -> Option<BorrowedFd<'_>> {
        self.directory.control().filter(|_| !self.life.is_busy())
    }

    /// Publishes its status if that has changed or failed before; a failure is told once, and tried again later. In a
    /// directory that was removed there is nothing more to try.
    pub fn publish(&mut self, name: &[u8], now: Instant) {
        if !self.is_stale && self.publish_again.is_none_or(|again| again > now) {
            return;
        }
        self.is_stale = false;
        let again = self.publish_again.take();
        let status = self.life.status();
        if self.published == Some(status) {
            return;
        }
        self.published = Some(status);
        if let Err(failure) = self.directory.publish(&status) {
            self.published = None;
            if failure.reason != Some(Errno::NOENT) {
                self.publish_again = Some(now.plus(BETWEEN_PUBLICATIONS));
            }
            if again.is_none() {
                tell(name, b": warning: ", &failure);
            }
        }
    }
}
