//! The life of one service, or of its log service: down, run, finish, by what is wanted and what happens.
//!
//! A service is told `up`, `down` or `exit` by its operator ([`Want`]) and is down, in `./run` or in `./finish`
//! ([`State`]). `./run` starts when it is wanted, not sooner than a second after it last started; when it ends, `./finish`
//! runs if there is one, then the service is down, and starts again if `up` is wanted still. Before each start, and before
//! a control letter's signal, the hook of that letter may run; it is the only thing that a letter waits for. `./finish` and
//! a hook have a time limit, after which they are killed.
//!
//! Its one law: a service has one process at most, and none is started while a hook runs. Source: runsv(8).

use crate::time::{Instant, Milliseconds, Now};
use core::mem;
use core::num::NonZeroU32;
use heapless::Vec;
use protocol::control::{Control, Signal};
use protocol::status::{State, Status, Want};

/// The least time between two starts of `./run`: what keeps a service that fails at once from taking the processor.
const BETWEEN_STARTS: Milliseconds = Milliseconds(1_000);
/// How long to wait after the system could not make a process.
const AFTER_FAILED_START: Milliseconds = Milliseconds(5_000);
/// Effects of the event that has most, the end of a hook's time: kill it and `./finish`, TERM, a new status, CONT, the next hook.
const EFFECTS: usize = 6;

/// A process id.
pub type Pid = NonZeroU32;
/// What is to be done, in this order.
pub type Effects = Vec<Effect, EFFECTS>;

/// Which of the two services of a service directory this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The service itself, without a log service.
    Alone,
    /// The service itself, whose output a log service reads.
    Logged,
    /// The log service: no hooks, no `./finish`, deaf to `x`.
    Log,
}

/// How a process ended: the arguments of `./finish`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The exit code, -1 after a signal.
    pub code: i32,
    /// The low byte of the wait status.
    pub byte: u8,
}

/// A program to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// `./run`.
    Run,
    /// `./finish`, told how `./run` ended.
    Finish(Ending),
}

/// What happens to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A letter came, or for `Exit` a TERM. Letters wait in the fifo while [`Lifecycle::is_busy`].
    Control(Control),
    /// The hook ended, or there is none; `handled` if it ran and exited 0.
    HookAnswered {
        /// It did what the signal would do.
        handled: bool,
    },
    /// The hook that was just started may run so long.
    HookLimit(Milliseconds),
    /// The program asked for was started.
    Started(Pid),
    /// The `./finish` that was just started may run so long.
    FinishLimit(Milliseconds),
    /// The system could not make a process for it.
    StartFailed,
    /// The process of the service ended.
    Exited {
        /// How.
        ending: Ending,
        /// Can `./finish` be read?
        has_finish: bool,
    },
    /// [`Lifecycle::deadline`] has come.
    Deadline,
    /// Nobody writes to the log service any more.
    InputClosed,
}

/// What a service asks of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Run the hook of the letter, and answer.
    Hook(Control),
    /// The hook has had its time: say so, kill it and forget it.
    EndHook,
    /// Start the program, and answer.
    Start(Script),
    /// `./finish` has had its time: say so, and kill it.
    EndFinish(Pid),
    /// Send the signal to the process.
    Signal(Pid, Signal),
    /// The status has changed: publish it before waiting.
    Publish,
    /// The service is over: close the pipe to its log service.
    CloseLogPipe,
    /// The service is over.
    Leave,
}

/// What goes on after a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HookFor {
    /// Start `./run`.
    Start,
    /// Send the letter's signal to this process, unless the hook handled it.
    Signal(Control, Pid),
    /// Stop this process for `d` or `x`.
    Stop(Control, Pid),
    /// Nothing: the hook of `d` or `x` itself.
    Nothing,
}

/// One service.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    role: Role,
    /// What its readers are to see; the process in it is that of `./run` or `./finish`.
    status: Status,
    /// The hook that runs.
    hook: Option<HookFor>,
    /// When the hook has had its time.
    hook_ends: Instant,
    /// When `./finish` has had its time.
    finish_ends: Instant,
    /// The program that was asked for and not yet answered.
    starting: Option<Script>,
    /// When to start `./run`, or to try `./finish` again.
    due: Instant,
    /// How the last `./run` ended.
    ending: Ending,
    last_start: Option<Instant>,
    /// `Exit` came while a letter could not be taken.
    exit_asked: bool,
}

impl Lifecycle {
    /// A service that is down, and starts at once if it is wanted up.
    pub fn new(role: Role, want: Want, now: Now) -> Lifecycle {
        Lifecycle {
            role,
            status: Status { since: now.stamp, pid: 0, paused: false, want, got_term: false, state: State::Down },
            hook: None,
            hook_ends: Instant::NEVER,
            finish_ends: Instant::NEVER,
            starting: None,
            due: if want == Want::Up { now.instant } else { Instant::NEVER },
            ending: Ending { code: 0, byte: 0 },
            last_start: None,
            exit_asked: false,
        }
    }

