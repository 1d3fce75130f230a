//! A soak: runsvdir over a few dozen services that start, stop, crash, log and are reconfigured at random, while the laws are
//! looked at all the time.
//!
//! Five minutes; PILOTLIGHT_SOAK_SECONDS=3600 makes it an hour. The plan follows from a seed, which is printed;
//! PILOTLIGHT_SOAK_SEED repeats it. It is one process that mostly sleeps.

mod calm;
mod logs;
mod observer;
mod plan;
mod processes;
mod resources;
mod site;

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use observer::Observer;
use pilotlight_qemu_tests::host;
use plan::Plan;
use resources::Resources;
use site::Site;

/// How long, unless told.
const SECONDS: u64 = 300;
/// When the supervisors are measured first.
const FIRST_MINUTE: Duration = Duration::from_secs(60);
/// Between two times that the plan rests.
const BETWEEN_CALMS: Duration = Duration::from_secs(40);
const BETWEEN_ACTIONS: Duration = Duration::from_millis(150);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

#[test]
fn the_laws_hold_under_a_random_plan() -> Result<()> {
    let length = Duration::from_secs(option("PILOTLIGHT_SOAK_SECONDS")?.unwrap_or(SECONDS));
    let now = UNIX_EPOCH.elapsed().context("this machine lives before 1970")?;
    let seed = option("PILOTLIGHT_SOAK_SEED")?.unwrap_or(u64::from(now.subsec_nanos()));
    host::say(&format!("a soak of {length:?}; PILOTLIGHT_SOAK_SEED={seed} repeats its plan"));
    let mut site = Site::new()?;
    let lived = soak(&site, length, seed).with_context(|| format!("PILOTLIGHT_SOAK_SEED={seed} repeats the plan"));
    if lived.is_err() {
        host::say(&format!("what runsvdir and the services said:\n{}", site.messages()));
    }
    let services = lived?;
    site.end()?;
    calm::end(&site, services)
}

fn option(name: &str) -> Result<Option<u64>> {
    let Ok(value) = env::var(name) else { return Ok(None) };
    value.parse().map(Some).with_context(|| format!("{name}={value} is no number"))
}

/// Lives the whole plan, with the observer beside it; the services that are there at its end.
fn soak(site: &Site, length: Duration, seed: u64) -> Result<Vec<plan::Service>> {
    let is_over = AtomicBool::new(false);
    let mut observer = Observer::new(site.root(), site.runsvdir());
    thread::scope(|scope| {
        let watching = scope.spawn(|| -> Result<u64> {
            while !is_over.load(Ordering::Relaxed) {
                // The plan ends at the first breach, too: it looks whether this thread lives.
                observer.look()?;
                thread::sleep(BETWEEN_LOOKS);
            }
            Ok(observer.looks)
        });
        let lived = live(site, length, seed, || watching.is_finished());
        is_over.store(true, Ordering::Relaxed);
        let looks = watching.join().ok().context("the observer panicked")?.context("a law is broken")?;
        let services = lived?;
        host::say(&format!("the soak is over after {looks} looks"));
        Ok(services)
    })
}

fn live(site: &Site, length: Duration, seed: u64, is_broken: impl Fn() -> bool) -> Result<Vec<plan::Service>> {
    let begin = Instant::now();
    let mut plan = Plan::begin(site, seed)?;
    let first = FIRST_MINUTE.min(length / 3);
    let (mut next_calm, mut measured) = (first, None);
    while begin.elapsed() < length && !is_broken() {
        plan.act()?;
        thread::sleep(BETWEEN_ACTIONS);
        if begin.elapsed() >= next_calm {
            calm::settle(site, &mut plan)?;
            if measured.is_none() {
                measured = Some(Resources::measure(site.runsvdir())?);
            }
            next_calm = begin.elapsed() + BETWEEN_CALMS;
        }
    }
    if is_broken() {
        return Ok(plan.services);
    }
    calm::settle(site, &mut plan)?;
    let measured = measured.context("no time to measure")?;
    let compared = measured.compare(&Resources::measure(site.runsvdir())?)?;
    let lines: u64 = plan.services.iter().filter_map(|service| service.log.as_ref()).map(|log| log.lines).sum();
    host::say(&format!(
        "{} actions, {compared} supervisors the same, {lines} lines of the last services",
        plan.actions
    ));
    ensure!(
        compared > plan::OLD_HANDS,
        "{compared} supervisors lived from the first minute on, and runsvdir is one more"
    );
    Ok(plan.services)
}
