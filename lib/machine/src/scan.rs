//! Which supervisors a services directory asks for: known ones against the directories seen.
//!
//! A service is its directory, known by device and inode whatever its names are: seen for the first time its supervisor is
//! started, seen no more it is told to end, and one that ended by itself is started again, not sooner than a second after
//! it last started. Names are not kept: who wants to start a supervisor looks at the directory again.
//!
//! A directory whose lock somebody else's supervisor holds is left to that; who learns that the lock is free looks again.
//!
//! An index, whose chains begin in the services themselves so that few of them are one page of memory, leads from a directory, or a process, to its service, so that a look, and any number of ends, cost steps in
//! proportion to their number. It is built anew when a look begins; until the next one services only join it.
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
    /// There is no room for it. It must be seen again at the [`Scan::deadline`].
    Full,
}

/// What is the matter with the supervisor of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none, until the moment.
    Due,
    /// Somebody else's has the lock.
    Foreign,
    Running,
    /// Told to end, and not reaped yet.
    Leaving,
    /// The service is none any more; its place is free when the next look begins.
    Gone,
}

#[derive(Clone, Copy, Debug)]
struct Service {
    identity: Identity,
    /// When a supervisor is due, or when the one that there is was started.
    moment: Instant,
    pid: Option<Pid>,
    /// Hash of the name of the entry that told the identity by itself; 0 if none did.
    name: u32,
    /// What follows in the chains of the index: in that of its directory, and in that of its process.
    next: [Link; 2],
    /// Where the chain of the index that has this place's number begins.
    head: Link,
    state: State,
    is_seen: bool,
}

/// The device of keys that are processes: no file system has it.
const PROCESSES: u64 = u64::MAX;

/// What a process is found by.
fn process(pid: Option<Pid>) -> Identity {
    Identity { device: PROCESSES, inode: pid.map_or(0, Pid::get).into() }
}

/// A service and one of its two keys, counted from 1: twice its place, plus 1 for its process. 0 is the end of a chain.
type Link = u16;

/// The services of one services directory, `N` at most, and no more than a [`Link`] can count: 32,767.
// In this order, so that what is used with few services lies together: one page of memory.
#[derive(Debug)]
#[repr(C)]
pub struct Scan<const N: usize> {
    /// How many chains the index has, no more than there are services.
    chains: u32,
    /// When the next supervisor is due; 0 if there is another reason to look at once.
    next_due: Instant,
    left_out: bool,
    services: Vec<Service, N>,
}

impl<const N: usize> Default for Scan<N> {
    fn default() -> Self {
        Scan::new()
    }
}

impl<const N: usize> Scan<N> {
    /// No service is known.
    pub const fn new() -> Scan<N> {
        const { assert!(N <= (Link::MAX / 2) as usize) };
        // All zero bytes, so that none of it is in the program's file.
        Scan { services: Vec::new(), chains: 0, next_due: Instant(0), left_out: false }
    }

    /// A look at the directory begins.
    pub fn begin(&mut self) {
        self.services.retain(|service| service.state != State::Gone);
        self.services.iter_mut().for_each(|service| service.is_seen = false);
        self.index();
        self.next_due = Instant::NEVER;
        self.left_out = false;
    }

    /// Has an entry of this name, which tells the identity by itself, been seen with [`Scan::see`] before? It need not be asked.
    pub fn is_known(&mut self, identity: Identity, name: &[u8]) -> bool {
        self.find(identity).is_some_and(|(_, service)| service.name == hash(name))
    }

    /// A directory was seen; `name` is that of the entry, if the entry tells the identity by itself.
    pub fn see(&mut self, identity: Identity, name: Option<&[u8]>, now: Instant) -> Seen {
        let name = name.map(hash);
        let Some((_, service)) = self.find(identity) else {
            return self.add(identity, name.unwrap_or_default(), now);
        };
        service.is_seen = true;
        service.name = name.unwrap_or(service.name);
        match service.state {
            State::Due if service.moment <= now => Seen::Start,
            State::Foreign => Seen::Start,
            State::Due | State::Running | State::Leaving | State::Gone => Seen::Keep,
        }
    }

    fn add(&mut self, identity: Identity, name: u32, now: Instant) -> Seen {
        let (pid, next, head, state) = (None, [0; 2], 0, State::Due);
        let service = Service { identity, moment: now, pid, name, next, head, state, is_seen: true };
        if self.services.push(service).is_err() {
            self.left_out = true;
            return Seen::Full;
        }
        let place = self.services.len().saturating_sub(1);
        if place >= (self.chains as usize).saturating_mul(2) {
            self.index();
        } else {
            self.link(place, identity);
        }
        Seen::Start
    }

