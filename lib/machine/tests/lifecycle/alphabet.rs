//! Everything that can happen to a service, for the search, the random histories and the fuzz target.

use crate::world::Action;
use machine::lifecycle::{Ending, Event, Pid, Role};
use machine::time::Milliseconds;
use protocol::control::Control;

/// The services there are.
pub(crate) const ROLES: [Role; 3] = [Role::Alone, Role::Logged, Role::Log];
/// What a hook or `./finish` is given, shorter and longer than steps of time.
const LIMIT: Milliseconds = Milliseconds(700);
/// A process that nobody asked for.
const STRANGER: Pid = Pid::new(99).unwrap();

/// Every event there is, and time in steps at, before and after each delay.
pub(crate) fn alphabet(role: Role) -> Vec<Action> {
    let ending = Ending { code: None, byte: 9 };
    let mut events: Vec<Event> = Control::ALL.map(Event::Control).into();
    events.extend([false, true].map(|handled| Event::HookAnswered { handled }));
    events.extend([false, true].map(|has_finish| Event::Exited { ending, has_finish }));
    events.extend([Event::Started(STRANGER), Event::StartFailed, Event::Deadline]);
    events.extend([Event::HookLimit(LIMIT), Event::FinishLimit(LIMIT)]);
    if role == Role::Log {
        events.push(Event::InputClosed);
    }
    let times = [500, 1_000, 5_000].map(Action::Pass);
    events.into_iter().map(Action::Feed).chain(times).collect()
}
