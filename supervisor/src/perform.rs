//! What a service's machine asks of the world, carried out; and what happens in the world, told to the machine.
//!
//! Its one law: an event goes to the machine and nowhere else, and what the machine answers is done in its order. Source:
//! runsv(8).

use crate::adoption::Standing;
use crate::child;
use crate::failure::{Object, Unable, WARNING, cannot, news};
use crate::service::{Pipe, Service, Shared};
use machine::lifecycle::{Effect, Ending, Event, Pid, Role, Script};
use machine::time::Instant;
use protocol::control::{Control, Signal};
use sys::message::{decimal, mention};
use sys::{Errno, clock, process};

/// How a process ended that was not ours to reap: nobody can tell.
const UNKNOWN: Ending = Ending { code: -1, byte: 0 };

impl Service {
    /// Gives an event to the machine and performs what it asks; the answers are events in turn.
    #[inline(never)]
    pub fn feed(&mut self, event: Event, shared: &mut Shared) {
        for effect in &self.life.step(event, shared.now) {
            self.perform(*effect, shared);
        }
    }

    fn perform(&mut self, effect: Effect, shared: &mut Shared) {
        match effect {
            Effect::Hook(control) => self.start_hook(control, shared),
            Effect::Start(script) => self.start(script, shared),
            // It fails only for a process that has ended and waits to be reaped, which is the next event.
            Effect::Signal(pid, signal) => {
                if self.signal(pid, signal) == Err(Errno::PERM) {
                    shared.warn(cannot(Unable::Signal, Object::Nothing)(Errno::PERM));
                }
            }
            Effect::EndFinish(pid) => {
                shared.warn(news(Unable::Nothing, Object::FinishOverLimit));
                self.perform(Effect::Signal(pid, Signal::KILL), shared);
            }
            Effect::EndHook => {
                shared.warn(news(Unable::Nothing, Object::HookOverLimit));
                if let Some(pid) = self.hook.take() {
                    let _ = process::kill(pid, Signal::KILL.0);
                }
            }
            Effect::Publish => self.is_stale = true,
            // The log service is told in its turn.
            Effect::CloseLogPipe => shared.pipe = Pipe::NONE,
            Effect::Leave => shared.is_over = true,
        }
    }

    /// Starts the hook of a letter. Without one, or if it cannot be made, the letter goes its way.
    fn start_hook(&mut self, control: Control, shared: &mut Shared) {
        let event = match child::start_hook(&self.directory, shared, control, self.life.pid()) {
            Some(Ok(pid)) => {
                self.hook = Some(pid);
                match child::hook_limit(&self.directory, shared.name) {
                    Some(limit) => Event::HookLimit(limit),
                    None => return,
                }
            }
            Some(Err(error)) => {
                shared.warn(cannot(Unable::ForkFor, Object::Hook)(error));
                Event::HookAnswered { handled: false }
            }
            None => Event::HookAnswered { handled: false },
        };
        self.feed(event, shared);
    }

    fn start(&mut self, script: Script, shared: &mut Shared) {
        let started = match script {
            Script::Run => child::start_run(&self.directory, shared),
            Script::Finish(ending) => child::start_finish(&self.directory, shared, ending),
        };
        let answer = match started {
            Ok(pid) => Event::Started(pid),
            Err(error) => {
                shared.warn(cannot(Unable::ForkForService, Object::Nothing)(error));
                Event::StartFailed
            }
        };
        // Two starts are a second apart by the moments at which they were done.
        shared.now.instant = Instant(clock::monotonic_milliseconds());
        self.feed(answer, shared);
        if matches!(script, Script::Finish(_)) {
            self.limit_finish(shared);
        }
    }

    /// Gives `./finish` its time.
    fn limit_finish(&mut self, shared: &mut Shared) {
        if let Some(limit) = child::finish_limit(&self.directory, shared.name) {
            self.feed(Event::FinishLimit(limit), shared);
        }
    }

    /// Tells of a process that was taken over, and gives a `./finish` among them its time.
    pub fn greet_orphan(&mut self, shared: &mut Shared) {
        let orphan = &self.orphan;
        let Some(pid) = orphan.pid else { return };
        let how: [&[u8]; 2] = match (orphan.standing, orphan.end()) {
            (Standing::Proved, Some(_)) => [b" was left by another runsv, it is taken over", b"\n"],
            (Standing::Proved, None) => {
                [b" was left by another runsv, it is taken over", b", and looked at each second\n"]
            }
            (Standing::Unproved, _) => [b" may have been left by another runsv, its end is waited for", b"\n"],
            (Standing::Ended, _) => [b" was left by another runsv, and has ended", b"\n"],
        };
        let mut digits = [0; _];
        let pid = decimal(pid.get(), &mut digits);
        mention(&[b"runsv ", shared.name, WARNING, b"process ", pid, how[0], how[1]]);
        if !self.life.is_running() {
            self.limit_finish(shared);
        }
    }

    /// Its turn in each round: looks whether a process has ended whose end nobody tells, and tells the machine what time it is;
    /// or, for the log service, that nobody writes to it any more.
    pub fn look(&mut self, shared: &mut Shared) {
        if self.orphan.is_found_ended(shared.now.instant) {
            self.orphan_ended(shared);
        }
        let is_unread = !shared.pipe.is_open() && self.life.role() == Role::Log;
        self.feed(if is_unread { Event::InputClosed } else { Event::Deadline }, shared);
    }

    /// Takes a letter, if there is one.
    pub fn read_letter(&mut self, shared: &mut Shared) {
        if let Some(control) = self.directory.read_control().and_then(Control::from_byte) {
            self.feed(Event::Control(control), shared);
        }
    }

    /// The process that it took over ended.
    pub fn orphan_ended(&mut self, shared: &mut Shared) {
        if let Some(pid) = self.orphan.forget() {
            self.ended(pid, UNKNOWN, shared);
        }
    }

    /// A child ended: a hook, a service, or a process that this one inherited and need not know.
    pub fn ended(&mut self, pid: Pid, ending: Ending, shared: &mut Shared) {
        if self.hook == Some(pid) {
            self.hook = None;
            self.feed(Event::HookAnswered { handled: ending.code == 0 }, shared);
        } else if self.life.pid() == Some(pid) {
            let has_finish = self.life.is_running() && child::has_finish(&self.directory);
            self.feed(Event::Exited { ending, has_finish }, shared);
        }
    }
}
