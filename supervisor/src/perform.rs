//! What a service's machine asks of the world, carried out; and what happens in the world, told to the machine.
//!
//! Its one law: an event goes to the machine and nowhere else, and what the machine answers is done in its order. Source:
//! runsv(8).

use crate::adoption::{NUMBERED_MAX, Standing, numbered};
use crate::child;
use crate::failure::{Object, Unable, cannot, news, tell};
use crate::service::{Pipe, Service, Shared};
use machine::lifecycle::{Effects, Ending, Event, Pid, Role, Script};
use machine::time::Instant;
use protocol::control::{Control, Signal};
use sys::{Errno, clock, process};

/// How a process ended that was not ours to reap: nobody can tell.
const UNKNOWN: Ending = Ending { code: None, byte: 0 };

impl Service {
    /// Gives an event to the machine and performs what it asks; the answers are events in turn.
    #[inline(never)]
    pub fn feed(&mut self, event: Event, shared: &mut Shared) {
        let effects = self.life.step(event, shared.now);
        self.perform(effects, shared);
    }

    fn perform(&mut self, effects: Effects, shared: &mut Shared) {
        if effects.is_finish_late {
            shared.warn(news(Unable::FinishIs, Object::OverLimit));
        }
        if effects.is_hook_late {
            shared.warn(news(Unable::HookIs, Object::OverLimit));
            if let Some(pid) = self.hook.take() {
                let _ = process::kill(pid, Signal::KILL.0);
            }
        }
        if let Some(letter) = effects.signal {
            self.send(letter, shared);
        }
        if effects.is_continued {
            self.send(Control::Continue, shared);
        }
        if let Some(script) = effects.start {
            self.start(script, shared);
        }
    }

    /// Sends a letter's signal to its process.
    #[inline(never)]
    fn send(&self, letter: Control, shared: &Shared) {
        let (Some(signal), Some(pid)) = (letter.signal(), self.life.pid()) else { return };
        // Else it fails only for a process that has ended and waits to be reaped, which is the next event.
        if self.orphan.refuses(pid, signal.0) {
            shared.warn(cannot(Unable::Signal, Object::Nothing)(Errno::PERM));
        }
    }

    /// Starts a program, and answers. Without a hook, or if it cannot be made, its letter goes its way.
    fn start(&mut self, script: Script, shared: &mut Shared) {
        let is_hook = matches!(script, Script::Hook(_));
        let started = child::start(&self.directory, &self.life, shared, script);
        if let Err(error) = started
            && error != Errno::NOENT
        {
            let (unable, object) =
                if is_hook { (Unable::ForkFor, Object::Hook) } else { (Unable::ForkForService, Object::Nothing) };
            shared.warn(cannot(unable, object)(error));
        }
        let answer = match started {
            Ok(pid) if is_hook => {
                self.hook = Some(pid);
                return self.limit(script, shared);
            }
            Ok(pid) => Event::Started(pid),
            Err(_) if is_hook => Event::HookAnswered { handled: false },
            Err(_) => Event::StartFailed,
        };
        if !is_hook {
            // Two starts are a second apart by the moments at which they were done.
            shared.now.instant = Instant(clock::monotonic_milliseconds());
        }
        self.feed(answer, shared);
        if script == Script::Finish {
            self.limit(script, shared);
        }
    }

    /// Gives `./finish` or a hook its time.
    #[inline(never)]
    fn limit(&mut self, script: Script, shared: &mut Shared) {
        if let Some(limit) = child::limit(&self.directory, shared.name, script) {
            let is_finish = script == Script::Finish;
            self.feed(if is_finish { Event::FinishLimit(limit) } else { Event::HookLimit(limit) }, shared);
        }
    }

    /// Tells of a process that was taken over, and gives a `./finish` among them its time.
    #[cold]
    pub fn greet_orphan(&mut self, shared: &mut Shared) {
        let orphan = &self.orphan;
        let Some(pid) = orphan.pid else { return };
        let news = match (orphan.standing, orphan.has_end()) {
            (Standing::Proved, true) => news(Unable::WasLeft, Object::TakenOver),
            (Standing::Proved, false) => news(Unable::WasLeft, Object::TakenOverAndLookedAt),
            (Standing::Unproved, _) => news(Unable::Nothing, Object::Unproved),
            (Standing::Ended, _) => news(Unable::WasLeft, Object::HasEnded),
        };
        let mut buffer = [0; NUMBERED_MAX];
        let process = numbered(": warning: process ", pid.get(), b" ", &mut buffer);
        tell(shared.name, process.to_bytes(), news);
        if !self.life.is_running() {
            self.limit(Script::Finish, shared);
        }
    }

    /// Its turn in each round: looks whether a process has ended whose end nobody tells, and tells the machine what time it is;
    /// or, for the log service, that nobody writes to it any more. A service that is over closes the pipe to its log service, which
    /// is told in its turn; without one it is the end.
    pub fn look(&mut self, shared: &mut Shared) {
        if self.orphan.is_found_ended(shared.now.instant) {
            self.orphan_ended(shared);
        }
        let is_unread = !shared.pipe.is_open() && self.life.role() == Role::Log;
        self.feed(if is_unread { Event::InputClosed } else { Event::Deadline }, shared);
        if self.life.is_over() {
            if self.life.role() == Role::Logged {
                shared.pipe = Pipe::NONE;
            } else {
                shared.is_over = true;
            }
        }
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
            self.feed(Event::HookAnswered { handled: ending.code == Some(0) }, shared);
        } else if self.life.pid() == Some(pid) {
            let has_finish = self.life.is_running() && child::has_finish(&self.directory);
            self.feed(Event::Exited { ending, has_finish }, shared);
        }
    }
}
