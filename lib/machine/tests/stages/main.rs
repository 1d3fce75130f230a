//! Process 1: every reachable configuration with every event, random histories, and the sentences of each way through.

#[path = "../keys/mod.rs"]
mod keys;
mod world;

use machine::lifecycle::Pid;
use machine::stages::{Effect, End, Ending, Event, Limits, Sentence, Stage, Stages};
use machine::time::{Instant, Milliseconds};
use proptest::prelude::*;
use protocol::control::Signal;
use std::collections::{HashSet, VecDeque};
use world::{Action, Answers, Progress, What, World};

const ANSWERS: [Answers; 4] = [
    Answers { starts: true, yes: true },
    Answers { starts: true, yes: false },
    Answers { starts: false, yes: true },
    Answers { starts: false, yes: false },
];

/// Every event there is, the end of every process, and time in steps at, before and after each delay.
fn alphabet() -> Vec<Action> {
    let orphan = Pid::new(999).expect("not 0");
    let mut actions: Vec<Action> = [1_000, 4_000, 5_000, 60_000, 300_000].map(Action::Pass).into();
    for yes in [false, true] {
        let events = [
            Event::Continue { stop: yes },
            Event::Interrupt { has_script: yes },
            Event::PowerFail { stop: yes },
            Event::Exited(orphan, if yes { Ending::Exited(0) } else { Ending::Crashed }),
        ];
        actions.extend(events.map(Action::Feed));
    }
    actions.push(Action::Feed(Event::Deadline));
    let stages = [Stage::One, Stage::Two, Stage::Three, Stage::CtrlAltDel].map(What::Stage);
    for what in stages.into_iter().chain([What::Sync]) {
        let endings = [0, 1, 100, 111].map(Ending::Exited).into_iter().chain([Ending::Crashed]);
        actions.extend(endings.map(|ending| Action::Exit(what, ending)));
    }
    actions
}

#[test]
fn every_reachable_configuration_keeps_the_laws_and_ends() {
    let alphabet = alphabet();
    for limited in [false, true] {
        let mut known = HashSet::new();
        let mut reached = Vec::new();
        let mut waiting = VecDeque::from(ANSWERS.map(|answers| World::boot(limited, answers)));
        while let Some(world) = waiting.pop_front() {
            if !known.insert(world.key()) {
                continue;
            }
            reached.push(world.progress);
            world.clone().settle(true);
            if limited {
                world.clone().settle(false);
            }
            for action in &alphabet {
                for answers in ANSWERS {
                    let mut next = world.clone();
                    let matters = next.act(*action, answers);
                    waiting.push_back(next);
                    if !matters {
                        break;
                    }
                }
            }
        }
        println!("{} configurations", known.len());
        for progress in [Progress::One, Progress::Two, Progress::Three, Progress::Killed, Progress::Ended] {
            assert!(reached.contains(&progress), "{progress:?} was never reached");
        }
    }
}

/// An answer that nobody asked for, or a second boot, starts no more than one thing and never overflows.
#[test]
fn answers_that_nobody_asked_for_are_orphans() {
    let mut stages = Stages::new(Limits { stage_1: None, stage_3: None });
    let now = Instant(0);
    stages.step(Event::Boot, now);
    stages.step(Event::Started(Pid::MIN), now);
    let before = format!("{stages:?}");
    for event in [Event::Started(Pid::new(5).expect("not 0")), Event::StartFailed, Event::Deadline] {
        assert!(stages.step(event, now).is_empty(), "{event:?}");
    }
    assert_eq!(before, format!("{stages:?}"));
}

fn say(sentences: &[Sentence]) -> Vec<Effect> {
    sentences.iter().copied().map(Effect::Say).collect()
}

/// Process 1 with stage 2 running as process 2.
fn in_stage_2() -> Stages {
    let limits = Limits { stage_1: None, stage_3: Some(Milliseconds(300_000)) };
    let (mut stages, now, pid) = (Stages::new(limits), Instant(0), |number| Pid::new(number).expect("not 0"));
    stages.step(Event::Boot, now);
    stages.step(Event::Started(pid(3)), now);
    let effects = stages.step(Event::Exited(pid(3), Ending::Exited(0)), now);
    let sentences = say(&[Sentence::Leave(Stage::One), Sentence::Enter(Stage::Two)]);
    assert_eq!(effects[..2], sentences);
    assert_eq!(effects[2..], [Effect::Start(Stage::Two)]);
    stages.step(Event::Started(pid(2)), now);
    stages
}

/// What follows when a stage ends so: the stage that is started, now or at the deadline.
fn after(stage: Stage, ending: Ending) -> Option<(Stage, bool)> {
    let (mut stages, pid) = (Stages::new(Limits { stage_1: None, stage_3: None }), Pid::MIN);
    stages.step(Event::Boot, Instant(0));
    stages.step(Event::Started(pid), Instant(0));
    for _ in [Stage::One, Stage::Two].iter().take_while(|before| **before != stage) {
        stages.step(Event::Exited(pid, Ending::Exited(0)), Instant(0));
        stages.step(Event::Started(pid), Instant(0));
    }
    let started = |effects: &[Effect]| match effects.last() {
        Some(Effect::Start(stage)) => Some(*stage),
        _ => None,
    };
    let at_once = started(&stages.step(Event::Exited(pid, ending), Instant(0)));
    let later = started(&stages.step(Event::Deadline, Instant(5_000)));
    assert!(stages.step(Event::Deadline, Instant(5_000)).is_empty());
    at_once.map(|stage| (stage, false)).or(later.map(|stage| (stage, true)))
}

