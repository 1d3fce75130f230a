//! Which supervisors a services directory asks for: known ones against the directories seen.
//!
//! A service is its directory, known by device and inode whatever its names are: seen for the first time its supervisor is
//! started, seen no more it is told to end, and one that ended by itself is started again, not sooner than a second after
//! it last started. Names are not kept: who wants to start a supervisor looks at the directory again.
//!
//! A directory whose lock somebody else's supervisor holds is left to that; who learns that the lock is free looks again.
//!
//! Its one law: one directory has one supervisor; until the old one has been reaped no new one starts. Source: runsvdir(8).

use crate::lifecycle::Pid;
use crate::time::{Instant, Milliseconds};
use heapless::Vec;

/// The least time between two starts of one supervisor.
const BETWEEN_STARTS: Milliseconds = Milliseconds(1_000);
/// How long to wait after the system could not make a process.
const AFTER_FAILED_START: Milliseconds = Milliseconds(5_000);

/// A directory, whatever its names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The file system.
    pub device: u64,
    /// The number of the directory in it.
    pub inode: u64,
}

/// What to do about a directory that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Start its supervisor, and answer with [`Scan::started`], [`Scan::start_failed`] or [`Scan::held`].
    Start,
    /// Nothing: it has a supervisor, or must wait for its time.
    Keep,
    /// There is no room for it. It must be seen again when [`Scan::wants_look`].
    Full,
}

/// The supervisor of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Supervisor {
    /// None, until the moment.
    Due(Instant),
    /// Somebody else's has the lock.
    Foreign,
    Running(Pid),
    /// Told to end, and not reaped yet.
    Leaving(Pid),
}

#[derive(Clone, Copy, Debug)]
struct Service {
    identity: Identity,
    supervisor: Supervisor,
    last_start: Instant,
    is_seen: bool,
}

/// The services of one services directory, `N` at most.
#[derive(Debug)]
pub struct Scan<const N: usize> {
    services: Vec<Service, N>,
    /// Where the last directory was found: a look mostly sees them in the same order.
    next: usize,
    left_out: bool,
    /// Nothing but the time of a supervisor asks for a look. False in a new value, which so is all zero bytes.
    is_content: bool,
}

impl<const N: usize> Default for Scan<N> {
    fn default() -> Self {
        Scan::new()
    }
}

impl<const N: usize> Scan<N> {
    /// No service is known.
    pub const fn new() -> Scan<N> {
        Scan { services: Vec::new(), next: 0, left_out: false, is_content: false }
    }

    /// A look at the directory begins.
    pub fn begin(&mut self) {
        self.services.iter_mut().for_each(|service| service.is_seen = false);
        self.next = 0;
        self.left_out = false;
        self.is_content = true;
    }

    /// A directory was seen.
    pub fn see(&mut self, identity: Identity, now: Instant) -> Seen {
        let Some(service) = self.find(identity) else { return self.add(identity, now) };
        service.is_seen = true;
        match service.supervisor {
            Supervisor::Due(due) if due <= now => Seen::Start,
            Supervisor::Foreign => Seen::Start,
            Supervisor::Due(_) | Supervisor::Running(_) | Supervisor::Leaving(_) => Seen::Keep,
        }
    }

    fn add(&mut self, identity: Identity, now: Instant) -> Seen {
        let supervisor = Supervisor::Due(now);
        match self.services.push(Service { identity, supervisor, last_start: now, is_seen: true }) {
            Ok(()) => {
                // It is found at once by the answer that follows.
                self.next = self.services.len().saturating_sub(1);
                Seen::Start
            }
            Err(_) => {
                self.left_out = true;
                Seen::Full
            }
        }
    }

    /// Finds a service, first where the directory's order says, then anywhere.
    fn find(&mut self, identity: Identity) -> Option<&mut Service> {
        let is_it = |service: &Service| service.identity == identity;
        let later = self.services.iter().skip(self.next).position(is_it).map(|ahead| self.next.saturating_add(ahead));
        let place = later.or_else(|| self.services.iter().take(self.next).position(is_it))?;
        self.next = place;
        self.services.get_mut(place)
    }

    /// The supervisor of a directory was started.
    pub fn started(&mut self, identity: Identity, pid: Pid, now: Instant) {
        if let Some(service) = self.find(identity) {
            service.supervisor = Supervisor::Running(pid);
            service.last_start = now;
        }
    }

    /// The system could not make a process for it.
    pub fn start_failed(&mut self, identity: Identity, now: Instant) {
        if let Some(service) = self.find(identity) {
            service.supervisor = Supervisor::Due(now.plus(AFTER_FAILED_START));
        }
    }

    /// Somebody else's supervisor has its lock; is that news? The next look asks again.
    pub fn held(&mut self, identity: Identity) -> bool {
        let Some(service) = self.find(identity) else { return false };
        let is_news = service.supervisor != Supervisor::Foreign;
        service.supervisor = Supervisor::Foreign;
        is_news
    }

    /// The look has ended: `terminate` is called with the supervisor of each service that was not seen.
    pub fn end(&mut self, mut terminate: impl FnMut(Pid)) {
        self.services.retain_mut(|service| match service.supervisor {
            Supervisor::Running(pid) if !service.is_seen => {
                terminate(pid);
                service.supervisor = Supervisor::Leaving(pid);
                true
            }
            Supervisor::Due(_) | Supervisor::Foreign => service.is_seen,
            Supervisor::Running(_) | Supervisor::Leaving(_) => true,
        });
        self.look_if_there_is_room();
    }

    /// A supervisor has ended; a pid that is none's is nobody's business.
    pub fn reaped(&mut self, pid: Pid, now: Instant) {
        self.services.retain_mut(|service| match service.supervisor {
            Supervisor::Running(its) | Supervisor::Leaving(its) if its == pid => {
                service.supervisor = Supervisor::Due(service.last_start.plus(BETWEEN_STARTS).max(now));
                service.is_seen
            }
            Supervisor::Due(_) | Supervisor::Foreign | Supervisor::Running(_) | Supervisor::Leaving(_) => true,
        });
        self.look_if_there_is_room();
    }

    fn look_if_there_is_room(&mut self) {
        self.is_content &= !self.left_out || self.services.is_full();
    }

    /// Is a look at the directory due: is there room for what was left out, or is it the time of a supervisor?
    pub fn wants_look(&self, now: Instant) -> bool {
        !self.is_content || self.deadline().is_some_and(|due| due <= now)
    }

    /// When the next supervisor is to be started.
    pub fn deadline(&self) -> Option<Instant> {
        let due = |service: &Service| match service.supervisor {
            Supervisor::Due(due) => Some(due),
            Supervisor::Foreign | Supervisor::Running(_) | Supervisor::Leaving(_) => None,
        };
        self.services.iter().filter_map(due).min()
    }

    /// Every supervisor that runs and was not told to end.
    pub fn running(&self) -> impl Iterator<Item = Pid> + '_ {
        self.services.iter().filter_map(|service| match service.supervisor {
            Supervisor::Running(pid) => Some(pid),
            Supervisor::Due(_) | Supervisor::Foreign | Supervisor::Leaving(_) => None,
        })
    }
}
