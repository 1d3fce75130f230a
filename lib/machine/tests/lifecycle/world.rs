//! The world around one service: it performs what the machine asks, answers, and holds the laws at each step.

use crate::keys;
use machine::lifecycle::{Effects, Ending, Event, Lifecycle, Pid, Role, Script};
use machine::time::{Instant, Now};
use protocol::control::Control;
use protocol::status::{State, Want};
use protocol::tai64n::Tai64n;

/// Milliseconds between two starts of `./run`.
const BETWEEN_STARTS: u64 = 1_000;
/// Process ids are used again after this many: a machine can know those of `./run` and of its `./finish` at a time.
const PIDS: u32 = 2;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// Time passes, in milliseconds, and the deadline is looked at.
    Pass(u64),
    /// An event comes, be it one that cannot come now.
    Feed(Event),
}

/// What the operator asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Up,
    /// One start, then down.
    Once,
    Down,
    Exit,
}

/// One service and its world.
#[derive(Clone, Debug)]
pub(crate) struct World {
    life: Lifecycle,
    role: Role,
    now: Instant,
    live: Option<(Pid, Script)>,
    last_pid: u32,
    hook: Option<Control>,
    /// The hook, or `./finish`, was given a time limit.
    limited: [bool; 2],
    /// A start was asked for and not answered yet.
    is_start_asked: bool,
    /// One was asked for by the last action.
    was_start_asked: bool,
    /// When `./run` was last started.
    started: Option<Instant>,
    intent: Intent,
    /// The end of a `./run` whose `./finish` has not been started yet.
    owed: Option<Ending>,
    /// The pipe to the log service is closed.
    lost_input: bool,
    is_over: bool,
    /// Do stamps move? Not in a search, where they would make every configuration a new one.
    has_stamps: bool,
}

impl World {
    pub(crate) fn new(role: Role, want: Want, has_stamps: bool) -> World {
        let now = Instant(1_000_000);
        let life = Lifecycle::new(role, want, Now { instant: now, stamp: Tai64n::from_unix(0, 0) });
        let intent = if want == Want::Up { Intent::Up } else { Intent::Down };
        let (owed, started) = (None, None);
        World {
            life,
            role,
            now,
            live: None,
            last_pid: 0,
            hook: None,
            limited: [false; 2],
            is_start_asked: false,
            was_start_asked: false,
            started,
            intent,
            owed,
            lost_input: false,
            is_over: false,
            has_stamps,
        }
    }

    pub(crate) fn key(&self) -> String {
        keys::relative(self, self.now)
    }

    /// The configuration as its readers see it, with whether something is in flight.
    pub(crate) fn triple(&self) -> (State, Want, bool) {
        let status = self.life.status();
        (status.state, status.want, self.hook.is_some())
    }

    /// Lets something happen; `starts`: can the system make a process? Says whether one was asked for.
    pub(crate) fn act(&mut self, action: Action, starts: bool) -> bool {
        self.was_start_asked = false;
        match action {
            Action::Pass(milliseconds) => {
                self.now = Instant(self.now.0 + milliseconds);
                self.feed(Event::Deadline, starts);
            }
            Action::Feed(event) => self.feed(event, starts),
        }
        self.was_start_asked
    }

    fn feed(&mut self, event: Event, starts: bool) {
        let seconds = if self.has_stamps { self.now.0.cast_signed() } else { 0 };
        let now = Now { instant: self.now, stamp: Tai64n::from_unix(seconds, 0) };
        let is_possible = self.is_possible(event);
        let before = self.life.clone();
        let effects = self.life.step(event, now);
        if !is_possible {
            assert_eq!(effects, Effects::default(), "{event:?} cannot come, and asks: {self:?}");
            assert_eq!(format!("{before:?}"), format!("{:?}", self.life), "{event:?} cannot come, and changes");
            return;
        }
        self.account(event, &before);
        self.perform(effects, starts);
        self.check();
    }

    /// Can the event come now? One that cannot must do nothing.
    fn is_possible(&self, event: Event) -> bool {
        !self.is_over
            && match event {
                Event::Control(Control::Exit) => self.role != Role::Log,
                Event::Control(_) => self.hook.is_none(),
                Event::HookAnswered { .. } | Event::HookLimit(_) => self.hook.is_some(),
                Event::FinishLimit(_) => self.has_finish(),
                Event::Started(_) | Event::StartFailed => self.is_start_asked,
                Event::Exited { .. } => self.live.is_some(),
                Event::Deadline => self.life.deadline() <= self.now,
                Event::InputClosed => true,
            }
    }

    fn has_finish(&self) -> bool {
        matches!(self.live, Some((_, Script::Finish)))
    }

    /// Notes what an event means for the world and for what is wanted.
    fn account(&mut self, event: Event, before: &Lifecycle) {
        match event {
            Event::Control(Control::Exit) => self.intent = Intent::Exit,
            Event::Control(Control::Up | Control::Once | Control::Down) if self.lost_input => {}
            Event::Control(Control::Up) => self.intent = Intent::Up,
            Event::Control(Control::Once) if before.status().state == State::Down => self.intent = Intent::Once,
            Event::Control(Control::Once | Control::Down) => self.intent = Intent::Down,
            Event::Control(_) | Event::Deadline => {}
            Event::Started(_) | Event::StartFailed => self.is_start_asked = false,
            Event::HookAnswered { .. } => (self.hook, self.limited[0]) = (None, false),
            Event::HookLimit(_) => self.limited[0] = true,
            Event::FinishLimit(_) => self.limited[1] = true,
            Event::Exited { ending, has_finish } => {
                let ended = self.live.take();
                self.limited[1] = false;
                let was_run = ended.is_some_and(|(_, script)| script == Script::Run);
                self.owed = (was_run && has_finish && self.role != Role::Log).then_some(ending);
            }
            Event::InputClosed => (self.intent, self.lost_input) = (Intent::Exit, true),
        }
    }

