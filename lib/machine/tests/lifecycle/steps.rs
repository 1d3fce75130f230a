//! Single steps by name: what each letter asks in each state, word for word.

use machine::lifecycle::{Ending, Event, Lifecycle, Pid, Role, Script};
use machine::time::{Instant, Milliseconds, Now};
use protocol::control::Control;
use protocol::status::{State, Want};
use protocol::tai64n::Tai64n;

const PID: Pid = Pid::new(7).unwrap();
const FINISH: Pid = Pid::new(8).unwrap();
const CRASH: Ending = Ending { code: None, byte: 11 };

fn at(milliseconds: u64) -> Now {
    Now { instant: Instant(milliseconds), stamp: Tai64n::from_unix(milliseconds.cast_signed(), 0) }
}

/// What comes of an event, for a list that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// Its readers see another status than before.
    Publish,
    FinishLate,
    HookLate,
    Signal(Control),
    Start(Script),
    /// It is over from now on.
    Over,
}

use Answer::{FinishLate, HookLate, Over, Publish, Signal, Start};

fn step(life: &mut Lifecycle, event: Event, milliseconds: u64) -> Vec<Answer> {
    let (before, was_over) = (*life.status(), life.is_over());
    let effects = life.step(event, at(milliseconds));
    let answers = [
        (before != *life.status()).then_some(Publish),
        effects.is_finish_late.then_some(FinishLate),
        effects.is_hook_late.then_some(HookLate),
        effects.signal.map(Signal),
        effects.is_continued.then_some(Signal(Control::Continue)),
        effects.start.map(Start),
        (life.is_over() && !was_over).then_some(Over),
    ];
    answers.into_iter().flatten().collect()
}

/// The answer that asks for the hook of a letter.
fn hook(letter: Control) -> Answer {
    Start(Script::Hook(letter))
}

/// A service that was started at 0 and runs.
fn running(role: Role) -> Lifecycle {
    let mut life = Lifecycle::new(role, Want::Up, at(0));
    if role != Role::Log {
        assert_eq!(step(&mut life, Event::Deadline, 0), [hook(Control::Up)]);
        assert_eq!(step(&mut life, Event::HookAnswered { handled: true }, 0), [Start(Script::Run)]);
    } else {
        assert_eq!(step(&mut life, Event::Deadline, 0), [Start(Script::Run)]);
    }
    assert_eq!(step(&mut life, Event::Started(PID), 0), [Publish]);
    life
}

/// A service in `./finish`.
fn finishing() -> Lifecycle {
    let mut life = running(Role::Alone);
    let ended = Event::Exited { ending: CRASH, has_finish: true };
    assert_eq!(step(&mut life, ended, 10), [Publish, Start(Script::Finish)]);
    assert_eq!(life.ending(), CRASH);
    assert_eq!(step(&mut life, Event::Started(FINISH), 10), [Publish]);
    life
}

#[test]
fn a_stop_sends_term_then_cont_and_runs_both_hooks() {
    for (letter, want) in [(Control::Down, Want::Down), (Control::Exit, Want::Exit)] {
        let mut life = running(Role::Alone);
        assert_eq!(step(&mut life, Event::Control(letter), 5), [Publish, hook(Control::Terminate)]);
        assert_eq!(life.status().want, want);
        let effects = step(&mut life, Event::HookAnswered { handled: false }, 5);
        assert_eq!(effects, [Publish, Signal(Control::Terminate), Signal(Control::Continue), hook(letter)]);
        assert!(life.status().got_term);
        assert_eq!(step(&mut life, Event::HookAnswered { handled: true }, 5), []);
    }
}

#[test]
fn a_hook_that_handles_the_term_leaves_only_cont() {
    let mut life = running(Role::Alone);
    step(&mut life, Event::Control(Control::Down), 5);
    let effects = step(&mut life, Event::HookAnswered { handled: true }, 5);
    assert_eq!(effects, [Signal(Control::Continue), hook(Control::Down)]);
    assert!(!life.status().got_term);
}

