//! The world around process 1: it performs what the machine asks, answers, and holds the laws at each step.

use crate::keys;
use machine::lifecycle::Pid;
use machine::stages::{Effect, End, Ending, Event, Limits, Sentence, Stage, Stages};
use machine::time::{Instant, Milliseconds};
use protocol::control::Signal;

/// Grace between TERM and KILL.
const GRACE: u64 = 5_000;
/// The limit of stage 1 in worlds that have limits.
const STAGE_1_LIMIT: u64 = 20_000;
/// The limit of stage 3 in worlds that have limits.
const STAGE_3_LIMIT: u64 = 300_000;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// Time passes, in milliseconds, and the deadline is looked at.
    Pass(u64),
    /// An event comes, but no answer and no exit.
    Feed(Event),
    /// The process that was started for it ends.
    Exit(What, Ending),
}

/// How the world answers during one action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answers {
    /// Can the system make a process?
    pub(crate) starts: bool,
    /// Are `stopit` and `reboot` set?
    pub(crate) yes: bool,
}

/// What a process was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Stage(Stage),
    Sync,
}

/// How far the system has come; nothing leads back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Progress {
    Off,
    One,
    Two,
    Three,
    /// KILL was sent to all.
    Killed,
    /// The kernel was asked to end the machine.
    Ended,
}

/// Process 1 and its world.
#[derive(Clone, Debug)]
pub(crate) struct World {
    stages: Stages,
    now: Instant,
    limited: bool,
    live: Vec<What>,
    pub(crate) progress: Progress,
    /// When the stage that runs was started.
    entered: Instant,
    /// When TERM was sent to stage 2.
    term: Option<Instant>,
    /// Stage 2 has ended and wants to be started again: its group may be killed.
    is_group_left: bool,
    /// How the machine was asked to end, last.
    end: Option<End>,
    /// The last action asked for a process or for a request file.
    was_asked: bool,
}

/// Each purpose has its process id.
fn pid(what: What) -> Pid {
    let number = match what {
        What::Stage(Stage::One) => 11,
        What::Stage(Stage::Two) => 12,
        What::Stage(Stage::Three) => 13,
        What::Stage(Stage::CtrlAltDel) => 14,
        What::Sync => 15,
    };
    Pid::new(number).expect("not 0")
}

impl World {
    /// Process 1 at its boot; `limited`: stages 1 and 3 have limits.
    pub(crate) fn boot(limited: bool, answers: Answers) -> World {
        let limit = |milliseconds| limited.then_some(Milliseconds(milliseconds));
        let limits = Limits { stage_1: limit(STAGE_1_LIMIT), stage_3: limit(STAGE_3_LIMIT) };
        let now = Instant(1_000_000);
        let mut world = World {
            stages: Stages::new(limits),
            now,
            limited,
            live: Vec::new(),
            progress: Progress::Off,
            entered: now,
            term: None,
            is_group_left: false,
            end: None,
            was_asked: false,
        };
        world.feed(Event::Boot, answers);
        world
    }

    pub(crate) fn key(&self) -> String {
        keys::relative(self, self.now)
    }

    /// Lets something happen; an end of a process that does not live is passed over. Says whether answers mattered.
    pub(crate) fn act(&mut self, action: Action, answers: Answers) -> bool {
        self.was_asked = false;
        match action {
            Action::Pass(milliseconds) => {
                self.now = Instant(self.now.0 + milliseconds);
                self.feed(Event::Deadline, answers);
                assert!(self.stages.deadline().is_none_or(|deadline| deadline > self.now), "it stands still: {self:?}");
            }
            Action::Feed(event) => self.feed(event, answers),
            Action::Exit(what, ending) => {
                if let Some(place) = self.live.iter().position(|live| *live == what) {
                    self.live.swap_remove(place);
                    self.is_group_left = what == What::Stage(Stage::Two) && self.term.is_none();
                    self.feed(Event::Exited(pid(what), ending), answers);
                }
            }
        }
        self.was_asked
    }

    fn feed(&mut self, event: Event, answers: Answers) {
        let is_early = event == Event::Deadline && self.stages.deadline().is_none_or(|deadline| deadline > self.now);
        let before = self.progress;
        let effects = self.stages.step(event, self.now);
        assert!(effects.len() < effects.capacity(), "no room was left for more: {effects:?}");
        assert!(!is_early || effects.is_empty(), "{effects:?} before its time: {self:?}");
        let is_request = matches!(event, Event::Continue { .. } | Event::Interrupt { .. } | Event::PowerFail { .. });
        if is_request && before != Progress::Two {
            assert_eq!(effects.as_slice(), [Effect::Say(Sentence::OnlyInStage2)], "{event:?}: {self:?}");
        } else {
            assert!(!effects.contains(&Effect::Say(Sentence::OnlyInStage2)), "{event:?}: {self:?}");
        }
        let starts = effects.iter().filter(|effect| matches!(effect, Effect::Start(_))).count();
        assert!(starts <= 1, "one answer cannot be told from the other: {effects:?}");
        for effect in effects {
            self.perform(effect, answers);
        }
        assert!(self.stages.deadline().is_some() || self.may_wait_forever(), "nothing is to come: {self:?}");
    }

