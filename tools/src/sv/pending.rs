//! A service whose command was sent and has not taken effect yet: what it was before, and one look at it now.
//!
//! Its one law: the verdict is [`judge`]'s; here it is only fed, with readings and with the answer of the check script,
//! which counts for the very process that it was asked about and for no other.

use super::check::{self, Start};
use super::command::Order;
use super::console::Console;
use super::judge::{Verdict, judge};
use super::report::{GREEN, Observation, Trouble};
use super::service::Service;
use protocol::control::Signal;
use protocol::status::Status;
use std::num::NonZeroU32;
use sys::process::{self, Ending};

/// Milliseconds between two questions to a check script that does not agree, as in the original.
pub(crate) const CHECK_AGAIN: u64 = 420;

/// What the check script has said.
enum Checked {
    /// Nothing yet.
    Not,
    /// It is to be asked as soon as there is room.
    Queued,
    /// It is being asked about the process of this status.
    Asked(NonZeroU32, Status),
    /// It agreed, for the process of this status.
    Agreed(Status),
    /// It did not; it may be asked again at this time.
    Refused(u64),
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The command has taken effect, and that was reported.
    Done,
    /// It never will, and that was reported.
    Failed,
    /// Wait on.
    Waiting,
}

/// One of the services waited for.
pub(crate) struct Pending<'a> {
    /// The service.
    pub(crate) service: Service<'a>,
    before: Status,
    checked: Checked,
    /// The last reading, for the report of a time-out.
    last: Observation,
}

impl<'a> Pending<'a> {
    /// A service, read before its command was sent.
    pub(crate) fn new(service: Service<'a>, before: Observation) -> Pending<'a> {
        Pending { service, before: before.status, checked: Checked::Not, last: before }
    }

    /// Does its check script run?
    pub(crate) fn asks(&self) -> bool {
        matches!(self.checked, Checked::Asked(..))
    }

    /// Does its check script wait for room to be run?
    pub(crate) fn is_queued(&self) -> bool {
        matches!(self.checked, Checked::Queued)
    }

    /// Is an answer of its check script to come? It may come late, so that each is asked at least once.
    pub(crate) fn awaits_answer(&self) -> bool {
        matches!(self.checked, Checked::Asked(..) | Checked::Queued)
    }

    /// Ends the check script that runs: nobody waits for its answer any more.
    pub(crate) fn end_question(&self) {
        if let Checked::Asked(script, _) = self.checked {
            // It fails only for one that has just ended.
            let _ = process::kill(script, Signal::KILL.0);
        }
    }

    /// When its check script is to be asked again.
    pub(crate) fn deadline(&self) -> Option<u64> {
        if let Checked::Refused(again) = self.checked { Some(again) } else { None }
    }

    /// Takes the end of a child, which may be the check script of this service. Was it?
    pub(crate) fn take_answer(&mut self, pid: NonZeroU32, ending: Ending, now: u64) -> bool {
        let Checked::Asked(asked, about) = self.checked else { return false };
        if asked == pid {
            self.checked = if ending.code == 0 { Checked::Agreed(about) } else { Checked::Refused(now + CHECK_AGAIN) };
        }
        asked == pid
    }

    /// Reads its state, and reports if that decides. `questions` is how many check scripts may still be started.
    pub(crate) fn look(&mut self, order: &Order, now: u64, questions: &mut usize, console: &mut Console) -> Outcome {
        let seen = match self.service.observe() {
            Ok(seen) => seen,
            Err(Trouble::NotRunning) if order.wants_exit() => {
                console.say_gone(&self.service.name);
                return Outcome::Done;
            }
            Err(trouble) => {
                console.lament(&self.service.name, &trouble);
                return Outcome::Failed;
            }
        };
        self.last = seen;
        let verdict = judge(order, &self.before, &seen.status);
        if let (Verdict::NotYet, Checked::Queued) = (verdict, &self.checked) {
            self.checked = Checked::Not;
        }
        let done = match verdict {
            Verdict::Done => true,
            Verdict::NotYet => false,
            Verdict::DoneIfChecked => self.is_agreed(now, questions),
        };
        if !done {
            return Outcome::Waiting;
        }
        self.report("ok", GREEN, console);
        Outcome::Done
    }

    /// The line of its last reading, after a word that says how the waiting ended.
    pub(crate) fn report(&self, word: &str, colour: &str, console: &mut Console) {
        console.report(word, colour, &self.service.name, &self.last);
    }

    /// Does the check script agree about the process that runs now? Asks it where it is time to.
    fn is_agreed(&mut self, now: u64, questions: &mut usize) -> bool {
        let same = |about: &Status| (about.pid, about.since) == (self.last.status.pid, self.last.status.since);
        match &self.checked {
            Checked::Asked(..) => return false,
            Checked::Refused(again) if now < *again => return false,
            Checked::Agreed(about) if same(about) => return true,
            _ => {}
        }
        let first = !matches!(self.checked, Checked::Refused(_));
        match check::start(&self.service, first, *questions > 0) {
            Start::None => return true,
            Start::NoRoom if first => self.checked = Checked::Queued,
            Start::NoRoom => self.checked = Checked::Refused(now + CHECK_AGAIN),
            Start::Running(pid) => {
                *questions -= 1;
                self.checked = Checked::Asked(pid, self.last.status);
            }
            Start::Failed => self.checked = Checked::Refused(now + CHECK_AGAIN),
        }
        false
    }
}