#[test]
fn each_letter_sends_its_signal_unless_its_hook_did() {
    for letter in Control::ALL {
        if letter.signal().is_none() {
            continue;
        }
        for handled in [false, true] {
            let mut life = running(Role::Logged);
            assert_eq!(step(&mut life, Event::Control(letter), 5), [hook(letter)]);
            let effects = step(&mut life, Event::HookAnswered { handled }, 5);
            assert_eq!(effects.contains(&Signal(letter)), !handled, "{letter:?}");
            assert_eq!(life.status().paused, letter == Control::Pause);
            assert_eq!(life.status().got_term, letter == Control::Terminate && !handled);
        }
    }
}

#[test]
fn a_signal_letter_reaches_neither_a_down_service_nor_its_finish_but_k_ends_a_finish() {
    for letter in Control::ALL.into_iter().filter(|letter| letter.signal().is_some()) {
        let mut down = Lifecycle::new(Role::Alone, Want::Down, at(0));
        assert_eq!(step(&mut down, Event::Control(letter), 5), []);
        let expected = if letter == Control::Kill { vec![Signal(Control::Kill)] } else { vec![] };
        assert_eq!(step(&mut finishing(), Event::Control(letter), 20), expected, "{letter:?}");
    }
}

#[test]
fn the_next_run_waits_for_finish_and_for_its_second() {
    let mut life = finishing();
    let ended = Event::Exited { ending: Ending { code: Some(0), byte: 0 }, has_finish: true };
    assert_eq!(step(&mut life, ended, 300), [Publish]);
    assert_eq!((life.status().state, life.deadline()), (State::Down, Instant(1_000)));
    assert_eq!(life.status().since, at(300).stamp);
    assert_eq!(step(&mut life, Event::Deadline, 999), []);
    assert_eq!(step(&mut life, Event::Deadline, 1_000), [hook(Control::Up)]);
}

#[test]
fn a_letter_is_answered_while_the_restart_waits_for_its_second() {
    let mut life = running(Role::Alone);
    step(&mut life, Event::Exited { ending: CRASH, has_finish: false }, 10);
    assert_eq!(step(&mut life, Event::Control(Control::Down), 20), [Publish]);
    assert_eq!((life.status().want, life.deadline()), (Want::Down, Instant::NEVER));
}

#[test]
fn a_service_that_cannot_be_started_is_tried_again_after_five_seconds() {
    let mut life = Lifecycle::new(Role::Log, Want::Up, at(0));
    step(&mut life, Event::Deadline, 0);
    step(&mut life, Event::StartFailed, 0);
    assert_eq!(life.deadline(), Instant(5_000));
    let mut life = running(Role::Alone);
    step(&mut life, Event::Exited { ending: CRASH, has_finish: true }, 10);
    step(&mut life, Event::StartFailed, 10);
    assert_eq!((life.status().state, life.deadline()), (State::Finish, Instant(5_010)));
    assert_eq!(step(&mut life, Event::Deadline, 5_010), [Start(Script::Finish)]);
    assert_eq!(life.ending(), CRASH);
}

#[test]
fn a_term_during_the_hook_of_a_start_ends_the_service_without_the_start() {
    for role in [Role::Alone, Role::Logged] {
        let mut life = Lifecycle::new(role, Want::Up, at(0));
        step(&mut life, Event::Deadline, 0);
        assert_eq!(step(&mut life, Event::Control(Control::Exit), 1), []);
        assert_eq!(step(&mut life, Event::HookAnswered { handled: false }, 2), [Publish, Over]);
    }
}

#[test]
fn an_exiting_service_whose_process_ends_during_a_hook_still_leaves() {
    let mut life = running(Role::Alone);
    step(&mut life, Event::Control(Control::Exit), 1);
    step(&mut life, Event::HookAnswered { handled: false }, 1);
    step(&mut life, Event::HookAnswered { handled: false }, 1);
    assert_eq!(step(&mut life, Event::Control(Control::Alarm), 2), [hook(Control::Alarm)]);
    assert_eq!(step(&mut life, Event::Exited { ending: CRASH, has_finish: false }, 3), [Publish]);
    assert_eq!(step(&mut life, Event::HookAnswered { handled: false }, 4), [Over]);
}

