//! Process 1: stage 1, stage 2, stage 3, and then the end of the machine.
//!
//! Stage 1 does the one-time tasks; unless it asks for the contrary (exit 100) or crashes, stage 2 follows and runs until a
//! request ends it or it ends by itself (111 or a crash: it is started again); stage 3 shuts down, and the machine is cut
//! off or restarted. Every wait here has an end, but those that are the point of it: stage 1 and stage 2.
//!
//! Its one law: whatever fails, the next stage comes. Source: runit(8), runit-facts "runit, runit-init".

use crate::lifecycle::Pid;
use crate::time::{Instant, Milliseconds};
use heapless::Vec;
use protocol::control::Signal;

/// Grace between TERM and KILL for stage 2.
const GRACE: Milliseconds = Milliseconds(5_000);
/// Pause between the end of a stage 2 that asks for it (111, a crash) and its next start.
const BEFORE_RESTART: Milliseconds = Milliseconds(5_000);
/// How long to wait after the system could not make a process.
const AFTER_FAILED_START: Milliseconds = Milliseconds(5_000);
/// How long a killed stage may take to end; a process in the kernel's hands must not hold up the shutdown.
const AFTER_KILL: Milliseconds = Milliseconds(5_000);
/// How long the disks may take to be written; a dead disk must not hold up the shutdown either.
const SYNC_LIMIT: Milliseconds = Milliseconds(60_000);
/// How long the kernel may take to end the machine until something else is asked.
const END_LIMIT: Milliseconds = Milliseconds(2_000);
/// Exit code with which stage 1 asks to leave out stage 2.
const SKIP_STAGE_2: i32 = 100;
/// Exit code with which stage 2 asks to be started again.
const RESTART_STAGE_2: i32 = 111;
/// Effects of the event that has most: three sentences, kill the group and the process, start.
const EFFECTS: usize = 8;

/// What is to be done, in this order.
pub type Effects = Vec<Effect, EFFECTS>;

/// One of the scripts that process 1 runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The system's one-time tasks.
    One,
    /// What runs until shutdown.
    Two,
    /// The tasks of shutdown.
    Three,
    /// What a ctrl-alt-del request runs, beside stage 2.
    CtrlAltDel,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this code.
    Exited(i32),
    /// By a signal.
    Crashed,
}

/// What happens to process 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The kernel has started us.
    Boot,
    /// The process asked for last was started.
    Started(Pid),
    /// The system could not make it.
    StartFailed,
    /// A child ended, be it an orphan that nobody knows.
    Exited(Pid, Ending),
    /// CONT: may the system be stopped, by the request file?
    Continue {
        /// The request file `stopit` is set.
        stop: bool,
    },
    /// INT: a ctrl-alt-del request.
    Interrupt {
        /// There is a script for it.
        has_script: bool,
    },
    /// PWR: the power is about to fail.
    PowerFail {
        /// The request file `pwrfail` is set.
        stop: bool,
    },
    /// Answer to [`Effect::AskReboot`].
    Reboot(
        /// Restart the machine instead of cutting it off?
        bool,
    ),
    /// [`Stages::deadline`] has come.
    Deadline,
}

/// A sentence for the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// Process 1 is there.
    Booting,
    /// The stage begins.
    Enter(Stage),
    /// The stage has ended.
    Leave(Stage),
    /// It exited with another code than 0.
    Failed(Stage),
    /// A signal ended it.
    Crashed(Stage),
    /// Stage 1 asked for it.
    SkippingStage2,
    /// Before stage 2 is started again.
    KillingStage2,
    /// Stage 2 is started again.
    Restarting,
    /// A signal came in another stage.
    OnlyInStage2,
    /// INT came.
    CtrlAltDelRequest,
    /// The stage did not end in its time.
    NotTerminated(Stage),
    /// Stage 3 is over.
    KillingAll,
    /// The machine is restarted.
    SystemReboot,
    /// The machine is cut off.
    PowerOff,
    /// The processors are stopped.
    SystemHalt,
}

/// How the machine is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Restart it.
    Restart,
    /// Cut the power.
    PowerOff,
    /// Stop the processors.
    Halt,
}

/// What process 1 asks of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the console.
    Say(Sentence),
    /// Start the script, and answer.
    Start(Stage),
    /// Send the signal to the process.
    Signal(Pid, Signal),
    /// Send KILL to the process and to the group that it leads.
    KillGroup(Pid),
    /// Take back the stop request.
    ClearStop,
    /// Is the system to be stopped? Answer with [`Event::Continue`].
    AskStop,
    /// Send KILL to every process.
    KillAll,
    /// Is the machine to be restarted? Answer with [`Event::Reboot`].
    AskReboot,
    /// Start a process that writes the disks, and answer.
    Sync,
    /// Start a process that asks the kernel to end the machine.
    End(End),
}

/// The longest times that stages may take; `None`: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of stage 1.
    pub stage_1: Option<Milliseconds>,
    /// Of stage 3.
    pub stage_3: Option<Milliseconds>,
}

