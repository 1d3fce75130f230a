//! Supervisors of a services directory: random histories against the model, and what is expected by name.

mod world;

use machine::scan::{Identity, Mark, Scan, Seen};
use machine::time::Instant;
use proptest::prelude::*;
use std::collections::BTreeSet;
use world::Entry::{Its, Link, Silent};
use world::Outcome::{Fails, Held, Starts};
use world::{Action, DIRECTORIES, LINKS, NAMES, World, pid};

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