#[test]
fn a_service_whose_pipe_is_closed_does_not_come_back() {
    let mut life = Lifecycle::new(Role::Logged, Want::Down, at(0));
    assert_eq!(step(&mut life, Event::Control(Control::Exit), 1), [Publish, Over]);
    for letter in Control::ALL {
        assert_eq!(step(&mut life, Event::Control(letter), 2), [], "{letter:?}");
    }
    assert_eq!(life.deadline(), Instant::NEVER);
}

#[test]
fn a_log_service_is_deaf_to_x_and_leaves_when_its_input_is_closed_and_its_process_gone() {
    let mut life = running(Role::Log);
    assert_eq!(step(&mut life, Event::Control(Control::Exit), 1), []);
    assert_eq!(step(&mut life, Event::InputClosed, 2), [Publish]);
    assert_eq!(step(&mut life, Event::Control(Control::Up), 2), []);
    let ended = Event::Exited { ending: Ending { code: Some(0), byte: 0 }, has_finish: true };
    assert_eq!(step(&mut life, ended, 3), [Publish, Over]);
}

#[test]
fn a_hook_that_has_had_its_time_is_ended_and_has_handled_nothing() {
    let mut life = running(Role::Alone);
    assert_eq!(step(&mut life, Event::Control(Control::Hangup), 5), [hook(Control::Hangup)]);
    assert_eq!(step(&mut life, Event::HookLimit(Milliseconds(100)), 5), []);
    assert_eq!(life.deadline(), Instant(105));
    assert_eq!(step(&mut life, Event::Deadline, 104), []);
    assert_eq!(step(&mut life, Event::Deadline, 105), [HookLate, Signal(Control::Hangup)]);
    assert_eq!((life.is_busy(), life.deadline()), (false, Instant::NEVER));
}

#[test]
fn a_finish_that_has_had_its_time_is_killed_once_and_waited_for() {
    let mut life = finishing();
    assert_eq!(step(&mut life, Event::FinishLimit(Milliseconds(100)), 10), []);
    assert_eq!(step(&mut life, Event::Deadline, 109), []);
    assert_eq!(step(&mut life, Event::Deadline, 110), [FinishLate, Signal(Control::Kill)]);
    assert_eq!((life.status().state, life.deadline()), (State::Finish, Instant::NEVER));
    let ended = Event::Exited { ending: CRASH, has_finish: true };
    assert_eq!(step(&mut life, ended, 111), [Publish]);
    assert_eq!(life.status().state, State::Down);
}

#[test]
fn an_adopted_process_goes_on_as_its_status_says() {
    let mut before = running(Role::Alone);
    step(&mut before, Event::Control(Control::Down), 5);
    step(&mut before, Event::HookAnswered { handled: false }, 5);
    step(&mut before, Event::HookAnswered { handled: false }, 5);
    let mut life = Lifecycle::new(Role::Alone, Want::Up, at(400));
    life.adopt(*before.status(), at(400));
    assert_eq!((life.status(), life.deadline()), (before.status(), Instant::NEVER));
    assert!(life.status().got_term);
    let ended = Event::Exited { ending: CRASH, has_finish: true };
    assert_eq!(step(&mut life, ended, 410), [Publish, Start(Script::Finish)]);
    assert_eq!(life.ending(), CRASH);
    assert_eq!(step(&mut life, Event::Started(FINISH), 410), [Publish]);
    assert_eq!(step(&mut life, ended, 420), [Publish]);
    assert_eq!((life.status().state, life.deadline()), (State::Down, Instant::NEVER), "it was wanted down");
}

#[test]
fn an_adopted_process_is_started_again_a_second_after_it_was_found() {
    let mut life = Lifecycle::new(Role::Alone, Want::Up, at(400));
    life.adopt(*running(Role::Alone).status(), at(400));
    step(&mut life, Event::Exited { ending: CRASH, has_finish: false }, 410);
    assert_eq!(life.deadline(), Instant(1_400));
}
