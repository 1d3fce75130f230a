//! The life of one service, or of its log service: down, run, finish, by what is wanted and what happens.
//!
//! A service is told `up`, `down` or `exit` by its operator ([`Want`]) and is down, in `./run` or in `./finish`
//! ([`State`]). `./run` starts when it is wanted, not sooner than a second after it last started; when it ends, `./finish`
//! runs if there is one, then the service is down, and starts again if `up` is wanted still. Before each start, and before
//! a control letter's signal, the hook of that letter may run; it is the only thing that a letter waits for. `./finish` and
//! a hook have a time limit, after which they are killed.
//!
//! Its one law: a service has one process at most, and no `./run` is started while a hook runs. Source: runsv(8).

use crate::time::{Instant, Milliseconds, Now};
use core::mem;
use protocol::control::Control;
use protocol::status::{State, Status, Want};

mod events;

pub use events::{Effects, Ending, Event, Pid, Role, Script};

/// The least time between two starts of `./run`: what keeps a service that fails at once from taking the processor.
const BETWEEN_STARTS: Milliseconds = Milliseconds(1_000);
/// How long to wait after the system could not make a process.
const AFTER_FAILED_START: Milliseconds = Milliseconds(5_000);

/// One service.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    role: Role,
    /// What its readers are to see; the process in it is that of `./run` or `./finish`.
    status: Status,
    /// The letter whose hook runs: `u` before a start.
    hook: Option<Control>,
    /// The hook that follows the `t` of a stop: `d` or `x`.
    next_hook: Option<Control>,
    /// The process that the letter of the hook is for; it may have ended meanwhile.
    hook_process: u32,
    /// When the hook has had its time.
    hook_ends: Instant,
    /// When `./finish` has had its time.
    finish_ends: Instant,
    /// `./run`, or in its state `./finish`, was asked for, and that is not answered yet.
    is_starting: bool,
    /// When to start `./run`, or to try `./finish` again.
    due: Instant,
    /// How the last `./run` ended.
    ending: Ending,
    /// A second after the last start of `./run`.
    earliest_start: Instant,
    /// `Exit` came while a letter could not be taken.
    exit_asked: bool,
    /// What the event that is being answered asks for.
    effects: Effects,
}

impl Lifecycle {
    /// A service that is down, and starts at once if it is wanted up.
    pub fn new(role: Role, want: Want, now: Now) -> Lifecycle {
        Lifecycle {
            role,
            status: Status { since: now.stamp, pid: 0, paused: false, want, got_term: false, state: State::Down },
            hook: None,
            next_hook: None,
            hook_process: 0,
            hook_ends: Instant::NEVER,
            finish_ends: Instant::NEVER,
            is_starting: false,
            due: if want == Want::Up { now.instant } else { Instant::NEVER },
            ending: Ending { code: None, byte: 0 },
            earliest_start: now.instant,
            exit_asked: false,
            effects: Effects::default(),
        }
    }

    /// For a new service: its process was started by a supervisor that is no more, as its last status and its process tell.
    pub fn adopt(&mut self, status: Status, now: Now) {
        self.status = status;
        self.due = Instant::NEVER;
        // Nobody knows when it was started: as if just now, so that it never starts twice within a second.
        self.earliest_start = now.instant.plus(BETWEEN_STARTS);
    }

    /// What its readers are to see.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The process of the service.
    pub fn pid(&self) -> Option<Pid> {
        Pid::new(self.status.pid)
    }

    /// How the last `./run` ended.
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Is `./run` what runs?
    pub fn is_running(&self) -> bool {
        self.status.state == State::Run
    }

    /// Does a hook run? The next control letter waits for it.
    pub fn is_busy(&self) -> bool {
        self.hook.is_some() || self.is_starting
    }

    /// Nothing of it lives, and nothing will: it is deaf from then on. What is left is to close the pipe to its log service, or
    /// else to leave.
    pub fn is_over(&self) -> bool {
        self.status.want == Want::Exit && self.status.state == State::Down && !self.is_busy()
    }

    /// When it wants [`Event::Deadline`].
    pub fn deadline(&self) -> Instant {
        let due = if self.is_busy() { Instant::NEVER } else { self.due };
        due.min(self.hook_ends).min(self.finish_ends)
    }

    /// Answers one event.
    pub fn step(&mut self, event: Event, now: Now) -> Effects {
        if self.is_over() {
            return Effects::default();
        }
        match event {
            Event::Control(Control::Exit) if self.is_busy() => self.exit_asked = true,
            // The shell leaves letters in the fifo meanwhile.
            Event::Control(_) if self.is_busy() => {}
            Event::Control(control) => self.control(control),
            Event::HookAnswered { handled } => self.hook_answered(handled),
            Event::HookLimit(limit) if self.hook.is_some() => self.hook_ends = now.instant.plus(limit),
            Event::Started(pid) => self.started(pid, now),
            Event::FinishLimit(limit) if self.status.state == State::Finish && self.status.pid != 0 => {
                self.finish_ends = now.instant.plus(limit);
            }
            // What they are for has ended.
            Event::HookLimit(_) | Event::FinishLimit(_) => {}
            Event::StartFailed => {
                if mem::take(&mut self.is_starting) {
                    self.due = now.instant.plus(AFTER_FAILED_START);
                }
            }
            Event::Exited { ending, has_finish } => self.exited(ending, has_finish, now),
            Event::Deadline => self.deadline_came(now.instant),
            Event::InputClosed => {
                self.status.want = Want::Exit;
                self.due = Instant::NEVER;
            }
        }
        if self.exit_asked && !self.is_busy() {
            self.exit_asked = false;
            self.control(Control::Exit);
        }
        mem::take(&mut self.effects)
    }

