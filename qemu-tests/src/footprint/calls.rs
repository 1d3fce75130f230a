//! System calls: of a runsv for one restart of its service, and of sv for one status.
//!
//! Its one law: a number is shown if each repetition gave it.

use std::fs::{self, File};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use protocol::control::Signal;

use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;
use crate::conformance::service::{IDLE, Service};
use crate::conformance::stage::{Running, Stage, await_some, read, until};
use crate::host;

/// What is measured here.
pub const TOPIC: Topic = Topic {
    title: "system calls",
    at_once: true,
    rows: &[
        Row {
            key: "calls.restart",
            what: "runsv, from the death of run to the next wait",
            unit: "calls",
            how: "strace; the same in each of 3 restarts after SIGKILL",
            exact: true,
        },
        Row {
            key: "calls.child",
            what: "its child, until it has become run",
            unit: "calls",
            how: "strace; the same in each of 3 restarts",
            exact: true,
        },
        Row {
            key: "calls.status",
            what: "sv status of one service",
            unit: "calls",
            how: "strace; from execve to exit_group, the dynamic linker's among them; the same 3 times",
            exact: true,
        },
    ],
    measure,
};

/// How often each is counted.
const TIMES: usize = 3;
/// Longer than the second that lies between two starts: the next one is not put off.
const SETTLED: Duration = Duration::from_millis(1_200);
/// The service of the stage.
const NAME: &str = "one";

fn measure(programs: &Programs, _: Scale) -> Result<Values> {
    let mut values = Values::new();
    if !programs.has(&["runsv"]) {
        return Ok(values);
    }
    {
        let _lock = host::lock()?;
        host::require("strace", &["strace"])?;
    }
    let stage = Stage::new(programs)?;
    let service = Service::new(&stage, NAME, IDLE)?;
    let mut runsv = service.start()?;
    service.await_stat("run")?;
    if programs.has(&["sv"]) {
        values.push(("calls.status", agreed((0..TIMES).map(|_| status(&stage)))?));
    }
    let trace = Trace::attach(&stage, runsv.child().id())?;
    let counts: Vec<_> = (0..TIMES).map(|_| restart(&service, &trace)).collect::<Result<_>>()?;
    values.push(("calls.restart", agreed(counts.iter().map(|(own, _)| Ok(*own)))?));
    values.push(("calls.child", agreed(counts.iter().map(|(_, child)| Ok(*child)))?));
    Ok(values)
}

/// The number that all repetitions gave.
fn agreed(counts: impl Iterator<Item = Result<usize>>) -> Result<f64> {
    let counts = counts.collect::<Result<Vec<_>>>()?;
    let first = *counts.first().context("nothing was counted")?;
    ensure!(counts.iter().all(|count| *count == first), "repetitions gave {counts:?} calls");
    Ok(first as f64)
}

/// strace, attached to a process and what it starts; each has a file.
struct Trace<'stage> {
    _strace: Running,
    stage: &'stage Stage,
    pid: u32,
}

impl<'stage> Trace<'stage> {
    fn attach(stage: &'stage Stage, pid: u32) -> Result<Self> {
        let messages = File::create(stage.path("strace")).context("unable to make a file for strace")?;
        let number = pid.to_string();
        let mut command = stage.command(&["strace", "-ff", "-o", "trace", "-p", &number]);
        let mut strace = Running::start(command.stdout(Stdio::null()).stderr(messages))?;
        let says = || read(stage.path("strace"));
        until("strace", || says().contains("attached") || strace.child().try_wait().is_ok_and(|it| it.is_some()))?;
        ensure!(says().contains("attached"), "strace cannot trace another process; be root: {}", says());
        let trace = Self { _strace: strace, stage, pid };
        // The call that it waits in is written without its end.
        until("the call that runsv waits in", || !trace.calls(pid).ends_with('\n') && !trace.calls(pid).is_empty())?;
        Ok(trace)
    }

    fn calls(&self, pid: u32) -> String {
        read(self.stage.path(&format!("trace.{pid}")))
    }

    /// Waits until the traced process waits in a call after more than so many, and counts again.
    fn rested(&self, before: usize) -> Result<usize> {
        let is_waiting = |text: &str| !text.ends_with('\n') && count(text) > before;
        until("runsv to wait", || is_waiting(&self.calls(self.pid)) && is_asleep(self.pid))?;
        Ok(count(&self.calls(self.pid)))
    }
}

/// Is a process in a call that waits, and not on its way to its tracer?
fn is_asleep(pid: u32) -> bool {
    read(format!("/proc/{pid}/stat")).rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// The calls of a trace that have ended: neither signals nor the end of a process are calls.
fn count(trace: &str) -> usize {
    trace.split_inclusive('\n').filter(|line| line.ends_with('\n') && is_call(line)).count()
}

fn is_call(line: &str) -> bool {
    !line.starts_with("---") && !line.starts_with("+++")
}

/// The calls of a runsv for one restart, and those of its child up to the service's own.
fn restart(service: &Service, trace: &Trace) -> Result<(usize, usize)> {
    let before = count(&trace.calls(trace.pid));
    let pid = service.pid()?;
    thread::sleep(SETTLED);
    service.signal(Signal::KILL)?;
    let next = service.pid_after(pid)?;
    service.await_stat("run")?;
    let after = trace.rested(before)?;
    let child = await_some("the service's own program", || until_exec(&trace.calls(next.get())))?;
    Ok((after - before, child))
}

/// The calls of a child up to the one by which it becomes another program.
fn until_exec(trace: &str) -> Option<usize> {
    let mut calls = trace.lines().filter(|line| is_call(line));
    calls.position(|line| line.starts_with("execve(") && line.ends_with("= 0")).map(|before| before + 1)
}

/// The calls of one `sv status`.
fn status(stage: &Stage) -> Result<usize> {
    let file = stage.path("status");
    let program = stage.path("bin/sv");
    let mut command = stage.command(&["strace", "-o", "status"]);
    let answer = stage.answer(command.arg(program).args(["status", NAME]))?;
    ensure!(answer.contains("run: ") && answer.ends_with("exit 0"), "sv status said {answer}");
    Ok(count(&fs::read_to_string(&file).with_context(|| format!("strace has left no {}", file.display()))?))
}

#[cfg(test)]
mod tests {
    use super::{count, until_exec};

    #[test]
    fn calls_that_have_ended_are_counted_and_nothing_else() {
        let trace = "ppoll([{fd=3}], 1) = 1\n--- SIGCHLD {si_signo=SIGCHLD} ---\nwait4(-1, NULL, 0, NULL) = 7\n\
                     +++ killed by SIGKILL +++\nppoll([{fd=3}], 1";
        assert_eq!(count(trace), 2);
        assert_eq!(count(""), 0);
        let child = "setpgid(0, 0) = 0\n--- SIGCONT ---\nexecve(\"./run\", [\"./run\"], 0x7f) = 0\nbrk(NULL) = 0x5\n";
        assert_eq!(until_exec(child), Some(2));
        assert_eq!(until_exec("setpgid(0, 0) = 0\nexecve(\"./run\""), None);
    }
}
