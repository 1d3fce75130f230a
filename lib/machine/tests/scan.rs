//! Supervisors of a services directory: the scan against a plain model, with a table so small that it is often full.

use machine::lifecycle::Pid;
use machine::scan::{Identity, Mark, Place, Scan, Seen};
use machine::time::Instant;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The table of these tests.
const ROOM: usize = 3;
/// Directories there are, more than have room.
const DIRECTORIES: u64 = 6;
/// Links there are.
const LINKS: u64 = 4;
/// The inode of the first link; no directory has one that great.
const FIRST_LINK: u64 = 100;
/// Names that a directory can have.
const NAMES: [&[u8]; 2] = [b"web", b"database"];
/// Milliseconds between two starts of one supervisor.
const BETWEEN_STARTS: u64 = 1_000;
/// Milliseconds until a start that failed is tried again.
const AFTER_FAILED_START: u64 = 5_000;

fn identity(directory: u64) -> Identity {
    // Neither number alone tells two directories apart.
    Identity { device: directory % 2, inode: directory / 2 }
}

fn pid(number: u32) -> Pid {
    Pid::new(number).expect("not 0")
}

/// What comes of a supervisor that is to be started.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    Starts,
    /// Its process cannot be made.
    Fails,
    /// Somebody else's supervisor has the lock.
    Held,
}
use Outcome::{Fails, Held, Starts};

/// By what entry a directory is seen.
#[derive(Clone, Copy, Debug)]
enum Entry {
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
enum Action {
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
struct World {
    scan: Scan<ROOM>,
    known: BTreeMap<u64, Known>,
    /// Where the links of the last look led.
    links: BTreeMap<u64, u64>,
    now: u64,
    last_pid: u32,
    /// Somebody was left out and there is room since, or nobody ever looked.
    wants_look: bool,
    left_out: bool,
}

impl World {
    fn new() -> World {
        let (scan, known, links) = (Scan::new(), BTreeMap::new(), BTreeMap::new());
        World { scan, known, links, now: 10_000, last_pid: 1, wants_look: true, left_out: false }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Look(seen, links_hold) => self.look_at(seen, *links_hold),
            Action::End(choice) => self.end(*choice),
            Action::Stranger => self.scan.reaped(pid(1), Instant(self.now)),
            Action::Pass(milliseconds) => self.now += milliseconds,
        }
        self.check();
    }

