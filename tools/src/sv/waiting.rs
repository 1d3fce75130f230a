//! Waiting until commands have taken effect, woken by what happens: a status published, a supervisor gone, a check ended.
//!
//! Its one law: this is the only place where sv blocks, and it wakes without a cause only in the first 15 ms, which most
//! commands need no more of, and where the kernel offers no way to be told (then it looks every 420 ms, as the original
//! does always). Source: sv(8), "wait".

use super::command::Order;
use super::console::Console;
use super::pending::{CHECK_AGAIN, Outcome, Pending};
use super::report::{RED, Trouble};
use protocol::control::{Control, Signal};
use sys::wait::{SignalSet, Signals};
use sys::watch::{Change, Gathering, Interest, Watch, Watches};
use sys::{AsFd, Errno, OwnedFd, clock, process};

/// Milliseconds added to the seconds that the user grants: the original gives up at the second look after they have
/// passed, and so `-w0` has always left time for a quick service.
const GRACE: u64 = 420;
/// Milliseconds for which an answer is awaited after the time is up, from a check script that runs then or has not had its turn.
/// One that hangs must not hold up who called sv for ever.
const LATE: u64 = 7_000;
/// How many services are watched for the end of their runsv, which takes a descriptor each: with those of sv itself far
/// less than the 1,024 that a process usually may open. The others are looked at every now and then.
const HELD: usize = 500;
/// How many check scripts run at a time: enough to hide that some take long, few enough for a small board.
const CHECKS: usize = 8;
/// Milliseconds until the first look without being told; each later one comes after twice as many. To close an inotify, the
/// kernel waits for all processors (15 ms on Linux 6.x, synchronize_srcu()): what is quick does without.
const FIRST_PAUSE: u64 = 1;
/// Milliseconds before the last such look, the fourth, 15 after the beginning: whatever takes longer is watched.
const LAST_PAUSE: u64 = 8;
/// Marks the descriptor of the watches among the gathered; the others are marked by place in the list.
const WATCHES: u64 = u64::MAX;

/// A service waited for, and what wakes for it.
struct Waiter<'a> {
    pending: Pending<'a>,
    /// Tells of a status published, where it has come to be watched.
    watch: Option<Watch>,
    /// Tells, being gathered, that runsv has ended. It is open for that only.
    _ok: Option<OwnedFd>,
    /// Is nothing sure to wake for it?
    blind: bool,
    /// Has something happened since the last look?
    stirred: bool,
    outcome: Outcome,
}

/// The services waited for.
pub(crate) struct Waiting<'a> {
    waiters: Vec<Waiter<'a>>,
    watches: Option<Watches>,
    gathering: Option<Gathering>,
    /// How long the pause is before the next look without being told.
    pause: u64,
    /// When that look is; never once they are watched.
    again: u64,
}