    /// For a new service: its process was started by a supervisor that is no more, as its last status and its process tell.
    pub fn adopt(&mut self, status: Status, now: Now) {
        self.status = status;
        self.due = Instant::NEVER;
        // Nobody knows when it was started: as if just now, so that it never starts twice within a second.
        self.last_start = Some(now.instant);
    }

    /// What its readers are to see.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The process of the service.
    pub fn pid(&self) -> Option<Pid> {
        Pid::new(self.status.pid)
    }

    /// Is `./run` what runs?
    pub fn is_running(&self) -> bool {
        self.status.state == State::Run
    }

    /// Does a hook run? The next control letter waits for it.
    pub fn is_busy(&self) -> bool {
        self.hook.is_some() || self.starting.is_some()
    }

    /// When it wants [`Event::Deadline`].
    pub fn deadline(&self) -> Instant {
        let due = if self.is_busy() { Instant::NEVER } else { self.due };
        due.min(self.hook_ends).min(self.finish_ends)
    }

    /// Answers one event.
    pub fn step(&mut self, event: Event, now: Now) -> Effects {
        let mut effects = Effects::new();
        if self.is_over() {
            return effects;
        }
        match event {
            Event::Control(Control::Exit) if self.is_busy() => self.exit_asked = true,
            // The shell leaves letters in the fifo meanwhile.
            Event::Control(_) if self.is_busy() => {}
            Event::Control(control) => self.control(control, now, &mut effects),
            Event::HookAnswered { handled } => self.hook_answered(handled, now, &mut effects),
            Event::HookLimit(limit) if self.hook.is_some() => self.hook_ends = now.instant.plus(limit),
            Event::Started(pid) => self.started(pid, now, &mut effects),
            Event::FinishLimit(limit) if self.status.state == State::Finish && self.pid().is_some() => {
                self.finish_ends = now.instant.plus(limit);
            }
            // What they are for has ended.
            Event::HookLimit(_) | Event::FinishLimit(_) => {}
            Event::StartFailed => self.start_failed(now, &mut effects),
            Event::Exited { ending, has_finish } => self.exited(ending, has_finish, now, &mut effects),
            Event::Deadline => self.deadline_came(now, &mut effects),
            Event::InputClosed => self.input_closed(&mut effects),
        }
        if self.exit_asked && !self.is_busy() {
            self.exit_asked = false;
            self.control(Control::Exit, now, &mut effects);
        }
        if self.is_over() {
            emit(&mut effects, if self.role == Role::Logged { Effect::CloseLogPipe } else { Effect::Leave });
        }
        effects
    }

    /// Nothing of it lives, and nothing will: it has left, and is deaf from then on.
    fn is_over(&self) -> bool {
        self.status.want == Want::Exit && self.status.state == State::Down && !self.is_busy()
    }

    fn control(&mut self, control: Control, now: Now, effects: &mut Effects) {
        match (control, self.pid().filter(|_| self.is_running())) {
            (Control::Exit, _) if self.role == Role::Log => {}
            (Control::Up | Control::Once, _) => self.want_start(control, now, effects),
            (Control::Down | Control::Exit, process) => self.want_stop(control, process, now, effects),
            (_, Some(pid)) => self.run_hook(control, HookFor::Signal(control, pid), now, effects),
            // A ./finish that hangs can be killed; it is nobody's business otherwise.
            (Control::Kill, None) => {
                if let Some(pid) = self.pid() {
                    emit(effects, Effect::Signal(pid, Signal::KILL));
                }
            }
            (
                Control::Terminate
                | Control::Pause
                | Control::Continue
                | Control::Alarm
                | Control::Hangup
                | Control::Interrupt
                | Control::Quit
                | Control::User1
                | Control::User2,
                None,
            ) => {}
        }
    }

    fn want_start(&mut self, control: Control, now: Now, effects: &mut Effects) {
        if self.has_lost_its_input() {
            return;
        }
        self.status.want = if control == Control::Up { Want::Up } else { Want::Down };
        if self.status.state == State::Down && self.due == Instant::NEVER {
            self.due = self.earliest_start(now);
        }
        emit(effects, Effect::Publish);
    }

    fn want_stop(&mut self, control: Control, process: Option<Pid>, now: Now, effects: &mut Effects) {
        if !self.has_lost_its_input() {
            self.status.want = if control == Control::Exit { Want::Exit } else { Want::Down };
        }
        if self.status.state == State::Down {
            self.due = Instant::NEVER;
        }
        emit(effects, Effect::Publish);
        if let Some(pid) = process {
            self.run_hook(Control::Terminate, HookFor::Stop(control, pid), now, effects);
        }
    }

    /// A log service whose pipe is closed ends for good, whatever letters come.
    fn has_lost_its_input(&self) -> bool {
        self.role == Role::Log && self.status.want == Want::Exit
    }

    /// Runs the hook of a letter; a log service has none, and goes on at once.
    fn run_hook(&mut self, letter: Control, purpose: HookFor, now: Now, effects: &mut Effects) {
        self.hook = Some(purpose);
        if self.role == Role::Log {
            self.hook_answered(false, now, effects);
        } else {
            emit(effects, Effect::Hook(letter));
        }
    }

