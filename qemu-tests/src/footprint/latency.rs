//! How soon: a killed service runs again, `sv restart` returns, a new directory is seen, a killed runsv is followed by another.
//!
//! Its one law: services have lived longer than the second that lies between two starts, and the moment of the cause is random
//! against every clock of the programs'.

use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use protocol::control::Signal;

use super::fleet::{Fleet, children, name};
use super::stamps::{LONG, Spread, now};
use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;
use crate::conformance::service::Service;

/// Longer than the second that supervisors leave between two starts.
const SETTLED: Duration = Duration::from_millis(1_200);
/// How often the original looks at its directory; a cause comes anywhere in this time.
const PERIOD: Duration = Duration::from_secs(5);

/// How often the next runsv is looked for.
const BETWEEN_LOOKS: Duration = Duration::from_micros(100);

/// What is measured here.
pub const TOPIC: Topic = Topic {
    title: "answers",
    at_once: false,
    rows: &[
        Row {
            key: "time.restart",
            what: "from SIGKILL to the next run's first instruction, median",
            unit: "ms",
            how: "200 kills of 50 services in turn; the clock is read by the run program as its first act",
            exact: false,
        },
        Row {
            key: "time.restart-99",
            what: "the same, 99th percentile",
            unit: "ms",
            how: "the third longest of the same 200",
            exact: false,
        },
        Row {
            key: "time.sv-restart",
            what: "`sv restart`, round trip",
            unit: "ms",
            how: "median of 20, from the start of sv to its end; the service ends at TERM",
            exact: false,
        },
        Row {
            key: "time.new-directory",
            what: "from a new link to the first instruction of its service",
            unit: "ms",
            how: "median of 9, each at a random moment of five seconds",
            exact: false,
        },
        Row {
            key: "time.new-runsv",
            what: "from SIGKILL of runsv to the next one that answers",
            unit: "ms",
            how: "median of 9, each at a random moment of five seconds; looked at every 0.1 ms",
            exact: false,
        },
    ],
    measure,
};

fn measure(programs: &Programs, scale: Scale) -> Result<Values> {
    if !programs.has(&["runsvdir", "runsv"]) {
        return Ok(Values::new());
    }
    let mut restarts = restarts(programs, scale).context("restarts")?;
    let mut values = vec![("time.restart", restarts.median()?), ("time.restart-99", restarts.percentile(99)?)];
    if programs.has(&["sv"]) {
        values.push(("time.sv-restart", sv_restarts(programs, scale).context("sv restart")?.median()?));
    }
    let mut directories =
        at_random_moments(scale, |pause| new_directory(programs, pause)).context("new directories")?;
    values.push(("time.new-directory", directories.median()?));
    let mut others = at_random_moments(scale, |pause| new_runsv(programs, pause)).context("a new runsv")?;
    values.push(("time.new-runsv", others.median()?));
    Ok(values)
}

fn restarts(programs: &Programs, scale: Scale) -> Result<Spread> {
    let fleet = Fleet::ready(programs, scale.of(50, 3))?;
    fleet.launch(0..scale.of(50, 3))?;
    let mut pids = (0..scale.of(50, 3)).map(|_| Ok(fleet.stamps().next()?.pid)).collect::<Result<Vec<_>>>()?;
    let mut spread = Spread::default();
    for _ in 0..scale.of(4, 1) {
        thread::sleep(SETTLED);
        for pid in &mut pids {
            let cause = now();
            kill(*pid)?;
            let stamp = fleet.stamps().next()?;
            spread.add(stamp.at.saturating_sub(cause));
            *pid = stamp.pid;
        }
    }
    Ok(spread)
}

fn sv_restarts(programs: &Programs, scale: Scale) -> Result<Spread> {
    let fleet = Fleet::sailing(programs, scale.of(20, 2))?;
    thread::sleep(SETTLED);
    (0..scale.of(20, 2)).map(|number| fleet.sv("restart", number..number + 1)).collect()
}

/// Measures the same many times at once, for it is mostly waiting, each after a pause of its own.
fn at_random_moments(scale: Scale, measure: impl Fn(Duration) -> Result<Duration> + Sync) -> Result<Spread> {
    let part = || if scale == Scale::Full { PERIOD.mul_f64(fastrand::f64()) } else { Duration::ZERO };
    thread::scope(|scope| {
        let one = |_| scope.spawn(|| measure(SETTLED + part()));
        let all: Vec<_> = (0..scale.of(9, 1)).map(one).collect();
        all.into_iter().map(|one| one.join().ok().context("a thread has panicked")?).collect()
    })
}

fn new_directory(programs: &Programs, pause: Duration) -> Result<Duration> {
    let fleet = Fleet::ready(programs, 2)?;
    fleet.launch(0..1)?;
    fleet.stamps().next()?;
    thread::sleep(pause);
    let cause = now();
    fleet.launch(1..2)?;
    Ok(fleet.stamps().next()?.at.saturating_sub(cause))
}

fn new_runsv(programs: &Programs, pause: Duration) -> Result<Duration> {
    let mut fleet = Fleet::sailing(programs, 1)?;
    thread::sleep(pause);
    let runsvdir = fleet.pid();
    let service = Service::existing(fleet.stage(), &name(0));
    let before = *children(runsvdir)?.first().context("runsvdir has no runsv")?;
    let cause = now();
    kill(before)?;
    // The fifo can have no other reader than this: runsvdir has reaped the one before when it starts another.
    let is_another = || children(runsvdir).is_ok_and(|pids| pids.iter().any(|pid| *pid != before));
    while !is_another() || service.is_alone() {
        ensure!(now() - cause < LONG, "runsv was not followed by another");
        thread::sleep(BETWEEN_LOOKS);
    }
    Ok(now() - cause)
}

fn kill(pid: u32) -> Result<()> {
    let pid = NonZeroU32::new(pid).context("there is no process 0")?;
    sys::process::kill(pid, Signal::KILL.0).map_err(|error| anyhow::anyhow!("unable to kill {pid}: {error}"))
}