impl<'a> Waiting<'a> {
    /// Begins without any.
    pub(crate) fn new() -> Waiting<'a> {
        let gathering = Gathering::new().ok();
        Waiting { waiters: Vec::new(), watches: None, gathering, pause: FIRST_PAUSE, again: u64::MAX }
    }

    /// Sends letters to a service, to wait for it later. What tells of the end of runsv is in force before they are sent.
    pub(crate) fn send(&mut self, mut pending: Pending<'a>, letters: &[Control]) -> Result<(), Trouble> {
        let place = self.waiters.len() as u64;
        let room = self.waiters.len() < HELD;
        let ok = self.gathering.as_ref().filter(|_| room).and_then(|gathering| {
            let ok = pending.service.open_ok().ok()?;
            gathering.add_reader_gone(&ok, place).ok().map(|()| ok)
        });
        pending.service.send(letters)?;
        let blind = ok.is_none();
        self.waiters.push(Waiter { pending, watch: None, _ok: ok, blind, stirred: true, outcome: Outcome::Waiting });
        Ok(())
    }

    /// Waits, reporting each service; returns how many failed. The time is that of the monotonic clock, in milliseconds.
    pub(crate) fn run(mut self, order: &Order, until: u64, console: &mut Console) -> Result<u64, Errno> {
        let children = SignalSet::EMPTY.with(Signal::CHLD.0);
        let signals = Signals::take(children, SignalSet::EMPTY)?;
        let until = until.saturating_add(GRACE);
        self.again = clock::monotonic_milliseconds() + self.pause;
        let mut failed = 0;
        loop {
            let now = clock::monotonic_milliseconds();
            if now >= self.again {
                self.look_untold(now);
            }
            failed += self.look(order, now, console);
            if now >= until {
                failed += self.give_up(order, now >= until.saturating_add(LATE), console);
            }
            console.flush();
            let Some(deadline) = self.deadline(now, until) else { return Ok(failed) };
            let gathered = self.gathering.as_ref().map(AsFd::as_fd);
            let ready = signals.wait([gathered], Some(deadline));
            self.collect(ready.readable == [true], ready.signals.has(Signal::CHLD.0));
        }
    }

    /// Has each service looked at though nothing tells; after the last such look, has those that are left watched first.
    fn look_untold(&mut self, now: u64) {
        self.waiters.iter_mut().for_each(|waiter| waiter.stirred = true);
        self.pause *= 2;
        self.again = now + self.pause;
        if self.pause > LAST_PAUSE {
            self.again = u64::MAX;
            self.watch();
        }
    }

    /// Watches each service that is waited for. What was published before is for the look that must follow.
    fn watch(&mut self) {
        let gathered = |watches: &Watches| {
            self.gathering.as_ref().is_some_and(|gathering| gathering.add_readable(watches, WATCHES).is_ok())
        };
        self.watches = Watches::new().ok().filter(gathered);
        for waiter in self.waiters.iter_mut().filter(|waiter| waiter.outcome == Outcome::Waiting) {
            let service = &waiter.pending.service;
            let published = |watches: &Watches| {
                service.enter().and_then(|()| watches.add(service.supervise(), Interest::Published)).ok()
            };
            waiter.watch = self.watches.as_ref().and_then(published);
            waiter.blind |= waiter.watch.is_none();
        }
    }

    /// Looks at each service for which something happened, or whose check script there is room for now; returns how many will never do what was asked.
    fn look(&mut self, order: &Order, now: u64, console: &mut Console) -> u64 {
        let mut failed = 0;
        let asked = self.waiters.iter().filter(|waiter| waiter.pending.asks()).count();
        let mut questions = CHECKS.saturating_sub(asked);
        for waiter in &mut self.waiters {
            let due = waiter.blind || waiter.stirred || waiter.pending.deadline().is_some_and(|again| again <= now);
            let due = due || questions > 0 && waiter.pending.is_queued();
            if waiter.outcome == Outcome::Waiting && due {
                waiter.stirred = false;
                waiter.outcome = waiter.pending.look(order, now, &mut questions, console);
                failed += u64::from(waiter.outcome == Outcome::Failed);
            }
            if waiter.outcome != Outcome::Waiting {
                waiter._ok = None;
            }
        }
        failed
    }

    /// The time is up: reports those that are not done, and kills them if the command says so. If it is `late`, also those
    /// whose check script has not answered, and ends the script.
    fn give_up(&mut self, order: &Order, late: bool, console: &mut Console) -> u64 {
        let kills = matches!(order, Order::Send(request) if request.kills);
        let mut failed = 0;
        for waiter in &mut self.waiters {
            if waiter.outcome != Outcome::Waiting || waiter.pending.awaits_answer() && !late {
                continue;
            }
            waiter.pending.end_question();
            if kills {
                // Whether it can still be sent changes nothing in what is reported.
                let _ = waiter.pending.service.send(&[Control::Kill]);
            }
            waiter.pending.report(if kills { "kill" } else { "timeout" }, RED, console);
            waiter.outcome = Outcome::Failed;
            failed += 1;
        }
        failed
    }

    /// When to look without being woken; `None` if there is nothing left to wait for.
    fn deadline(&self, now: u64, until: u64) -> Option<u64> {
        let left = self.waiters.iter().filter(|waiter| waiter.outcome == Outcome::Waiting);
        left.map(|waiter| {
            let end = if waiter.pending.awaits_answer() { until.saturating_add(LATE) } else { until };
            let again = if waiter.blind { now + CHECK_AGAIN } else { u64::MAX };
            end.min(again).min(self.again).min(waiter.pending.deadline().unwrap_or(u64::MAX))
        })
        .min()
    }

    /// Finds out for which services something happened.
    fn collect(&mut self, readable: bool, child: bool) {
        let Waiting { waiters, watches, gathering, .. } = self;
        if let (true, Some(gathering)) = (readable, gathering) {
            gathering.each_ready(|token| match (usize::try_from(token).ok(), &watches) {
                (_, Some(watches)) if token == WATCHES => watches.drain(|change| stir(waiters, change)),
                (Some(place), _) => waiters.get_mut(place).into_iter().for_each(|waiter| waiter.stirred = true),
                _ => {}
            });
        }
        while let Some((pid, ending)) = if child { process::reap() } else { None } {
            let now = clock::monotonic_milliseconds();
            for waiter in waiters.iter_mut() {
                waiter.stirred |= waiter.pending.take_answer(pid, ending, now);
            }
        }
    }
}

/// Marks the services that a change concerns.
fn stir(waiters: &mut [Waiter], change: Change) {
    for waiter in waiters {
        waiter.stirred |= match change {
            Change::Anywhere => true,
            Change::New(watch) | Change::In(watch) => waiter.watch == Some(watch),
        };
    }
}