    /// Builds the index anew, with a chain for each service; it is built again when there are more than twice as many.
    fn index(&mut self) {
        let count = self.services.len();
        self.chains = count as u32;
        self.services.iter_mut().for_each(|service| service.head = 0);
        for place in 0..count {
            let Some(Service { identity, pid, .. }) = self.services.get(place).copied() else { return };
            self.link(place, identity);
            if pid.is_some() {
                self.link(place, process(pid));
            }
        }
    }

    /// Puts a service at the beginning of a key's chain.
    fn link(&mut self, place: usize, key: Identity) {
        let which = usize::from(key.device == PROCESSES);
        let link = (place << 1 | which).wrapping_add(1) as Link;
        let Some(begin) = self.services.get_mut(chain(key, self.chains)) else { return };
        let behind = core::mem::replace(&mut begin.head, link);
        if let Some(next) = self.services.get_mut(place).and_then(|service| service.next.get_mut(which)) {
            *next = behind;
        }
    }

    fn find(&mut self, key: Identity) -> Option<(usize, &mut Service)> {
        let mut link = self.services.get(chain(key, self.chains))?.head;
        loop {
            let node = usize::from(link.checked_sub(1)?);
            let (place, which) = (node >> 1, node & 1);
            let service = self.services.get(place)?;
            if key == if which == 0 { service.identity } else { process(service.pid) } {
                return self.services.get_mut(place).map(|service| (place, service));
            }
            link = *service.next.get(which)?;
        }
    }

    /// The supervisor of a directory was started.
    pub fn started(&mut self, identity: Identity, pid: Pid, now: Instant) {
        if let Some((place, service)) = self.find(identity) {
            (service.state, service.pid, service.moment) = (State::Running, Some(pid), now);
            self.link(place, process(Some(pid)));
        }
    }

    /// The system could not make a process for it.
    pub fn start_failed(&mut self, identity: Identity, now: Instant) {
        if let Some((_, service)) = self.find(identity) {
            (service.state, service.moment) = (State::Due, now.plus(AFTER_FAILED_START));
        }
    }

    /// Somebody else's supervisor has its lock; is that news? The next look asks again.
    pub fn held(&mut self, identity: Identity) -> bool {
        let Some((_, service)) = self.find(identity) else { return false };
        core::mem::replace(&mut service.state, State::Foreign) != State::Foreign
    }

    /// The look has ended: `terminate` is called with the supervisor of each service that was not seen.
    pub fn end(&mut self, mut terminate: impl FnMut(Pid)) {
        let mut has_room = false;
        for service in &mut self.services {
            match (service.state, service.is_seen) {
                (State::Running, false) => {
                    service.pid.into_iter().for_each(&mut terminate);
                    service.state = State::Leaving;
                }
                (State::Due | State::Foreign, false) => {
                    service.state = State::Gone;
                    has_room = true;
                }
                (State::Due, true) => self.next_due = self.next_due.min(service.moment),
                (State::Foreign | State::Running, true) | (State::Leaving | State::Gone, _) => {}
            }
        }
        if has_room {
            self.make_room();
        }
    }

    /// A supervisor has ended; a pid that is none's is nobody's business.
    pub fn reaped(&mut self, pid: Pid, now: Instant) {
        let Some((_, service)) = self.find(process(Some(pid))) else { return };
        service.pid = None;
        service.moment = service.moment.plus(BETWEEN_STARTS).max(now);
        if service.is_seen {
            let due = service.moment;
            service.state = State::Due;
            self.next_due = self.next_due.min(due);
        } else {
            service.state = State::Gone;
            self.make_room();
        }
    }

    /// What was left out may have the room of one that has gone.
    fn make_room(&mut self) {
        if self.left_out {
            self.next_due = Instant(0);
        }
    }

    /// When a look at the directory is due: it is the time of a supervisor, there is room for what was left out, or nobody
    /// has looked yet.
    pub fn deadline(&self) -> Instant {
        self.next_due
    }

    /// Every supervisor that runs and was not told to end.
    pub fn running(&self) -> impl Iterator<Item = Pid> + '_ {
        let running = self.services.iter().filter(|service| service.state == State::Running);
        running.filter_map(|service| service.pid)
    }
}

/// Which of so many chains a key is in: numbers that follow each other, or are multiples of a power of two, are spread.
fn chain(key: Identity, chains: u32) -> usize {
    // The golden ratio's part of 2^32, and the product's upper half as a number below `chains`.
    let spread = ((key.inode ^ key.inode >> 32 ^ key.device) as u32).wrapping_mul(0x9E37_79B1);
    (u64::from(spread).wrapping_mul(chains.into()) >> 32) as usize
}

/// A hash of a name (FNV-1a), never 0.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811C_9DC5, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)) | 1
}
