//! The tour, `doc/tour.md`, typed into a shell with our programs: what is seen is what the text shows.
//!
//! Its one law: the text is the test. In a block `console` a line behind `$ ` is typed, with the lines behind `> ` that follow it,
//! and the lines up to the next `$ ` are what must be seen. Numbers that differ from run to run may be any (`Masks`).

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::conformance::stage::{Running, Stage};
use pilotlight_qemu_tests::conformance::transcript::Masks;
use pilotlight_qemu_tests::host;

/// Where the tour plays, on the stage.
const HOME: &str = "home";
/// Commands that change nothing: a person types them later than a test does, so they are typed again until they show the text.
const LOOKS: [&str; 4] = ["sv status", "sv --json status", "cat ", "test "];
/// How long one step may take.
const PATIENCE: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Printed by the shell when a command is done.
const DONE: &str = "--- the step is done ---";

/// What is typed, and what must be seen then.
#[derive(Default)]
struct Step {
    /// The line of the text, for a person.
    line: usize,
    typed: String,
    seen: String,
}

/// The steps of a text.
fn steps(text: &str) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_inside = false;
    for (line, content) in (1..).zip(text.lines()) {
        if content.starts_with("```") {
            is_inside = content == "```console";
        } else if !is_inside {
        } else if let Some(typed) = content.strip_prefix("$ ") {
            steps.push(Step { line, typed: format!("{typed}\n"), ..Step::default() });
        } else {
            let step = steps.last_mut().with_context(|| format!("line {line}: seen before anything is typed"))?;
            match content.strip_prefix("> ").or((content == ">").then_some("")) {
                Some(more) if step.seen.is_empty() => writeln!(step.typed, "{more}")?,
                _ => writeln!(step.seen, "{content}")?,
            }
        }
    }
    ensure!(!steps.is_empty(), "nothing is typed: no block begins with ```console");
    Ok(steps)
}

/// A shell that is typed into.
struct Shell {
    input: ChildStdin,
    output: Receiver<String>,
    _running: Running,
}

impl Shell {
    fn start(stage: &Stage) -> Result<Self> {
        stage.make_dir(HOME)?;
        let mut command = stage.command(&["sh"]);
        command.current_dir(stage.path(HOME)).env("HOME", stage.path(HOME)).env_remove("SVDIR").env_remove("JOURNAL");
        let mut running = Running::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let child = running.child();
        let (input, output) = child.stdin.take().zip(child.stdout.take()).context("a shell without pipes")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut shell = Self { input, output: receiver, _running: running };
        shell.enter("exec 2>&1\n")?;
        Ok(shell)
    }

    /// Types a command and hands back what is seen until it is done.
    fn enter(&mut self, typed: &str) -> Result<String> {
        writeln!(self.input, "{typed}echo '{DONE}'").context("the shell is gone")?;
        let (deadline, mut seen) = (Instant::now() + PATIENCE, String::new());
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            let line = self.output.recv_timeout(rest).with_context(|| format!("no end came; seen:\n{seen}"))?;
            match line.strip_suffix(DONE) {
                None => writeln!(seen, "{line}")?,
                Some("") => return Ok(seen),
                Some(line) => bail!("seen without an end of line: {line}"),
            }
        }
    }

    /// Takes a step: what is seen must be the text's.
    fn take(&mut self, step: &Step, masks: &Masks) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let expected = masks.apply(&step.seen);
        loop {
            let seen = self.enter(&step.typed)?;
            if masks.apply(&seen) == expected {
                return Ok(());
            }
            let is_look = LOOKS.iter().any(|look| step.typed.starts_with(look));
            ensure!(is_look && Instant::now() < deadline, "the text shows\n{}but this is seen\n{seen}", step.seen);
            thread::sleep(BETWEEN_LOOKS);
        }
    }
}

/// Types the steps of a text.
pub(crate) fn replay(text: &str) -> Result<()> {
    host::require("pgrep", &["procps"])?;
    let stage = Stage::new(&Programs::ours()?)?;
    let masks = Masks::new(&stage.path(HOME));
    let mut shell = Shell::start(&stage)?;
    for step in steps(text)? {
        let when = || format!("line {}: $ {}", step.line, step.typed.trim_end());
        shell.take(&step, &masks).with_context(when)?;
    }
    Ok(())
}

#[test]
fn the_tour_shows_what_is_seen() -> Result<()> {
    let text = fs::read_to_string(host::root().join("doc/tour.md")).context("unable to read the tour")?;
    replay(&text)
}

#[test]
fn a_tour_that_is_stale_is_told() -> Result<()> {
    let is_told = |seen: &str| replay(&format!("```console\n$ sv restart\n{seen}```\n")).is_err();
    let usage = "usage: sv [-v] [-w sec] command service ...\n\n";
    ensure!(!is_told(usage), "what sv says is not seen");
    let stale = ["", "usage: sv [-v] command service ...\n\n", &format!("{usage}more\n"), &format!("more\n{usage}")];
    for seen in stale {
        ensure!(is_told(seen), "the replay is content with {seen:?}");
    }
    Ok(())
}
