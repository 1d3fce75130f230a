//! Which supervisors a services directory asks for: known ones against the directories seen.
//!
//! A service is its directory, known by device and inode whatever its names are: seen for the first time its supervisor is
//! started, seen no more it is told to end, and one that ended by itself is started again, not sooner than a second after
//! it last started. Names are not kept: who wants to start a supervisor looks at the directory again.
//!
//! A directory whose lock somebody else's supervisor holds is left to that; who learns that the lock is free looks again.
//!
//! Services hang on each other in two trees, by directory and by mark, in which each bit of a hash leads one way or the
//! other. So a look costs steps in proportion to its entries, nearly. The trees are built anew when a look begins; until
//! the next one services only join the first.
//!
//! Its one law: one directory has one supervisor; until the old one has been reaped no new one starts. Source: runsvdir(8).

mod service;

use crate::lifecycle::Pid;
use crate::time::{Instant, Milliseconds};
use heapless::Vec;
use service::{Link, Service, State};

/// The least time between two starts of one supervisor.
const BETWEEN_STARTS: Milliseconds = Milliseconds(1_000);
/// How long to wait after the system could not make a process.
const AFTER_FAILED_START: Milliseconds = Milliseconds(5_000);

/// The tree of directories, and the tree of the marks of links.
const DIRECTORIES: usize = 0;
const LINKS: usize = 1;

/// A directory, whatever its names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The file system; no kernel's number has more than 32 bits.
    pub device: u64,
    /// The number of the directory in it.
    pub inode: u64,
}

/// By what an entry of the services directory is known again: its name and its inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

impl Mark {
    /// Of an entry that must be asked at each look.
    pub const NONE: Mark = Mark(0);

    /// Of an entry: the inode, and over its upper half, which is 0 for most, a hash of the name (FNV-1a), but for the last
    /// bit: is it a link?
    pub fn of(name: &[u8], inode: u64, is_link: bool) -> Mark {
        let add = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        let hash = name.iter().fold(0x811C_9DC5, add);
        Mark((inode.rotate_left(32) ^ u64::from(hash)) & !1 | u64::from(is_link))
    }

    fn is_link(self) -> bool {
        self.0 & 1 != 0
    }
}

/// Where a service is, until the look ends; or that there was no room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(Link);

/// What to do about a directory that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Start its supervisor, and answer with [`Scan::started`] or [`Scan::held`].
    Start,
    /// Nothing: it has a supervisor, or must wait for its time.
    Keep,
    /// There is no room for it. It must be seen again at the [`Scan::deadline`].
    Full,
}