/// Where process 1 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The stage was asked for and the answer is outstanding.
    Starting(Stage),
    /// It could not be started, or is to be started again, when the deadline comes.
    Waiting(Stage),
    /// It runs; the deadline is its limit.
    Running(Stage, Pid),
    /// TERM was sent to it; KILL follows at the deadline.
    Terminating(Stage, Pid),
    /// KILL was sent to it; at the deadline it is given up.
    Killing(Stage, Pid),
    /// Everything was killed, the disks are being written; `None` while the answer is outstanding.
    Syncing(End, Option<Pid>),
    /// The kernel was asked to end the machine.
    Ending(End),
}

/// The ctrl-alt-del script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    None,
    Starting,
    Running(Pid),
}

/// Process 1.
#[derive(Clone, Debug)]
pub struct Stages {
    phase: Phase,
    request: Request,
    deadline: Option<Instant>,
    limits: Limits,
}

impl Stages {
    /// Process 1 before [`Event::Boot`].
    pub const fn new(limits: Limits) -> Stages {
        Stages { phase: Phase::Waiting(Stage::One), request: Request::None, deadline: None, limits }
    }

    /// When it wants [`Event::Deadline`].
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Answers one event.
    pub fn step(&mut self, event: Event, now: Instant) -> Effects {
        let mut effects = Effects::new();
        let out = &mut effects;
        match event {
            Event::Boot => {
                emit(out, Effect::Say(Sentence::Booting));
                self.enter(Stage::One, out);
            }
            Event::Started(pid) => self.started(pid, now),
            Event::StartFailed => self.start_failed(now, out),
            Event::Exited(pid, ending) => self.exited(pid, ending, now, out),
            Event::Continue { stop } | Event::PowerFail { stop } => self.stop_asked(stop, now, out),
            Event::Interrupt { has_script } => self.interrupted(has_script, out),
            Event::Reboot(restart) => self.sync(if restart { End::Restart } else { End::PowerOff }, now, out),
            Event::Deadline => self.deadline_came(now, out),
        }
        effects
    }

    fn enter(&mut self, stage: Stage, out: &mut Effects) {
        self.phase = Phase::Starting(stage);
        self.deadline = None;
        emit(out, Effect::Say(Sentence::Enter(stage)));
        emit(out, Effect::Start(stage));
    }

    fn started(&mut self, pid: Pid, now: Instant) {
        match (self.request, self.phase) {
            (Request::Starting, _) => self.request = Request::Running(pid),
            (_, Phase::Starting(stage)) => {
                self.phase = Phase::Running(stage, pid);
                let limit = match stage {
                    Stage::One => self.limits.stage_1,
                    Stage::Three => self.limits.stage_3,
                    Stage::Two | Stage::CtrlAltDel => None,
                };
                self.deadline = limit.map(|limit| now.plus(limit));
            }
            (_, Phase::Syncing(end, None)) => self.phase = Phase::Syncing(end, Some(pid)),
            // Nothing was asked for: the process is an orphan like others.
            (Request::None | Request::Running(_), _) => {}
        }
    }

    fn start_failed(&mut self, now: Instant, out: &mut Effects) {
        match (self.request, self.phase) {
            (Request::Starting, _) => self.request = Request::None,
            (_, Phase::Starting(stage)) => {
                self.phase = Phase::Waiting(stage);
                self.deadline = Some(now.plus(AFTER_FAILED_START));
            }
            // What cannot be written in a process of its own is not written: a hanging disk must not hold up process 1.
            (_, Phase::Syncing(end, None)) => self.end(end, now, out),
            (Request::None | Request::Running(_), _) => {}
        }
    }

    fn exited(&mut self, pid: Pid, ending: Ending, now: Instant, out: &mut Effects) {
        if self.request == Request::Running(pid) {
            self.request = Request::None;
            emit(out, Effect::Say(Sentence::Leave(Stage::CtrlAltDel)));
            emit(out, Effect::AskStop);
            return;
        }
        match self.phase {
            Phase::Running(stage, its) if its == pid => self.stage_ended(stage, pid, ending, now, out),
            // It was told to end: how it did says nothing.
            Phase::Terminating(stage, its) | Phase::Killing(stage, its) if its == pid => self.leave(stage, out),
            Phase::Syncing(end, Some(its)) if its == pid => self.end(end, now, out),
            Phase::Starting(_)
            | Phase::Waiting(_)
            | Phase::Running(..)
            | Phase::Terminating(..)
            | Phase::Killing(..)
            | Phase::Syncing(..)
            | Phase::Ending(_) => {}
        }
    }

    fn stage_ended(&mut self, stage: Stage, pid: Pid, ending: Ending, now: Instant, out: &mut Effects) {
        match ending {
            Ending::Exited(0) => {}
            Ending::Exited(_) => emit(out, Effect::Say(Sentence::Failed(stage))),
            Ending::Crashed => emit(out, Effect::Say(Sentence::Crashed(stage))),
        }
        match (stage, ending) {
            (Stage::Two, Ending::Exited(RESTART_STAGE_2) | Ending::Crashed) => {
                emit(out, Effect::Say(Sentence::KillingStage2));
                emit(out, Effect::KillGroup(pid));
                self.phase = Phase::Waiting(Stage::Two);
                self.deadline = Some(now.plus(BEFORE_RESTART));
            }
            (Stage::One, Ending::Exited(SKIP_STAGE_2) | Ending::Crashed) => self.skip_stage_2(out),
            (Stage::One | Stage::Two | Stage::Three | Stage::CtrlAltDel, _) => self.leave(stage, out),
        }
    }

