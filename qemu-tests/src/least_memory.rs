//! The least memory with which a board reaches its services, by bisection over boots.
//!
//! Duty: `cargo least-memory`. Its one law: only what was seen counts: with the answer each of several boots reached all services,
//! with a mebibyte less at least one did not.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::board::{Board, Qemu};
use crate::guest::{Guest, PATIENCE};
use crate::host;
use crate::image::Image;

/// Added to the kernel command line: a board whose memory runs out ends at once instead of going on with what was not killed, and
/// a kernel that starts says so.
const WORDS: &str = "panic=-1 sysctl.vm.panic_on_oom=1 loglevel=6";

/// Given to QEMU: a restart, of a kernel that gave up without a word among them, is the end.
const ARGUMENTS: [&str; 1] = ["-no-reboot"];

/// The kernel's messages do not get between what the commands print.
const QUIET: &str = "dmesg -n 1";

/// All services of the runlevel and their log services.
const CHECK: &str = "sv -w 60 check /service/* /service/*/log";

/// What the killer leaves in the kernel's messages, where the kernel knows no panic_on_oom.
const NOBODY_WAS_KILLED: &str = "! dmesg | grep 'Out of memory'";

/// What is free then; nothing where the kernel has no /proc.
const FREE: &str = "grep -hE '^Mem(Total|Available):' /proc/meminfo || true";

/// What is found must be enough so many times: where a kernel lies in memory is chance on some boards.
const CONFIRMATIONS: u32 = 5;

/// A boot with less memory may take so many times as long as the one with all of it, ...
const TIMES: u32 = 5;
/// ... and its first line and the whole so long in any case: a loaded machine is slow at times.
const AT_LEAST: Times = Times { first_line: Duration::from_secs(10), all: Duration::from_secs(30) };

/// How long a boot takes, or may take: to the first line on the console, and from there until all services are up.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    first_line: Duration,
    all: Duration,
}

impl Times {
    /// For a boot of which nothing is known.
    pub const GENEROUS: Self = Self { first_line: PATIENCE, all: PATIENCE };

    /// How long a boot with less memory may take.
    fn patience(self) -> Self {
        let first_line = (self.first_line * TIMES).max(AT_LEAST.first_line);
        Self { first_line, all: (self.all * TIMES).max(AT_LEAST.all) }
    }
}

/// What came of one boot.
#[derive(Debug)]
pub enum Boot {
    /// All services were up.
    Up {
        /// How long it took.
        took: Times,
        /// What the kernel said of its memory then.
        free: String,
    },
    /// They were not, and why.
    Failed(String),
}

impl Boot {
    /// Whether all services were up.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

/// The least number from 1 to `enough` for which `works` holds. It is known to hold for `enough`, and taken to hold for all
/// numbers above one for which it does. It is asked about log2(`enough`) times, never twice of the same number.
pub fn bisect(enough: u32, mut works: impl FnMut(u32) -> Result<bool>) -> Result<u32> {
    let (mut too_little, mut enough) = (0, enough);
    while enough - too_little > 1 {
        let middle = too_little + (enough - too_little) / 2;
        if works(middle)? {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    Ok(enough)
}

/// The least number from `found` on for which `works` holds so many times running.
pub fn confirm(found: u32, times: u32, mut works: impl FnMut(u32) -> Result<bool>) -> Result<u32> {
    let mut number = found;
    let mut held = 0;
    while held < times {
        (number, held) = if works(number)? { (number, held + 1) } else { (number + 1, 0) };
    }
    Ok(number)
}

/// The least memory in MiB with which `board` reaches its services from `image`. Each boot is told on standard error.
pub fn search(board: &Board, image: &Image) -> Result<u32> {
    let full = mebibytes(&board.qemu.memory)?;
    let Boot::Up { took, .. } = boot(board, image, full, Times::GENEROUS)? else {
        bail!("the board does not reach its services with all of its {full} MiB");
    };
    let mut works = |memory| Ok(boot(board, image, memory, took.patience())?.is_up());
    let least = bisect(full, &mut works)?;
    confirm(least, CONFIRMATIONS, works)
}

/// Boots a board with so many MiB, and looks whether it reaches its services within `patience`.
pub fn boot(board: &Board, image: &Image, memory: u32, patience: Times) -> Result<Boot> {
    let name = &board.name;
    let qemu = Qemu { memory: format!("{memory}M"), ..board.qemu.clone() };
    let start = Instant::now();
    let small = Board { qemu, ..board.clone() };
    let mut guest = Guest::boot_image(small, image.clone(), WORDS, &ARGUMENTS.map(str::to_owned))?;
    Ok(match reach_services(&mut guest, patience) {
        Ok((first_line, free)) => {
            let took = Times { first_line, all: start.elapsed() };
            host::say(&format!("{name} with {memory} MiB: up after {:.1} s; {free}", took.all.as_secs_f64()));
            Boot::Up { took, free }
        }
        Err(error) => {
            let reason = reason(&error);
            host::say(&format!("{name} with {memory} MiB: not up: {reason}"));
            Boot::Failed(reason)
        }
    })
}

/// Hands back the time to the first line, and what is free when all services are up.
fn reach_services(guest: &mut Guest, patience: Times) -> Result<(Duration, String)> {
    let start = Instant::now();
    guest.set_patience(patience.first_line);
    guest.wait_for("\n")?;
    let first_line = start.elapsed();
    guest.set_patience(patience.all);
    guest.wait_for_shell()?;
    guest.run(QUIET)?;
    guest.run(CHECK)?;
    let (messages, code) = guest.try_run(NOBODY_WAS_KILLED)?;
    ensure!(code == 0, "the kernel killed a process: {messages}");
    let free = guest.run(FREE)?;
    Ok((first_line, free.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// Why a boot failed, in one line: without what the board printed.
fn reason(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let line = text.lines().next().unwrap_or_default();
    line.trim_end_matches("; the board printed").to_owned()
}

/// The MiB of a size as QEMU's `-m` takes it: whole mebibytes.
fn mebibytes(memory: &str) -> Result<u32> {
    let number = memory.strip_suffix('M').unwrap_or(memory);
    number.parse().with_context(|| format!("{memory:?} is no number of mebibytes, as in 64M"))
}