/// The services of one services directory, `N` at most, and fewer than a [`Link`] can count.
// In this order, so that what is used with few services lies together: one page of memory.
#[derive(Debug)]
#[repr(C)]
pub struct Scan<const N: usize> {
    /// When the next supervisor is due; 0 if there is another reason to look at once.
    next_due: Instant,
    /// What the trees hang on.
    roots: [Link; 2],
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
        const { assert!(N < Link::MAX as usize) };
        // All zero bytes, so that none of it is in the program's file.
        Scan { next_due: Instant(0), roots: [0; 2], left_out: false, services: Vec::new() }
    }

    /// A look at the directory begins. `links_hold`: each link that was seen in the last look leads where it led then,
    /// unless it is gone; so [`Scan::recognize`] may know it.
    pub fn begin(&mut self, links_hold: bool) {
        (self.next_due, self.roots, self.left_out) = (Instant::NEVER, [0; 2], false);
        let mut place = 0;
        while let Some(service) = self.services.get_mut(place) {
            if service.state == State::Gone {
                self.services.swap_remove(place);
                continue;
            }
            (service.below, service.is_seen) = ([0; 4], false);
            let ([inode, mark], device) = (service.numbers, service.device);
            let is_held = links_hold && Mark(mark).is_link() && service.state == State::Running;
            place = place.wrapping_add(1);
            self.find(DIRECTORIES, inode, device, place as Link);
            if is_held {
                self.find(LINKS, mark, 0, place as Link);
            }
        }
    }

    /// The service that an entry of the directory is known to be; `None` if it must be asked. A link is known by its
    /// mark; any other entry tells by itself which directory it is, if it was [`Scan::find_place`] that it was seen
    /// with before.
    pub fn recognize(&mut self, told: Identity, mark: Mark) -> Option<Place> {
        let place = if mark.is_link() {
            self.find(LINKS, mark.0, 0, 0)
        } else {
            self.find(DIRECTORIES, told.inode, told.device as u32, 0)
        };
        let place = Place(place);
        self.at(place).is_some_and(|service| service.numbers[LINKS] == mark.0 && mark != Mark::NONE).then_some(place)
    }

    /// The service of a directory that an entry with this mark was found to be or to lead to.
    pub fn find_place(&mut self, directory: Identity, mark: Mark, now: Instant) -> Place {
        let new = if self.services.is_full() { 0 } else { self.services.len().wrapping_add(1) as Link };
        let place = self.find(DIRECTORIES, directory.inode, directory.device as u32, new);
        if place == new {
            let _ = self.services.push(Service::new(directory, now));
        }
        if let Some(service) = self.at(Place(place)) {
            service.numbers[LINKS] = mark.0;
        }
        Place(place)
    }

    /// An entry was seen whose service has this place.
    pub fn see(&mut self, place: Place, now: Instant) -> Seen {
        let Some(service) = self.at(place) else {
            self.left_out = true;
            return Seen::Full;
        };
        service.is_seen = true;
        let due = service.due(now);
        match service.state {
            State::Due if due > now => self.next_due = self.next_due.min(due),
            State::Due | State::Foreign => return Seen::Start,
            State::Running | State::Leaving | State::Gone => {}
        }
        Seen::Keep
    }

    /// The place of the service that a tree knows by a number and, in that of directories, a device. If there is none
    /// it will be `new`, unless that is 0.
    fn find(&mut self, tree: usize, number: u64, device: u32, new: Link) -> Link {
        let mut hash = service::hash(number, device);
        let Some(mut link) = self.roots.get_mut(tree) else { return 0 };
        loop {
            let place = *link;
            if place == 0 {
                *link = new;
                return new;
            }
            let Some(service) = self.services.get_mut(usize::from(place).wrapping_sub(1)) else { return 0 };
            if service.numbers.get(tree) == Some(&number) && (tree == LINKS || service.device == device) {
                return place;
            }
            let Some(next) = service.below.get_mut(tree << 1 | hash as usize >> 31) else { return 0 };
            (link, hash) = (next, hash << 1);
        }
    }

    fn at(&mut self, place: Place) -> Option<&mut Service> {
        self.services.get_mut(usize::from(place.0).wrapping_sub(1))
    }

    /// The supervisor of a directory was started; `None` if the system could not make a process for it.
    pub fn started(&mut self, place: Place, pid: Option<Pid>, now: Instant) {
        let Some(service) = self.at(place) else { return };
        service.pid = pid;
        if pid.is_some() {
            service.state = State::Running;
            service.wait(BETWEEN_STARTS, now);
        } else {
            service.state = State::Due;
            service.wait(AFTER_FAILED_START, now);
            self.next_due = self.next_due.min(now.plus(AFTER_FAILED_START));
        }
    }

    /// Somebody else's supervisor has its lock; is that news? The next look asks again.
    pub fn held(&mut self, place: Place) -> bool {
        let Some(service) = self.at(place) else { return false };
        core::mem::replace(&mut service.state, State::Foreign) != State::Foreign
    }

    /// The look has ended: `terminate` is called with the supervisor of each service that was not seen.
    pub fn end(&mut self, mut terminate: impl FnMut(Pid)) {
        let mut has_room = false;
        for service in self.services.iter_mut().filter(|service| !service.is_seen) {
            match service.state {
                State::Running => {
                    service.pid.into_iter().for_each(&mut terminate);
                    service.state = State::Leaving;
                }
                State::Due | State::Foreign => {
                    service.state = State::Gone;
                    has_room = true;
                }
                State::Leaving | State::Gone => {}
            }
        }
        if has_room {
            self.make_room();
        }
    }

    /// A supervisor has ended; a pid that is none's is nobody's business. They are asked one after the other, which
    /// costs less than the kernel takes to end one.
    pub fn reaped(&mut self, pid: Pid, now: Instant) {
        let Some(service) = self.services.iter_mut().find(|service| service.pid == Some(pid)) else { return };
        service.pid = None;
        if service.is_seen {
            service.state = State::Due;
            self.next_due = self.next_due.min(service.due(now));
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
}