    fn perform(&mut self, effects: Effects, starts: bool) {
        if effects.is_finish_late {
            let is_killed = effects.signal == Some(Control::Kill);
            assert!(self.has_finish() && self.limited[1] && is_killed, "{effects:?}: {self:?}");
            self.limited[1] = false;
        }
        if effects.is_hook_late {
            assert!(self.hook.is_some() && self.limited[0], "{effects:?}: {self:?}");
            (self.hook, self.limited[0]) = (None, false);
        }
        if effects.signal.is_some() || effects.is_continued {
            let is_signal = effects.signal.is_none_or(|letter| letter.signal().is_some());
            let live = self.live.map(|(live, _)| live);
            assert!(is_signal && live.is_some() && live == self.life.pid(), "{effects:?}: {self:?}");
        }
        if self.life.is_over() {
            let is_idle = self.live.is_none() && self.hook.is_none() && self.owed.is_none();
            assert!(self.intent == Intent::Exit && is_idle && effects.start.is_none(), "{effects:?}: {self:?}");
            self.is_over = true;
        }
        match effects.start {
            Some(Script::Hook(control)) => {
                assert!(self.hook.is_none() && self.role != Role::Log, "{effects:?}: {self:?}");
                assert!(self.live.is_none() || control != Control::Up, "{effects:?}: {self:?}");
                self.hook = Some(control);
            }
            Some(script) => self.start(script, starts),
            None => {}
        }
    }

    fn start(&mut self, script: Script, starts: bool) {
        assert!(self.live.is_none(), "two live processes: {self:?}");
        if script == Script::Run {
            assert!(matches!(self.intent, Intent::Up | Intent::Once) && self.owed.is_none(), "{self:?}");
            assert!(self.hook.is_none(), "a start while a hook runs: {self:?}");
            let early = self.started.is_some_and(|last| self.now.0 < last.0 + BETWEEN_STARTS);
            assert!(!early, "two starts within a second: {self:?}");
        } else {
            assert_eq!(self.owed, Some(self.life.ending()), "{self:?}");
        }
        (self.is_start_asked, self.was_start_asked) = (true, true);
        if !starts {
            return self.feed(Event::StartFailed, starts);
        }
        self.last_pid = self.last_pid % PIDS + 1;
        let pid = Pid::new(self.last_pid).expect("not 0");
        self.live = Some((pid, script));
        if script == Script::Run {
            self.started = Some(self.now);
            if self.intent == Intent::Once {
                self.intent = Intent::Down;
            }
        } else {
            self.owed = None;
        }
        self.feed(Event::Started(pid), starts);
    }

    /// What holds whenever nothing is being performed.
    fn check(&self) {
        let status = self.life.status();
        assert_eq!(status.pid, self.live.map_or(0, |(pid, _)| pid.get()), "{self:?}");
        let state = match self.live {
            Some((_, Script::Run)) => State::Run,
            Some((_, Script::Finish)) => State::Finish,
            Some((_, Script::Hook(_))) => panic!("a hook is not the service's process: {self:?}"),
            None if self.owed.is_some() => State::Finish,
            None => State::Down,
        };
        assert_eq!(status.state, state, "{self:?}");
        assert_eq!(self.life.is_busy(), self.hook.is_some(), "{self:?}");
        let want = match self.intent {
            Intent::Up => Want::Up,
            Intent::Once | Intent::Down => Want::Down,
            Intent::Exit => Want::Exit,
        };
        let is_held = self.intent == Intent::Exit && self.hook.is_some();
        assert!(status.want == want || is_held, "{self:?}");
        let is_idle = self.live.is_none() && self.hook.is_none();
        let is_due = matches!(self.intent, Intent::Up | Intent::Once) || self.owed.is_some();
        let waits = is_idle && is_due || self.limited.contains(&true);
        assert_eq!(self.life.deadline() != Instant::NEVER, waits, "it waits for nothing, or in vain: {self:?}");
        assert_eq!(self.is_over, is_idle && self.owed.is_none() && self.intent == Intent::Exit, "{self:?}");
    }

    /// With a world that answers and lets every process end, what was asked comes about.
    pub(crate) fn settle(mut self) {
        let mut ran = self.live.is_some_and(|(_, script)| script == Script::Run);
        for _ in 0..8 {
            if self.hook.is_some() {
                self.feed(Event::HookAnswered { handled: false }, true);
            } else if self.live.is_some() {
                let ending = Ending { code: Some(0), byte: 0 };
                self.feed(Event::Exited { ending, has_finish: false }, true);
            } else {
                self.act(Action::Pass(5_000), true);
            }
            ran |= self.live.is_some_and(|(_, script)| script == Script::Run);
        }
        match self.intent {
            Intent::Up => assert!(ran, "it is wanted up and never runs: {self:?}"),
            Intent::Once => panic!("it is wanted once and never runs: {self:?}"),
            Intent::Down => assert!(self.live.is_none(), "it is wanted down and never is: {self:?}"),
            Intent::Exit => assert!(self.is_over, "it is to exit and never does: {self:?}"),
        }
    }
}
