//! The life of a service: every reachable configuration with every event, random histories, and single steps by name.

mod alphabet;
#[path = "../keys/mod.rs"]
mod keys;
mod steps;
mod world;

use alphabet::{ROLES, alphabet};
use machine::lifecycle::{Event, Role};
use proptest::prelude::*;
use protocol::control::Control;
use protocol::status::{State, Want};
use std::collections::{HashSet, VecDeque};
use world::{Action, World};

/// Letters that only send a signal differ in nothing but its number: the search follows one of them.
fn is_like_alarm(action: Action) -> bool {
    use Control::{Hangup, Interrupt, Quit, User1, User2};
    matches!(action, Action::Feed(Event::Control(Hangup | Interrupt | Quit | User1 | User2)))
}

/// Visits every configuration that can be reached, tries everything there; what was seen.
fn explore(role: Role) -> Vec<(State, Want, bool)> {
    let alphabet = alphabet(role);
    let mut known = HashSet::new();
    let mut triples = Vec::new();
    let mut waiting = VecDeque::from([Want::Up, Want::Down].map(|want| World::new(role, want, false)));
    while let Some(world) = waiting.pop_front() {
        if !known.insert(world.key()) {
            continue;
        }
        if !triples.contains(&world.triple()) {
            triples.push(world.triple());
        }
        world.clone().settle();
        for action in &alphabet {
            let mut next = world.clone();
            let asked = next.act(*action, true);
            if asked {
                let mut failed = world.clone();
                failed.act(*action, false);
                waiting.push_back(failed);
            }
            if !is_like_alarm(*action) {
                waiting.push_back(next);
            }
        }
    }
    println!("{role:?}: {} configurations", known.len());
    triples
}

#[test]
fn every_reachable_configuration_of_a_service_keeps_the_laws() {
    for role in [Role::Alone, Role::Logged] {
        let triples = explore(role);
        for state in [State::Down, State::Run, State::Finish] {
            for want in [Want::Up, Want::Down, Want::Exit] {
                for busy in [false, true] {
                    assert!(triples.contains(&(state, want, busy)), "{state:?} {want:?} {busy} was never reached");
                }
            }
        }
    }
}

#[test]
fn every_reachable_configuration_of_a_log_service_keeps_the_laws() {
    let triples = explore(Role::Log);
    for want in [Want::Up, Want::Down, Want::Exit] {
        assert!(triples.contains(&(State::Run, want, false)), "{want:?} was never reached");
    }
    assert!(triples.iter().all(|(state, _, busy)| *state != State::Finish && !busy), "no hook, no ./finish");
}

fn actions() -> impl Strategy<Value = Vec<(usize, u64, bool)>> {
    prop::collection::vec((any::<usize>(), 0..2_500_u64, prop::bool::weighted(0.9)), 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, at whatever time: the laws hold at each step, and what was asked comes about.
    #[test]
    fn random_histories_keep_the_laws(history in actions(), role in 0..3_usize, up in any::<bool>()) {
        let role = ROLES[role];
        let alphabet = alphabet(role);
        let mut world = World::new(role, if up { Want::Up } else { Want::Down }, true);
        for (choice, milliseconds, starts) in history {
            world.act(Action::Pass(milliseconds), starts);
            world.act(alphabet[choice % alphabet.len()], starts);
        }
        world.settle();
    }
}
