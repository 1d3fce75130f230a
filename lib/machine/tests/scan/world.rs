//! The scan beside its model: a map of directories, and one sentence of the manual a line, with a table so small that it is often
//! full.

use machine::lifecycle::Pid;
use machine::scan::{Identity, Mark, Place, Scan, Seen};
use machine::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// The table of these tests.
const ROOM: usize = 3;
/// Directories there are, more than have room.
pub(crate) const DIRECTORIES: u64 = 6;
/// Links there are.
pub(crate) const LINKS: u64 = 4;
/// The inode of the first link; no directory has one that great.
const FIRST_LINK: u64 = 100;
/// Names that a directory can have.
pub(crate) const NAMES: [&[u8]; 2] = [b"web", b"database"];
/// Milliseconds between two starts of one supervisor.
const BETWEEN_STARTS: u64 = 1_000;
/// Milliseconds until a start that failed is tried again.
const AFTER_FAILED_START: u64 = 5_000;

fn identity(directory: u64) -> Identity {
    // Neither number alone tells two directories apart.
    Identity { device: directory % 2, inode: directory / 2 }
}

pub(crate) fn pid(number: u32) -> Pid {
    Pid::new(number).expect("not 0")
}

/// What comes of a supervisor that is to be started.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Starts,
    /// Its process cannot be made.
    Fails,
    /// Somebody else's supervisor has the lock.
    Held,
}
use Outcome::{Fails, Held, Starts};

/// By what entry a directory is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry {
    /// One that tells nothing.
    Silent,
    /// One that tells the directory itself, of this name.
    Its(&'static [u8]),
    /// This link.
    Link(u64),
}
use Entry::{Its, Link, Silent};

impl Entry {
    fn mark(self, directory: u64) -> Mark {
        match self {
            Silent => Mark::NONE,
            Its(name) => Mark::of(name, identity(directory).inode, false),
            Link(number) => Mark::of(b"link", FIRST_LINK + number, true),
        }
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A look that sees these in this order, and of each what comes of its start; do links lead where they led before?
    Look(Vec<(u64, Outcome, Entry)>, bool),
    /// The supervisor that is at this place among the living ends.
    End(usize),
    /// A child that is nobody's supervisor ends.
    Stranger,
    /// Milliseconds pass.
    Pass(u64),
}

/// What the model knows of a directory.
#[derive(Clone, Debug)]
struct Known {
    /// The supervisor, and whether it was told to end.
    supervisor: Option<(Pid, bool)>,
    /// Somebody else's supervisor has the lock, as far as is known.
    is_foreign: bool,
    /// When a start is allowed.
    due: u64,
    last_start: u64,
    /// Of the entry that it was seen by last.
    mark: Mark,
    is_seen: bool,
}

/// The model: a map, and one sentence of the manual a line.
pub(crate) struct World {
    pub(crate) scan: Scan<ROOM>,
    known: BTreeMap<u64, Known>,
    /// Where the links of the last look led.
    links: BTreeMap<u64, u64>,
    pub(crate) now: u64,
    last_pid: u32,
    /// Somebody was left out and there is room since, or nobody ever looked.
    wants_look: bool,
    pub(crate) left_out: bool,
}

impl World {
    pub(crate) fn new() -> World {
        let (scan, known, links) = (Scan::new(), BTreeMap::new(), BTreeMap::new());
        World { scan, known, links, now: 10_000, last_pid: 1, wants_look: true, left_out: false }
    }

    pub(crate) fn act(&mut self, action: &Action) {
        match action {
            Action::Look(seen, links_hold) => self.look_at(seen, *links_hold),
            Action::End(choice) => self.end(*choice),
            Action::Stranger => self.scan.reaped(pid(1), Instant(self.now)),
            Action::Pass(milliseconds) => self.now += milliseconds,
        }
        self.check();
    }

    /// A look at entries that must all be asked.
    pub(crate) fn look(&mut self, seen: &[(u64, Outcome)]) {
        let seen: Vec<_> = seen.iter().map(|(directory, outcome)| (*directory, *outcome, Silent)).collect();
        self.look_at(&seen, false);
    }

