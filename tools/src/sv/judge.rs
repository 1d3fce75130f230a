//! Has a command taken effect? Judged by two readings of a service's status: one from before it was sent, one from now.
//!
//! Pure. Its one law: the process that was there before never passes for its successor, however fast things go (the
//! original compares whole seconds). Source: sv(8), "wait"; runit-facts "sv".

use super::command::Order;
use protocol::control::Control;
use protocol::status::{State, Status, Want};

/// The answer, from the weakest to the strongest demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It has taken effect.
    Done,
    /// It has, if the service's check script agrees.
    DoneIfChecked,
    /// It has not.
    NotYet,
}

/// Judges a command that was sent when the service was as `before`.
pub(crate) fn judge(order: &Order, before: &Status, now: &Status) -> Verdict {
    match order {
        Order::Status => Verdict::Done,
        Order::Check if now.want == Want::Up => is_up(now),
        Order::Check => done_if(is_down(now)),
        Order::Send(request) => {
            let verdicts = request.letters.iter().map(|letter| judge_letter(*letter, before, now));
            verdicts.max().unwrap_or(Verdict::Done)
        }
    }
}

/// Is a letter left out, since what it asks is what runsv already does?
pub(crate) fn is_superfluous(letters: &[Control], now: &Status) -> bool {
    match letters {
        [Control::Up] => now.want == Want::Up,
        [Control::Down] => now.want != Want::Up && now.got_term,
        _ => false,
    }
}

fn judge_letter(letter: Control, before: &Status, now: &Status) -> Verdict {
    match letter {
        Control::Up => is_up(now),
        // Down but wanted up, it is about to be started: runsv has not read the letter yet.
        Control::Down => done_if(is_down(now) && now.want != Want::Up),
        // Only the end of runsv is its effect, and then there is no status to be judged.
        Control::Exit => Verdict::NotYet,
        Control::Terminate | Control::Kill if now.pid == 0 => done_if(is_down(now) && now.want != Want::Up),
        Control::Terminate | Control::Kill if is_successor(before, now) && !now.got_term => Verdict::DoneIfChecked,
        Control::Terminate | Control::Kill => Verdict::NotYet,
        Control::Once if now.pid == 0 => done_if(now.since != before.since),
        Control::Once => done_if(now.want != Want::Up),
        Control::Pause => done_if(now.pid == 0 || now.paused),
        Control::Continue => done_if(now.pid == 0 || !now.paused),
        Control::Hangup | Control::Alarm | Control::Interrupt | Control::Quit | Control::User1 | Control::User2 => {
            Verdict::Done
        }
    }
}

fn done_if(it_is: bool) -> Verdict {
    if it_is { Verdict::Done } else { Verdict::NotYet }
}

fn is_up(now: &Status) -> Verdict {
    if now.state == State::Run && now.pid != 0 { Verdict::DoneIfChecked } else { Verdict::NotYet }
}

fn is_down(now: &Status) -> bool {
    now.state == State::Down && now.pid == 0
}

/// Was `./run` started since? Its stamp tells, for it is not set anew when `./finish` starts; and so does another process
/// id of `./run`, should somebody have set the clock back.
fn is_successor(before: &Status, now: &Status) -> bool {
    now.since != before.since || (now.state == State::Run && now.pid != before.pid)
}
