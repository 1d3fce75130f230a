//! Keys by which a search knows a configuration again.

use machine::time::Instant;
use std::fmt::Debug;

/// The longest time, in milliseconds, that any machine looks back.
const PAST: u64 = 1_000;

/// The configuration as text, every moment in it told as its distance from now, so that the same situation at another
/// time is the same key.
pub(crate) fn relative(configuration: &impl Debug, now: Instant) -> String {
    let text = format!("{configuration:?}");
    let mut pieces = text.split("Instant(");
    let mut key = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (moment, rest) = piece.split_once(')').expect("a moment ends");
        let moment: u64 = moment.parse().expect("a moment is a number");
        match moment.checked_sub(now.0) {
            Some(_) if moment == Instant::NEVER.0 => key += "never",
            Some(ahead) => key += &format!("in {ahead}"),
            None => key += &format!("{} ago", (now.0 - moment).min(PAST)),
        }
        key += rest;
    }
    key
}
