//! Waiting for a state, and looking at files and processes.

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longer than anything here takes: who reaches it, fails.
const LONG: Duration = Duration::from_secs(30);
/// How often a state is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Reads a file, as text; without one, nothing.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// Waits for a state.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    eventually_some(what, || is().then_some(()));
}

/// Waits for something to be there.
#[track_caller]
pub(crate) fn eventually_some<T>(what: &str, mut get: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + LONG;
    loop {
        if let Some(value) = get() {
            return value;
        }
        assert!(Instant::now() < until, "never came: {what}");
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// Waits for a value; shows the last one if it never comes.
#[track_caller]
pub(crate) fn eventually_equal<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
    mut get: impl FnMut() -> T,
    expected: U,
) {
    let until = Instant::now() + LONG;
    loop {
        let value = get();
        if value == expected {
            return;
        }
        assert!(Instant::now() < until, "never came: {expected:?}\nlast seen: {value:?}");
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: u32, signal: u8) {
    let _ = NonZeroU32::new(pid).map(|pid| sys::process::kill(pid, signal));
}

/// Is there such a process, ended ones that wait to be reaped left out?
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = read(format!("/proc/{pid}/stat"));
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}