    /// Stage 1 and stage 2 may last, stage 3 if nobody set a limit, and a machine that was asked to halt.
    fn may_wait_forever(&self) -> bool {
        match self.progress {
            Progress::One => self.live.contains(&What::Stage(Stage::One)) && !self.limited,
            Progress::Two => self.live.contains(&What::Stage(Stage::Two)) && self.term.is_none(),
            Progress::Three => self.live.contains(&What::Stage(Stage::Three)) && !self.limited,
            // The question about `reboot` is being answered.
            Progress::Killed => !self.live.contains(&What::Sync),
            Progress::Ended => self.end == Some(End::Halt),
            Progress::Off => false,
        }
    }

    fn perform(&mut self, effect: Effect, answers: Answers) {
        self.was_asked |= matches!(effect, Effect::Start(_) | Effect::Sync | Effect::AskStop | Effect::AskReboot);
        match effect {
            Effect::Say(Sentence::Enter(stage)) => self.enter(stage),
            Effect::Say(_) => {}
            Effect::Start(stage) => self.start(What::Stage(stage), answers),
            Effect::Signal(its, signal) => {
                assert!(its == pid(What::Stage(Stage::Two)) && signal == Signal::TERM, "{effect:?}: {self:?}");
                assert!(self.live.contains(&What::Stage(Stage::Two)) && self.term.is_none(), "{effect:?}: {self:?}");
                self.term = Some(self.now);
            }
            Effect::KillGroup(its) => self.kill(its),
            Effect::ClearStop => assert_eq!(self.progress, Progress::Two, "{self:?}"),
            Effect::AskStop => self.feed(Event::Continue { stop: answers.yes }, answers),
            Effect::KillAll => {
                self.advance(Progress::Killed);
                self.live.clear();
            }
            Effect::AskReboot => self.feed(Event::Reboot(answers.yes), answers),
            Effect::Sync => {
                assert_eq!((self.progress, self.end), (Progress::Killed, None), "{self:?}");
                self.start(What::Sync, answers);
            }
            Effect::End(end) => self.end_machine(end),
        }
    }

    /// Takes the system one step on, or to the same stage again.
    fn advance(&mut self, to: Progress) {
        assert!(to > self.progress || (to == self.progress && to < Progress::Three), "back to {to:?}: {self:?}");
        self.progress = to;
    }

    fn enter(&mut self, stage: Stage) {
        match stage {
            Stage::One => self.advance(Progress::One),
            Stage::Two => self.advance(Progress::Two),
            // It is entered again only where it could not be started.
            Stage::Three if self.progress == Progress::Three => {}
            Stage::Three => self.advance(Progress::Three),
            Stage::CtrlAltDel => assert_eq!(self.progress, Progress::Two, "{self:?}"),
        }
    }

    fn start(&mut self, what: What, answers: Answers) {
        assert!(!self.live.contains(&what), "{what:?} twice: {self:?}");
        if let What::Stage(stage) = what {
            let is_reached = match stage {
                Stage::One => self.progress == Progress::One,
                Stage::Two | Stage::CtrlAltDel => self.progress == Progress::Two,
                Stage::Three => self.progress == Progress::Three,
            };
            assert!(is_reached, "a start without its sentence: {self:?}");
        }
        if !answers.starts {
            return self.feed(Event::StartFailed, answers);
        }
        if what != What::Stage(Stage::CtrlAltDel) {
            (self.entered, self.term, self.is_group_left) = (self.now, None, false);
        }
        self.live.push(what);
        self.feed(Event::Started(pid(what)), answers);
    }

    /// KILL comes when it is time, or to what a stage 2 that ended has left.
    fn kill(&mut self, its: Pid) {
        let is_over = |since: Option<Instant>, limit| since.is_some_and(|since| self.now.0 >= since.0 + limit);
        let entered = Some(self.entered).filter(|_| self.limited);
        let is_time = match self.progress {
            Progress::One => is_over(entered, STAGE_1_LIMIT) && its == pid(What::Stage(Stage::One)),
            Progress::Two => (is_over(self.term, GRACE) || self.is_group_left) && its == pid(What::Stage(Stage::Two)),
            Progress::Three => is_over(entered, STAGE_3_LIMIT) && its == pid(What::Stage(Stage::Three)),
            Progress::Off | Progress::Killed | Progress::Ended => false,
        };
        assert!(is_time, "{self:?}");
    }

    fn end_machine(&mut self, end: End) {
        let follows = match (self.end, end) {
            (None, End::Restart | End::PowerOff) => self.progress == Progress::Killed,
            (Some(End::Restart), End::Restart) | (Some(End::PowerOff), End::Halt) => true,
            _ => false,
        };
        assert!(follows, "{end:?} after {:?}: {self:?}", self.end);
        self.progress = Progress::Ended;
        self.end = Some(end);
    }

    /// With time, the end comes: where `ends`, stages end by themselves; else nothing ever ends, and a stop is asked.
    pub(crate) fn settle(mut self, ends: bool) {
        let answers = Answers { starts: true, yes: false };
        for _ in 0..40 {
            let live = self.live.first().copied();
            let stop = (self.progress == Progress::Two).then_some(Action::Feed(Event::Continue { stop: true }));
            let ended = live.filter(|_| ends).map(|what| Action::Exit(what, Ending::Exited(0)));
            if let Some(action) = ended.or(stop) {
                self.act(action, answers);
            }
            self.act(Action::Pass(60_000), answers);
            if self.end.is_some_and(|end| end != End::PowerOff) {
                return;
            }
        }
        panic!("the machine never ends: {self:?}");
    }
}
