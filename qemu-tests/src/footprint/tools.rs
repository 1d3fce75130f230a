//! The tools: what chpst costs over a plain exec, and svlogd's table: processor time and system calls for the same lines.
//!
//! Its one law: all get the same bytes through a pipe, one after the other, on one file system.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::fleet::processor_time;
use super::stamps::{self, Spread, Stamps, now};
use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;
use crate::conformance::stage::{Running, Stage, read, until};
use crate::host;

/// Lines of a chunk, each of 100 bytes.
const LINES: usize = 1_000;
/// Bytes of a megabyte.
const MEGABYTE: f64 = 1_000_000.0;
/// The log directory.
const LOG: &str = "log";
/// Chunks of the table's 206 MB.
const CHUNKS: usize = 2_060;
/// Chunks under strace, which slows a program down that makes a system call a line.
const TRACED_CHUNKS: usize = 100;

/// What is measured here.
pub const TOPIC: Topic = Topic {
    title: "tools",
    at_once: false,
    rows: &[
        Row {
            key: "time.chpst",
            what: "chpst over a plain exec",
            unit: "ms",
            how: "difference of the medians of 200 each, in turn, of a start until the program's first instruction",
            exact: false,
        },
        svlogd("cpu.svlogd", "svlogd, 206 MB of lines of 100 bytes: processor time"),
        svlogd("cpu.svlogd-tt", "the same with -tt"),
        svlogd("cpu.svlogd-patterns", "the same with ten patterns"),
        Row {
            key: "calls.svlogd",
            what: "svlogd: system calls a MB",
            unit: "calls",
            how: "strace -c, 10 MB of the same lines",
            exact: false,
        },
    ],
    measure,
};

const fn svlogd(key: &'static str, what: &'static str) -> Row {
    Row { key, what, unit: "s", how: "/proc/PID/schedstat at its end, once; input from a pipe", exact: false }
}

fn measure(programs: &Programs, scale: Scale) -> Result<Values> {
    let mut values = Values::new();
    if programs.has(&["chpst"]) {
        values.push(("time.chpst", chpst(programs, scale)?));
    }
    if programs.has(&["svlogd"]) {
        for (key, logger) in loggers() {
            values.push((key, logger.processor_time(programs, scale.of(CHUNKS, 1))?.as_secs_f64()));
        }
        values.push(("calls.svlogd", Logger::default().calls_of_a_megabyte(programs, scale.of(TRACED_CHUNKS, 1))?));
    }
    Ok(values)
}

/// Milliseconds that chpst adds, the programs started in turn.
fn chpst(programs: &Programs, scale: Scale) -> Result<f64> {
    let stage = Stage::in_memory(programs)?;
    let stamp = stamps::program()?;
    let stamp = stamp.to_str().context("the path of the program stamp is not text")?;
    let [mut plain, mut with] = [Spread::default(), Spread::default()];
    for _ in 0..scale.of(200, 3) {
        plain.add(start(&mut stage.command(&[stamp, "once"]))?);
        with.add(start(&mut stage.command(&["chpst", stamp, "once"]))?);
    }
    Ok(with.median()? - plain.median()?)
}

/// From the start of a command to the stamp of the program that it becomes.
fn start(command: &mut Command) -> Result<Duration> {
    let (source, sink) = io::pipe().context("unable to make a pipe")?;
    command.stdout(sink);
    let start = now();
    let mut running = Running::start(command)?;
    let took = Stamps::of(source).next()?.at - start;
    let status = running.ended()?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(took)
}

/// An svlogd and what it is told.
#[derive(Default)]
struct Logger {
    options: &'static [&'static str],
    config: String,
}

fn loggers() -> [(&'static str, Logger); 3] {
    let patterns = (0..10).map(|number| format!("-*x{number}*\n")).collect();
    [
        ("cpu.svlogd", Logger::default()),
        ("cpu.svlogd-tt", Logger { options: &["-tt"], ..Logger::default() }),
        ("cpu.svlogd-patterns", Logger { config: patterns, ..Logger::default() }),
    ]
}

impl Logger {
    /// The processor time that it uses for so many chunks.
    fn processor_time(&self, programs: &Programs, chunks: usize) -> Result<Duration> {
        let stage = self.stage(programs)?;
        let mut svlogd = Running::start(stage.command(&["svlogd"]).args(self.options).arg(LOG).stdin(Stdio::piped()))?;
        feed(&mut svlogd, chunks)?;
        let pid = svlogd.child().id();
        // One that has ended and was not waited for still has its times.
        until("the end of svlogd", || read(format!("/proc/{pid}/stat")).contains(") Z "))?;
        let used = processor_time(pid)?;
        let status = svlogd.ended()?;
        ensure!(status.success(), "svlogd: {status}");
        Ok(used)
    }

    /// System calls for a megabyte, measured with so many chunks.
    fn calls_of_a_megabyte(&self, programs: &Programs, chunks: usize) -> Result<f64> {
        let stage = self.stage(programs)?;
        let strace = {
            let _lock = host::lock()?;
            host::require("strace", &["strace"])?
        };
        let strace = strace.to_str().context("the path of strace is not text")?;
        let mut command = stage.command(&[strace, "-c", "-U", "calls", "-o", "counts"]);
        command.arg(stage.path("bin/svlogd")).args(self.options).arg(LOG);
        let mut traced = Running::start(command.stdin(Stdio::piped()))?;
        feed(&mut traced, chunks)?;
        let status = traced.ended()?;
        ensure!(status.success(), "svlogd under strace: {status}");
        let text = read(stage.path("counts"));
        let total = text.lines().find(|line| line.trim_end().ends_with("total"));
        let calls = total.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(calls.context("strace has counted nothing")? / (chunk().len() * chunks) as f64 * MEGABYTE)
    }

    fn stage(&self, programs: &Programs) -> Result<Stage> {
        let stage = Stage::in_memory(programs)?;
        stage.file(&format!("{LOG}/config"), &self.config, 0o644)?;
        Ok(stage)
    }
}

fn chunk() -> String {
    (0..LINES).map(|number| format!("{number:099}\n")).collect()
}

/// Writes chunks into the input of a program, and ends it.
fn feed(running: &mut Running, chunks: usize) -> Result<()> {
    let (chunk, mut input) = (chunk(), running.child().stdin.take().context("the program has no input")?);
    (0..chunks).try_for_each(|_| input.write_all(chunk.as_bytes())).context("the program does not read its input")
}