#[test]
fn how_a_stage_ends_decides_what_follows() {
    let endings = [0, 1, 100, 111, 255].map(Ending::Exited).into_iter().chain([Ending::Crashed]);
    for ending in endings {
        let one = if matches!(ending, Ending::Exited(100) | Ending::Crashed) { Stage::Three } else { Stage::Two };
        assert_eq!(after(Stage::One, ending), Some((one, false)), "{ending:?}");
        let is_again = matches!(ending, Ending::Exited(111) | Ending::Crashed);
        let two = if is_again { (Stage::Two, true) } else { (Stage::Three, false) };
        assert_eq!(after(Stage::Two, ending), Some(two), "{ending:?}");
        assert_eq!(after(Stage::Three, ending), None, "{ending:?}");
    }
}

#[test]
fn kill_follows_term_after_five_seconds_and_stage_3_comes_even_if_nothing_ends() {
    let two = Pid::new(2).expect("not 0");
    let mut stages = in_stage_2();
    let effects = stages.step(Event::Continue { stop: true }, Instant(1_000));
    assert_eq!(effects, [Effect::ClearStop, Effect::Signal(two, Signal::TERM)]);
    assert_eq!(stages.step(Event::Deadline, Instant(5_999)), []);
    let effects = stages.step(Event::Deadline, Instant(6_000));
    assert_eq!(effects, [Effect::Say(Sentence::NotTerminated(Stage::Two)), Effect::KillGroup(two)]);
    let effects = stages.step(Event::Deadline, Instant(11_000));
    assert_eq!(effects[..2], say(&[Sentence::Leave(Stage::Two), Sentence::Enter(Stage::Three)]));
    assert_eq!(effects[2..], [Effect::Start(Stage::Three)]);
}

#[test]
fn a_stage_1_beyond_its_limit_is_killed_and_stage_3_follows_whether_it_ends_or_not() {
    let one = Pid::new(3).expect("not 0");
    for event in [Event::Exited(one, Ending::Crashed), Event::Deadline] {
        let mut stages = Stages::new(Limits { stage_1: Some(Milliseconds(20_000)), stage_3: None });
        stages.step(Event::Boot, Instant(0));
        stages.step(Event::Started(one), Instant(0));
        let effects = stages.step(Event::Deadline, Instant(20_000));
        assert_eq!(effects, [Effect::Say(Sentence::NotTerminated(Stage::One)), Effect::KillGroup(one)]);
        let effects = stages.step(event, Instant(25_000));
        let sentences = [Sentence::Leave(Stage::One), Sentence::SkippingStage2, Sentence::Enter(Stage::Three)];
        assert_eq!(effects[..3], say(&sentences));
        assert_eq!(effects[3..], [Effect::Start(Stage::Three)]);
    }
}

#[test]
fn a_power_off_that_does_nothing_becomes_a_halt_and_a_restart_is_asked_again() {
    for (restart, first, then) in [(true, End::Restart, End::Restart), (false, End::PowerOff, End::Halt)] {
        let mut stages = in_stage_2();
        stages.step(Event::Reboot(restart), Instant(0));
        let effects = stages.step(Event::StartFailed, Instant(0));
        assert_eq!(effects.last(), Some(&Effect::End(first)));
        assert_eq!(stages.step(Event::Deadline, Instant(1_999)), []);
        assert_eq!(stages.step(Event::Deadline, Instant(2_000)).last(), Some(&Effect::End(then)));
    }
}

#[test]
fn a_disk_that_hangs_holds_the_end_up_for_a_minute_only() {
    let mut stages = in_stage_2();
    assert_eq!(stages.step(Event::Reboot(true), Instant(0)), [Effect::Sync]);
    stages.step(Event::Started(Pid::new(9).expect("not 0")), Instant(0));
    assert_eq!(stages.step(Event::Deadline, Instant(59_999)), []);
    assert_eq!(stages.step(Event::Deadline, Instant(60_000)).last(), Some(&Effect::End(End::Restart)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, at whatever time: the laws hold at each step, and the machine ends.
    #[test]
    fn random_histories_keep_the_laws(
        history in prop::collection::vec((any::<usize>(), 0..8_000_u64, any::<usize>()), 0..100),
        limited in any::<bool>(),
    ) {
        let alphabet = alphabet();
        let mut world = World::boot(limited, ANSWERS[0]);
        for (choice, milliseconds, answers) in history {
            let answers = ANSWERS[answers % ANSWERS.len()];
            world.act(Action::Pass(milliseconds), answers);
            world.act(alphabet[choice % alphabet.len()], answers);
        }
        world.settle(true);
    }
}