    fn look_at(&mut self, seen: &[(u64, Outcome, Entry)], links_hold: bool) {
        self.scan.begin(links_hold);
        self.known.values_mut().for_each(|known| known.is_seen = false);
        (self.left_out, self.wants_look) = (false, false);
        let before = std::mem::take(&mut self.links);
        let running = self.running();
        for (directory, outcome, entry) in seen {
            let mut directory = *directory;
            if let Link(number) = entry {
                directory = before.get(number).copied().filter(|_| links_hold).unwrap_or(directory);
                if self.links.contains_key(number) {
                    continue;
                }
                self.links.insert(*number, directory);
            }
            let (mark, now) = (entry.mark(directory), Instant(self.now));
            let known = self.known.get(&directory);
            let is_known = known.is_some_and(|known| match entry {
                Silent => false,
                Its(_) => known.mark == mark,
                Link(_) => {
                    let runs = known.supervisor.is_some_and(|(pid, _)| running.contains(&pid));
                    links_hold && known.mark == mark && runs
                }
            });
            let known = self.scan.recognize(identity(directory), mark);
            assert_eq!(known.is_some(), is_known, "{directory} by {entry:?} of {:?}", self.known);
            let expected = self.expect(directory);
            let place = known.unwrap_or_else(|| self.scan.find_place(identity(directory), mark, now));
            assert_eq!(self.scan.see(place, now), expected, "{directory} of {:?}", self.known);
            if let Some(known) = self.known.get_mut(&directory) {
                known.mark = mark;
            }
            if expected == Seen::Start {
                self.start(directory, place, *outcome);
            }
        }
        let mut told = BTreeSet::new();
        self.scan.end(|pid| assert!(told.insert(pid), "told twice"));
        let mut expected = BTreeSet::new();
        for known in self.known.values_mut().filter(|known| !known.is_seen) {
            if let Some((pid, is_told @ false)) = &mut known.supervisor {
                *is_told = true;
                expected.insert(*pid);
            }
        }
        assert_eq!(told, expected);
        self.forget();
    }

    /// What a look at a directory must answer.
    fn expect(&mut self, directory: u64) -> Seen {
        let is_full = self.known.len() == ROOM;
        match self.known.get_mut(&directory) {
            None if is_full => {
                self.left_out = true;
                Seen::Full
            }
            None => {
                let (due, last_start) = (self.now, self.now);
                let known =
                    Known { supervisor: None, is_foreign: false, due, last_start, mark: Mark::NONE, is_seen: true };
                self.known.insert(directory, known);
                Seen::Start
            }
            Some(known) => {
                known.is_seen = true;
                let is_due = known.is_foreign || known.due <= self.now;
                if known.supervisor.is_none() && is_due { Seen::Start } else { Seen::Keep }
            }
        }
    }

    fn start(&mut self, directory: u64, place: Place, outcome: Outcome) {
        let known = self.known.get_mut(&directory).expect("it is known");
        assert!(known.supervisor.is_none(), "two supervisors of {directory}");
        let was_foreign = std::mem::replace(&mut known.is_foreign, matches!(outcome, Held));
        match outcome {
            Starts => {}
            Fails => {
                known.due = self.now + AFTER_FAILED_START;
                return self.scan.started(place, None, Instant(self.now));
            }
            Held => {
                let is_news = self.scan.held(place);
                return assert_eq!(is_news, !was_foreign, "it is told once");
            }
        }
        self.last_pid += 1;
        known.supervisor = Some((pid(self.last_pid), false));
        known.last_start = self.now;
        self.scan.started(place, Some(pid(self.last_pid)), Instant(self.now));
    }

    pub(crate) fn end(&mut self, choice: usize) {
        let living = self.known.values_mut().filter(|known| known.supervisor.is_some());
        let living: Vec<&mut Known> = living.collect();
        let count = living.len();
        let Some(known) = living.into_iter().nth(choice % count.max(1)) else { return };
        let Some((its, _)) = known.supervisor.take() else { return };
        known.due = self.now.max(known.last_start + BETWEEN_STARTS);
        self.scan.reaped(its, Instant(self.now));
        self.forget();
    }

    /// What was not seen and has no supervisor makes room.
    fn forget(&mut self) {
        self.known.retain(|_, known| known.is_seen || known.supervisor.is_some());
        self.wants_look |= self.left_out && self.known.len() < ROOM;
    }

    pub(crate) fn wants_look_now(&self) -> bool {
        self.scan.deadline() <= Instant(self.now)
    }

    fn check(&self) {
        let idle = self.known.values().filter(|known| known.supervisor.is_none() && !known.is_foreign);
        let deadline = idle.map(|known| Instant(known.due)).min();
        let deadline = if self.wants_look { Some(Instant(0)) } else { deadline };
        assert_eq!(self.scan.deadline().known(), deadline, "{:?}", self.known);
    }

    /// The supervisors that were not told to end.
    pub(crate) fn running(&self) -> BTreeSet<Pid> {
        let supervisors = self.known.values().filter_map(|known| known.supervisor);
        supervisors.filter(|(_, is_told)| !is_told).map(|(pid, _)| pid).collect()
    }

    /// Looks at all that is there as often as it wants, and lets end what was told to: in the end each has its supervisor.
    pub(crate) fn settle(&mut self, present: &BTreeSet<u64>) {
        let seen: Vec<(u64, Outcome)> = present.iter().map(|directory| (*directory, Starts)).collect();
        self.look(&seen);
        for _ in 0..DIRECTORIES {
            while let Some(told) = self.known.values().filter(|it| it.supervisor.is_some()).position(is_told) {
                self.act(&Action::End(told));
            }
            self.act(&Action::Pass(AFTER_FAILED_START));
            if self.wants_look_now() {
                self.look(&seen);
            }
        }
        assert_eq!(self.running().len(), present.len().min(ROOM), "{present:?}: {:?}", self.known);
        self.look(&[]);
    }
}

fn is_told(known: &Known) -> bool {
    known.supervisor.is_some_and(|(_, is_told)| is_told)
}