    #[inline(never)]
    fn control(&mut self, control: Control) {
        let is_running = self.is_running();
        match control {
            Control::Exit if self.role == Role::Log => {}
            Control::Up | Control::Once => {
                let is_due = self.status.state == State::Down && self.due == Instant::NEVER;
                if self.set_want(if control == Control::Up { Want::Up } else { Want::Down }) && is_due {
                    self.due = self.earliest_start;
                }
            }
            Control::Down | Control::Exit => {
                self.set_want(if control == Control::Exit { Want::Exit } else { Want::Down });
                if self.status.state == State::Down {
                    self.due = Instant::NEVER;
                }
                if is_running {
                    self.next_hook = Some(control);
                    self.run_hook(Control::Terminate);
                }
            }
            _ if is_running => self.run_hook(control),
            // A ./finish that hangs can be killed; it is nobody's business otherwise.
            Control::Kill if self.status.pid != 0 => self.effects.signal = Some(control),
            _ => {}
        }
    }

    /// False for a log service whose pipe is closed: it ends for good, whatever letters come.
    fn set_want(&mut self, want: Want) -> bool {
        let has_input = self.role != Role::Log || self.status.want != Want::Exit;
        if has_input {
            self.status.want = want;
        }
        has_input
    }

    /// Runs the hook of a letter; a log service has none, and goes on at once.
    fn run_hook(&mut self, letter: Control) {
        self.hook = Some(letter);
        self.hook_process = self.status.pid;
        if self.role == Role::Log {
            self.hook_answered(false);
        } else {
            self.effects.start = Some(Script::Hook(letter));
        }
    }

    #[inline(never)]
    fn hook_answered(&mut self, handled: bool) {
        self.hook_ends = Instant::NEVER;
        match self.hook.take() {
            Some(Control::Up) if !self.exit_asked && self.status.want != Want::Exit => self.start(Script::Run),
            Some(Control::Up | Control::Once | Control::Down | Control::Exit) | None => {}
            Some(letter) => {
                let stop = self.next_hook.take();
                if self.hook_process == self.status.pid {
                    self.signal(letter, handled, stop.is_some());
                }
                if let Some(stop) = stop.filter(|_| self.role != Role::Log) {
                    self.run_hook(stop);
                }
            }
        }
    }

    /// Sends a letter's signal, unless it was handled; and CONT behind that of a stop.
    fn signal(&mut self, letter: Control, handled: bool, is_stop: bool) {
        if !handled {
            self.effects.signal = Some(letter);
            self.status.got_term |= letter == Control::Terminate;
        }
        if letter == Control::Pause {
            self.status.paused = true;
        }
        if is_stop || letter == Control::Continue {
            self.status.paused = false;
        }
        self.effects.is_continued = is_stop;
    }

    fn start(&mut self, script: Script) {
        self.is_starting = true;
        self.effects.start = Some(script);
    }

    fn started(&mut self, pid: Pid, now: Now) {
        if !mem::take(&mut self.is_starting) {
            // Nothing was asked for: the process is nobody's.
            return;
        }
        self.status.pid = pid.get();
        if self.status.state == State::Down {
            self.status.state = State::Run;
            self.status.since = now.stamp;
            self.status.paused = false;
            self.earliest_start = now.instant.plus(BETWEEN_STARTS);
        }
    }

    fn exited(&mut self, ending: Ending, has_finish: bool, now: Now) {
        if mem::take(&mut self.status.pid) == 0 {
            return;
        }
        self.finish_ends = Instant::NEVER;
        self.status.paused = false;
        self.status.got_term = false;
        if self.is_running() && has_finish && self.role != Role::Log {
            self.status.state = State::Finish;
            self.ending = ending;
            self.start(Script::Finish);
        } else {
            self.status.state = State::Down;
            self.status.since = now.stamp;
            self.due = if self.status.want == Want::Up { self.earliest_start } else { Instant::NEVER };
        }
    }

    fn deadline_came(&mut self, now: Instant) {
        if self.finish_ends.take_if_come(now) {
            self.effects.is_finish_late = true;
            self.effects.signal = Some(Control::Kill);
        }
        if self.hook_ends.take_if_come(now) {
            self.effects.is_hook_late = true;
            self.hook_answered(false);
        }
        if !self.is_busy() && self.due.take_if_come(now) && self.status.pid == 0 {
            match self.status.state {
                State::Finish => self.start(Script::Finish),
                State::Down | State::Run => self.run_hook(Control::Up),
            }
        }
    }
}
