//! Processes as the kernel tells of them, and waiting.

use std::fs;
use std::num::NonZeroU32;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than anything here takes: who reaches it, fails.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// How often a state is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(5);

/// Looks until there is something.
pub(crate) fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < LONG, "waited in vain for {what}");
        sleep(LOOK);
    }
}

/// The children of a process that live or wait to be reaped.
pub(crate) fn children(parent: NonZeroU32) -> Vec<NonZeroU32> {
    let processes = fs::read_dir("/proc").expect("a list of processes").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|stat| stat.parent == parent.get())).collect()
}

/// What the kernel tells of a process.
pub(crate) struct Stat {
    pub(crate) is_zombie: bool,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
}

/// Tells of a process; `None` if it is gone.
pub(crate) fn stat(pid: NonZeroU32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    let is_zombie = words.next()? == "Z";
    let mut number = || words.next()?.parse().ok();
    Some(Stat { is_zombie, parent: number()?, group: number()?, session: number()? })
}