    fn hook_answered(&mut self, handled: bool, now: Now, effects: &mut Effects) {
        self.hook_ends = Instant::NEVER;
        match self.hook.take() {
            Some(HookFor::Start) if !self.exit_asked && self.status.want != Want::Exit => {
                self.start(Script::Run, effects)
            }
            Some(HookFor::Start | HookFor::Nothing) | None => {}
            Some(HookFor::Signal(control, pid)) => self.signal(control, pid, handled, effects),
            Some(HookFor::Stop(control, pid)) => {
                self.signal(Control::Terminate, pid, handled, effects);
                self.signal(Control::Continue, pid, false, effects);
                if self.role != Role::Log {
                    self.run_hook(control, HookFor::Nothing, now, effects);
                }
            }
        }
    }

    /// Sends a letter's signal, unless it was handled or the process is gone.
    fn signal(&mut self, control: Control, pid: Pid, handled: bool, effects: &mut Effects) {
        let Some(signal) = control.signal().filter(|_| self.pid() == Some(pid)) else { return };
        match control {
            Control::Pause => self.status.paused = true,
            Control::Continue => self.status.paused = false,
            Control::Terminate if !handled => self.status.got_term = true,
            _ => {}
        }
        if !handled {
            emit(effects, Effect::Signal(pid, signal));
        }
        if matches!(control, Control::Pause | Control::Continue | Control::Terminate) {
            emit(effects, Effect::Publish);
        }
    }

    fn start(&mut self, script: Script, effects: &mut Effects) {
        self.starting = Some(script);
        emit(effects, Effect::Start(script));
    }

    fn started(&mut self, pid: Pid, now: Now, effects: &mut Effects) {
        match self.starting.take() {
            Some(Script::Run) => {
                self.status.state = State::Run;
                self.status.since = now.stamp;
                self.last_start = Some(now.instant);
                self.status.paused = false;
            }
            Some(Script::Finish(_)) => self.status.state = State::Finish,
            // Nothing was asked for: the process is nobody's.
            None => return,
        }
        self.status.pid = pid.get();
        emit(effects, Effect::Publish);
    }

    fn start_failed(&mut self, now: Now, effects: &mut Effects) {
        if self.starting.take().is_some() {
            // The process whose ./finish this is has ended, and is not to be read any more.
            emit(effects, Effect::Publish);
            self.due = now.instant.plus(AFTER_FAILED_START);
        }
    }

    fn exited(&mut self, ending: Ending, has_finish: bool, now: Now, effects: &mut Effects) {
        match (self.status.state, Pid::new(mem::take(&mut self.status.pid))) {
            (_, None) => {}
            (State::Run, Some(_)) if has_finish && self.role != Role::Log => {
                self.forget_process();
                self.status.state = State::Finish;
                self.ending = ending;
                self.start(Script::Finish(ending), effects);
            }
            (State::Run | State::Finish | State::Down, Some(_)) => self.become_down(now, effects),
        }
    }

    fn become_down(&mut self, now: Now, effects: &mut Effects) {
        self.forget_process();
        self.status.state = State::Down;
        self.status.since = now.stamp;
        self.due = if self.status.want == Want::Up { self.earliest_start(now) } else { Instant::NEVER };
        emit(effects, Effect::Publish);
    }

    fn forget_process(&mut self) {
        self.finish_ends = Instant::NEVER;
        self.status.paused = false;
        self.status.got_term = false;
    }

    fn deadline_came(&mut self, now: Now, effects: &mut Effects) {
        if self.finish_ends.take_if_come(now.instant)
            && let Some(pid) = self.pid()
        {
            emit(effects, Effect::EndFinish(pid));
        }
        if self.hook_ends.take_if_come(now.instant) {
            emit(effects, Effect::EndHook);
            self.hook_answered(false, now, effects);
        }
        if self.is_busy() || !self.due.take_if_come(now.instant) {
            return;
        }
        match (self.status.state, self.pid()) {
            (State::Down, None) => self.run_hook(Control::Up, HookFor::Start, now, effects),
            (State::Finish, None) => self.start(Script::Finish(self.ending), effects),
            (State::Down | State::Run | State::Finish, _) => {}
        }
    }

    fn input_closed(&mut self, effects: &mut Effects) {
        self.status.want = Want::Exit;
        self.due = Instant::NEVER;
        emit(effects, Effect::Publish);
    }

    fn earliest_start(&self, now: Now) -> Instant {
        self.last_start.map_or(now.instant, |start| start.plus(BETWEEN_STARTS).max(now.instant))
    }
}

/// Adds an effect; a second `Publish` of one event is the first. The capacity holds every event's effects, which a test
/// over all of them holds.
fn emit(effects: &mut Effects, effect: Effect) {
    if effect != Effect::Publish || !effects.iter().any(|earlier| matches!(earlier, Effect::Publish)) {
        let _ = effects.push(effect);
    }
}
