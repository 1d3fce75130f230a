//! `storm-of-orphans COUNT`: leaves so many orphans to process 1, as fast as it can, and says how fast that was.
//!
//! Its one law: it counts what the kernel has made; where the kernel makes no more processes it waits until it does.

use std::num::NonZeroU32;
use std::time::Instant;

use anyhow::{Context, Result};
use sys::process;

/// How many orphans one parent leaves: each is one fork then, for parents are few.
const LITTER: u32 = 100;
/// How many parents work at a time; more would only wait for a processor.
const PARENTS: u32 = 4;

fn main() -> Result<()> {
    let count = std::env::args().nth(1).context("usage: storm-of-orphans COUNT")?;
    let count: u32 = count.parse().with_context(|| format!("not a number of orphans: {count}"))?;
    let start = Instant::now();
    let (mut begun, mut ended) = (0, 0);
    let parents = count.div_ceil(LITTER);
    while ended < parents {
        if begun < parents && begun - ended < PARENTS {
            let litter = LITTER.min(count - begun * LITTER);
            insist(|| (0..litter).for_each(|_| insist(|| ())));
            begun += 1;
        }
        while process::reap().is_some() {
            ended += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{count} orphans in {seconds:.1} s, {:.0} a second", f64::from(count) / seconds);
    Ok(())
}

/// Starts a process, however long it takes until the kernel can make one.
fn insist(child: impl Fn()) {
    let start = || -> Option<NonZeroU32> { process::start_copy(&child).ok() };
    while start().is_none() {
        process::give_way();
    }
}