    fn skip_stage_2(&mut self, out: &mut Effects) {
        emit(out, Effect::Say(Sentence::Leave(Stage::One)));
        emit(out, Effect::Say(Sentence::SkippingStage2));
        self.enter(Stage::Three, out);
    }

    /// A stage is over, and the next comes. A killed stage 1 crashed, and so leads to stage 3.
    fn leave(&mut self, stage: Stage, out: &mut Effects) {
        let was_killed = matches!(self.phase, Phase::Killing(..));
        self.deadline = None;
        match stage {
            Stage::One if was_killed => self.skip_stage_2(out),
            Stage::One => {
                emit(out, Effect::Say(Sentence::Leave(stage)));
                self.enter(Stage::Two, out);
            }
            Stage::Two => {
                emit(out, Effect::Say(Sentence::Leave(stage)));
                self.enter(Stage::Three, out);
            }
            Stage::Three | Stage::CtrlAltDel => {
                emit(out, Effect::Say(Sentence::Leave(stage)));
                emit(out, Effect::Say(Sentence::KillingAll));
                emit(out, Effect::KillAll);
                emit(out, Effect::AskReboot);
            }
        }
    }

    fn stop_asked(&mut self, stop: bool, now: Instant, out: &mut Effects) {
        match self.phase {
            Phase::Running(Stage::Two, pid) if stop => {
                emit(out, Effect::ClearStop);
                emit(out, Effect::Signal(pid, Signal::TERM));
                self.phase = Phase::Terminating(Stage::Two, pid);
                self.deadline = Some(now.plus(GRACE));
            }
            Phase::Waiting(Stage::Two) if stop => {
                emit(out, Effect::ClearStop);
                self.leave(Stage::Two, out);
            }
            _ if self.is_stage_2() => {}
            _ => emit(out, Effect::Say(Sentence::OnlyInStage2)),
        }
    }

    fn interrupted(&mut self, has_script: bool, out: &mut Effects) {
        if !self.is_stage_2() {
            emit(out, Effect::Say(Sentence::OnlyInStage2));
        } else if has_script && self.request == Request::None {
            self.request = Request::Starting;
            emit(out, Effect::Say(Sentence::CtrlAltDelRequest));
            emit(out, Effect::Say(Sentence::Enter(Stage::CtrlAltDel)));
            emit(out, Effect::Start(Stage::CtrlAltDel));
        }
    }

    fn is_stage_2(&self) -> bool {
        match self.phase {
            Phase::Starting(stage)
            | Phase::Waiting(stage)
            | Phase::Running(stage, _)
            | Phase::Terminating(stage, _)
            | Phase::Killing(stage, _) => stage == Stage::Two,
            Phase::Syncing(..) | Phase::Ending(_) => false,
        }
    }

    fn deadline_came(&mut self, now: Instant, out: &mut Effects) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        self.deadline = None;
        match self.phase {
            Phase::Waiting(stage) => {
                emit(out, Effect::Say(Sentence::Restarting));
                self.enter(stage, out);
            }
            Phase::Running(stage, pid) | Phase::Terminating(stage, pid) => {
                emit(out, Effect::Say(Sentence::NotTerminated(stage)));
                emit(out, Effect::KillGroup(pid));
                self.phase = Phase::Killing(stage, pid);
                self.deadline = Some(now.plus(AFTER_KILL));
            }
            Phase::Killing(stage, _) => self.leave(stage, out),
            Phase::Syncing(end, _) => self.end(end, now, out),
            // A restart that fails is asked again: a machine that is cut off instead would be lost to its owner.
            Phase::Ending(End::Restart) => self.end(End::Restart, now, out),
            Phase::Ending(End::PowerOff | End::Halt) => self.end(End::Halt, now, out),
            Phase::Starting(_) => {}
        }
    }

    fn sync(&mut self, end: End, now: Instant, out: &mut Effects) {
        self.phase = Phase::Syncing(end, None);
        self.deadline = Some(now.plus(SYNC_LIMIT));
        emit(out, Effect::Sync);
    }

    fn end(&mut self, end: End, now: Instant, out: &mut Effects) {
        let sentence = match end {
            End::Restart => Sentence::SystemReboot,
            End::PowerOff => Sentence::PowerOff,
            End::Halt => Sentence::SystemHalt,
        };
        self.phase = Phase::Ending(end);
        self.deadline = (end != End::Halt).then(|| now.plus(END_LIMIT));
        emit(out, Effect::Say(sentence));
        emit(out, Effect::End(end));
    }
}

/// Adds an effect. The capacity holds every event's effects, which a test over all of them holds.
fn emit(effects: &mut Effects, effect: Effect) {
    let _ = effects.push(effect);
}
