//! Prometheus' node exporter, Debian's package, with its runit collector alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::conformance::service::{IDLE, Service};
use pilotlight_qemu_tests::conformance::stage::{Running, SERVICES, Stage, await_some};
use pilotlight_qemu_tests::debian::Debian;
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::reference;
use protocol::control::Signal;
use protocol::status::Status;

const PACKAGE: &str = "prometheus-node-exporter";

/// What the collector says, by metric and service.
type Metrics = BTreeMap<(String, String), f64>;

/// The exporter on the services directory of a stage, and its address.
fn start(stage: &Stage) -> Result<(Running, String)> {
    let root = {
        let _lock = host::lock()?;
        Debian::new(reference::architecture()?)?.files_of(PACKAGE, "./usr/bin/*")?
    };
    let program = root.join("usr/bin").join(PACKAGE);
    let mut command = stage.command(&[&program.to_string_lossy()]);
    command.args(["--collector.disable-defaults", "--collector.runit", "--web.listen-address=127.0.0.1:0"]);
    command.arg(format!("--collector.runit.servicedir={}", stage.path(SERVICES).display()));
    let running = stage.start(&mut command)?;
    let address = await_some("the exporter's address", || {
        let log = stage.messages();
        let (_, rest) = log.split_once("msg=\"Listening on\" address=")?;
        Some(rest.split_once('\n')?.0.to_owned())
    })?;
    Ok((running, address))
}

/// Asks the exporter.
fn scrape(address: &str) -> Result<Metrics> {
    let mut stream = TcpStream::connect(address).with_context(|| format!("unable to reach {address}"))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").context("unable to ask")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("no answer")?;
    ensure!(answer.contains("node_scrape_collector_success{collector=\"runit\"} 1"), "the collector failed: {answer}");
    let parsed = answer.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("node_service_")?.split_once("{service=\"")?;
        let (service, rest) = rest.split_once('"')?;
        Some(((name.to_owned(), service.to_owned()), rest.rsplit(' ').next()?.parse().ok()?))
    });
    Ok(parsed.collect())
}

/// What `sv status` says of a service: state and wish as the exporter numbers them, and its age.
fn told_by_sv(stage: &Stage, name: &str) -> Result<(f64, f64, i64)> {
    let line = stage.answer(&mut stage.command(&["sv", "status", name]))?;
    let state = match line.split(':').next() {
        Some("run") => 1.0,
        Some("finish") => 2.0,
        Some("down") => 0.0,
        _ => anyhow::bail!("sv says {line:?}"),
    };
    // What is wanted is only said where it is not what is.
    let wanted = if line.contains("want down") || (state == 0.0 && !line.contains("want up")) { 0.0 } else { 1.0 };
    let age = line.split([' ', ',', '\n']).find_map(|word| word.strip_suffix('s')?.parse().ok());
    Ok((state, wanted, age.with_context(|| format!("sv tells no age: {line}"))?))
}

/// Runs on through TERM, and ends with USR1.
const DEAF: &str = "trap '' TERM; trap 'exit 0' USR1; echo deaf >>$JOURNAL; while :; do sleep 1000 & wait; done";
/// Each state that lasts: a service, its script, the letter that brings it there, its stat then.
const STATES: [(&str, &str, &str, &str); 7] = [
    ("runs", IDLE, "", "run"),
    ("is-down", IDLE, "d", "down"),
    ("normally-down", IDLE, "", "down"),
    ("once", IDLE, "o", "run, want down"),
    ("deaf", DEAF, "d", "run, got TERM, want down"),
    ("finishes", DEAF, "1", "finish"),
    ("paused", IDLE, "p", "run, paused"),
];

/// Services in each state that lasts, under runsvdir.
fn services(stage: &Stage) -> Result<(Vec<Service<'_>>, Running)> {
    let made =
        STATES.map(|(name, run, _, _)| Service::new(stage, name, run)).into_iter().collect::<Result<Vec<_>>>()?;
    stage.file(&format!("{SERVICES}/normally-down/down"), "", 0o644)?;
    stage.script(&format!("{SERVICES}/finishes/finish"), "exec sleep 1000")?;
    stage.script(&format!("{SERVICES}/runs/log/run"), "exec cat >/dev/null")?;
    let runsvdir = stage.start(&mut stage.command(&["runsvdir", SERVICES]))?;
    stage.await_lines(2)?;
    for (service, (_, _, letter, stat)) in made.iter().zip(STATES) {
        service.await_runsv()?;
        if !letter.is_empty() {
            service.await_stat("run")?;
            service.send(letter)?;
        }
        service.await_stat(stat)?;
    }
    Ok((made, runsvdir))
}

#[test]
fn the_node_exporter_reports_what_sv_says() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    let (made, runsvdir) = services(&stage)?;
    let (_exporter, address) = start(&stage)?;
    let clock = || sys::clock::wall().0;
    let mut seen = Vec::new();
    for service in &made {
        let name = service.name();
        let before = clock();
        let (state, wanted, age) = told_by_sv(&stage, name)?;
        let metrics = scrape(&address)?;
        let after = clock();
        let metric = |what: &str| {
            let value = metrics.get(&(what.to_owned(), name.to_owned())).copied();
            value.with_context(|| format!("no {what} of {name} in {metrics:?}"))
        };
        ensure!((metric("state")?, metric("desired_state")?) == (state, wanted), "{name}: {metrics:?}");
        let since = metric("state_last_change_timestamp_seconds")?;
        let record = Status::decode(&fs::read(service.path("supervise/status"))?).context("20 bytes")?;
        ensure!(since == record.since.unix_seconds() as f64, "{name}: {since} of {record:?}");
        let oldest = (before - age - 1) as f64;
        ensure!(oldest <= since && since <= (after - age) as f64, "{name}: {since}, where sv says {age} s at {before}");
        seen.push((state, wanted));
    }
    // Each pair that lasts was there: run, down, down, run wanted down twice, finish, run.
    let pairs = [(1.0, 1.0), (0.0, 0.0), (0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (2.0, 1.0), (1.0, 1.0)];
    ensure!(seen == pairs, "{seen:?}");
    runsvdir.signal(Signal::HUP);
    Ok(())
}

#[test]
fn the_node_exporter_reports_the_same_of_the_originals_services() -> Result<()> {
    let mut views = Vec::new();
    for programs in [Programs::original()?, Programs::ours()?] {
        let stage = Stage::new(&programs)?;
        let (_made, runsvdir) = services(&stage)?;
        let (_exporter, address) = start(&stage)?;
        let mut metrics = scrape(&address)?;
        // It looks for the file down in supervise/, where runsv has never had it; so it says the same of all, but of this.
        fs::write(stage.path("service/is-down/supervise/down"), "").context("unable to make supervise/down")?;
        metrics.extend(scrape(&address)?);
        metrics.retain(|(what, _), _| what != "state_last_change_timestamp_seconds");
        ensure!(metrics.len() == 3 * STATES.len(), "{metrics:?}");
        let down = metrics.iter().filter(|((what, _), value)| what == "normal_state" && **value == 0.0);
        ensure!(down.count() == 1, "{metrics:?}");
        views.push(metrics);
        runsvdir.signal(Signal::HUP);
    }
    ensure!(views[0] == views[1], "the original's, then ours: {views:?}");
    Ok(())
}