    /// A look at entries that must all be asked.
    fn look(&mut self, seen: &[(u64, Outcome)]) {
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

    fn end(&mut self, choice: usize) {
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

    fn wants_look_now(&self) -> bool {
        self.scan.deadline() <= Instant(self.now)
    }

    fn check(&self) {
        let idle = self.known.values().filter(|known| known.supervisor.is_none() && !known.is_foreign);
        let deadline = idle.map(|known| Instant(known.due)).min();
        let deadline = if self.wants_look { Some(Instant(0)) } else { deadline };
        assert_eq!(self.scan.deadline().known(), deadline, "{:?}", self.known);
    }

    /// The supervisors that were not told to end.
    fn running(&self) -> BTreeSet<Pid> {
        let supervisors = self.known.values().filter_map(|known| known.supervisor);
        supervisors.filter(|(_, is_told)| !is_told).map(|(pid, _)| pid).collect()
    }

    /// Looks at all that is there as often as it wants, and lets end what was told to: in the end each has its supervisor.
    fn settle(&mut self, present: &BTreeSet<u64>) {
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

fn action() -> impl Strategy<Value = Action> {
    let outcome = prop_oneof![6 => Just(Starts), 1 => Just(Fails), 1 => Just(Held)];
    let entry = prop_oneof![Just(Silent), Just(Its(NAMES[0])), Just(Its(NAMES[1])), (0..LINKS).prop_map(Link)];
    let seen = prop::collection::vec((0..DIRECTORIES, outcome, entry), 0..8);
    prop_oneof![
        4 => (seen, any::<bool>()).prop_map(|(seen, links_hold)| Action::Look(seen, links_hold)),
        3 => any::<usize>().prop_map(Action::End),
        1 => Just(Action::Stranger),
        3 => (0..2_000_u64).prop_map(Action::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever is seen, ends and fails in whatever order: the scan does what the model does, and each directory that has
    /// room gets its supervisor.
    #[test]
    fn the_scan_is_the_model(
        history in prop::collection::vec(action(), 0..60),
        present in prop::collection::btree_set(0..DIRECTORIES, 0..6),
    ) {
        let mut world = World::new();
        for action in &history {
            world.act(action);
        }
        world.settle(&present);
    }
}

#[test]
fn a_directory_that_was_left_out_is_looked_for_as_soon_as_there_is_room() {
    let mut world = World::new();
    world.look(&[(0, Starts), (1, Starts), (2, Starts), (3, Starts)]);
    assert!(world.left_out && !world.wants_look_now());
    world.look(&[(1, Starts), (2, Starts), (3, Starts)]);
    assert!(!world.wants_look_now(), "the supervisor that was told to end still has its place");
    world.act(&Action::End(0));
    assert!(world.wants_look_now());
    world.look(&[(1, Starts), (2, Starts), (3, Starts)]);
    assert_eq!(world.running().len(), 3);
}

#[test]
fn a_directory_that_comes_back_waits_until_its_old_supervisor_is_gone() {
    let mut world = World::new();
    world.look(&[(0, Starts)]);
    world.look(&[]);
    world.look(&[(0, Starts)]);
    assert_eq!((world.running().len(), world.scan.deadline().known()), (0, None));
    world.act(&Action::Pass(3_000));
    world.act(&Action::End(0));
    assert!(world.wants_look_now());
    world.look(&[(0, Starts)]);
    assert_eq!(world.running().len(), 1);
}

#[test]
fn a_supervisor_that_ends_at_once_is_started_again_a_second_after_its_start() {
    let mut world = World::new();
    world.look(&[(0, Starts)]);
    world.act(&Action::Pass(10));
    world.act(&Action::End(0));
    assert_eq!(world.scan.deadline().known(), Some(Instant(world.now + 990)));
    world.look(&[(0, Starts)]);
    assert_eq!(world.running().len(), 0);
    world.act(&Action::Pass(990));
    world.look(&[(0, Starts)]);
    assert_eq!(world.running().len(), 1);
}

#[test]
fn a_directory_whose_lock_is_held_is_asked_at_each_look_and_never_by_time() {
    let mut world = World::new();
    world.look(&[(0, Held)]);
    world.act(&Action::Pass(60_000));
    assert_eq!((world.running().len(), world.scan.deadline().known()), (0, None));
    assert!(!world.wants_look_now());
    world.look(&[(0, Held)]);
    world.look(&[(0, Starts)]);
    assert_eq!(world.running().len(), 1);
}

#[test]
fn thousands_of_services_are_each_known_by_directory_entry_and_process_whatever_goes_and_comes() {
    const MANY: usize = 4_096;
    let mut scan: Box<Scan<MANY>> = Box::default();
    let directory = |number: u64| Identity { device: 1, inode: (number << 13) | (number % 3) };
    let process = |number: u64| pid(number as u32 + 1);
    // The first half are directories, the others are reached through links.
    let is_link = |number: u64| number % MANY as u64 >= MANY as u64 / 2;
    let mark = |number: u64| Mark::of(&number.to_le_bytes(), number, is_link(number));
    let recognize = |scan: &mut Scan<MANY>, number: u64| scan.recognize(directory(number), mark(number));
    let start = |scan: &mut Scan<MANY>, number: u64, now| {
        let place = scan.find_place(directory(number), mark(number), Instant(now));
        assert_eq!(scan.see(place, Instant(now)), Seen::Start, "{number}");
        scan.started(place, Some(process(number)), Instant(now));
    };
    let all = 0..MANY as u64;
    scan.begin(false);
    all.clone().for_each(|number| start(&mut scan, number, 0));
    scan.end(|pid| panic!("{pid} is told to end"));
    // Each second one ends, and is started again.
    all.clone().step_by(2).for_each(|number| scan.reaped(process(number), Instant(5_000)));
    assert_eq!(scan.deadline().known(), Some(Instant(5_000)));
    scan.begin(true);
    for number in all.clone().rev() {
        let is_due = number % 2 == 0;
        match recognize(&mut scan, number) {
            Some(place) => {
                let answer = scan.see(place, Instant(5_000));
                assert_eq!(answer, if is_due { Seen::Start } else { Seen::Keep }, "{number}");
                if is_due {
                    scan.started(place, Some(process(number)), Instant(5_000));
                }
            }
            // A link to what does not run is followed anew.
            None => {
                assert!(is_due && is_link(number), "{number}");
                start(&mut scan, number, 5_000);
            }
        }
    }
    let place = scan.find_place(directory(MANY as u64), Mark::NONE, Instant(5_000));
    assert_eq!(scan.see(place, Instant(5_000)), Seen::Full);
    scan.end(|pid| panic!("{pid} is told to end"));
    // All are known, and none by the entry of another.
    scan.begin(true);
    for number in all.clone() {
        let place = recognize(&mut scan, number).expect("a known one");
        assert_eq!(scan.see(place, Instant(6_000)), Seen::Keep, "{number}");
        for is_link in [false, true] {
            let another = Mark::of(b"another", number, is_link);
            let beside = Mark::of(&number.to_le_bytes(), number + 1, is_link);
            assert_eq!([another, beside].map(|mark| scan.recognize(directory(number), mark)), [None; 2]);
        }
        assert_eq!(scan.recognize(directory(number), Mark::NONE), None);
    }
    // All go, and as many others come.
    scan.begin(true);
    let mut told = BTreeSet::new();
    scan.end(|pid| assert!(told.insert(pid)));
    assert_eq!(told.len(), MANY);
    all.for_each(|number| scan.reaped(process(number), Instant(9_000)));
    assert_eq!(scan.deadline().known(), None);
    scan.begin(true);
    (MANY as u64..2 * MANY as u64).for_each(|number| start(&mut scan, number, 9_000));
    scan.end(|pid| panic!("{pid} is told to end"));
}

#[test]
fn a_time_that_came_weeks_ago_is_none_to_wait_for() {
    const WEEKS: u64 = 30 * 24 * 3_600_000;
    let mut world = World::new();
    world.look(&[(0, Fails)]);
    world.act(&Action::Pass(WEEKS));
    world.look(&[(0, Starts)]);
    assert_eq!(world.running().len(), 1);
    world.act(&Action::Pass(WEEKS));
    world.act(&Action::End(0));
    world.look(&[(0, Starts)]);
    assert_eq!(world.running().len(), 1);
}
