//! The conformance suite: the same scenarios on two sets of programs, and their transcripts side by side.
//!
//! Duty: `cargo conformance` and `tests/conformance.rs`. Its one law: two transcripts are alike, or each difference stands in
//! `differences.rs`, in the very words; a difference that stands there and is not seen is as wrong as one that is seen and does
//! not stand there.

pub mod causes;
pub mod differences;
pub mod programs;
mod running;
pub mod scenarios;
pub mod service;
pub mod stage;
pub mod transcript;

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

use causes::Cause;
use differences::{DIFFERENCES, Difference};
use programs::Programs;
use stage::Stage;
use transcript::{Transcript, indent};

/// Scenarios that play at a time: they mostly wait.
const AT_A_TIME: usize = 6;

/// Something that is done with a set of programs.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The programs that it uses.
    pub uses: &'static [&'static str],
    /// What is done; what is seen goes into the stage's transcript.
    pub play: fn(&Stage) -> Result<()>,
}

/// What came of a scenario.
pub struct Outcome {
    /// The scenario's name.
    pub name: &'static str,
    /// What is wrong, a paragraph each; nothing, if the sets are alike.
    pub wrong: Vec<String>,
    /// How many declared differences were seen.
    pub declared: usize,
    /// The steps that were compared.
    pub steps: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.wrong.is_empty() { "alike" } else { "DIFFERENT" };
        write!(formatter, "{verdict:9} {} ({} steps, {} differences declared)", self.name, self.steps, self.declared)?;
        self.wrong.iter().try_for_each(|paragraph| write!(formatter, "\n{}", indent(paragraph)))
    }
}

/// Plays every scenario that `chosen` takes with both sets, and compares.
pub fn compare(reference: &Programs, programs: &Programs, chosen: impl Fn(&Scenario) -> bool) -> Vec<Outcome> {
    let scenarios: Vec<_> = scenarios::all().filter(|scenario| chosen(scenario)).collect();
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = compare_one(scenario, reference, programs);
                    outcomes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(outcome);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    outcomes.sort_by_key(|outcome| outcome.name);
    outcomes
}

/// Plays a scenario with a set of programs.
pub fn play(scenario: &Scenario, programs: &Programs) -> Result<Transcript> {
    let stage = Stage::new(programs)?;
    (scenario.play)(&stage).map(|()| stage.transcript()).map_err(|error| {
        let sofar = stage.transcript();
        error.context(format!("after these steps:\n{sofar}messages: {}", stage.messages()))
    })
}

fn compare_one(scenario: &Scenario, reference: &Programs, programs: &Programs) -> Outcome {
    let mut outcome = Outcome { name: scenario.name, wrong: Vec::new(), declared: 0, steps: 0 };
    let plays = [reference, programs].map(|set| {
        let failed = |error| format!("{} failed: {error:#}", set.title);
        let usable = scenario.uses.iter().try_for_each(|name| set.file(name).map(drop));
        usable.and_then(|()| play(scenario, set)).map_err(failed)
    });
    match plays {
        [Ok(theirs), Ok(ours)] => {
            let rows = DIFFERENCES.iter().filter(|row| row.scenario == scenario.name);
            let rows = rows.filter(|row| !reference.agrees_on(row.program, programs)).collect();
            judge(&mut outcome, rows, &theirs, &ours);
        }
        plays => outcome.wrong.extend(plays.into_iter().filter_map(Result::err)),
    }
    outcome
}

/// Compares two transcripts step by step, with the rows of the table that apply to them.
fn judge(outcome: &mut Outcome, mut rows: Vec<&Difference>, theirs: &Transcript, ours: &Transcript) {
    outcome.steps = theirs.0.len();
    if theirs.0.len() != ours.0.len() {
        outcome.wrong.push(format!("{} steps, where the reference has {}", ours.0.len(), theirs.0.len()));
    }
    for (theirs, ours) in theirs.0.iter().zip(&ours.0).filter(|(theirs, ours)| theirs != ours) {
        let is_declared = |row: &&Difference| {
            theirs.done == ours.done && row.step == ours.done && row.theirs == theirs.seen && row.ours == ours.seen
        };
        if let Some(at) = rows.iter().position(is_declared) {
            rows.remove(at);
            outcome.declared += 1;
        } else {
            outcome.wrong.push(diff(&ours.done, &theirs.seen, &ours.seen));
        }
    }
    // A reference that is newer may have lost what its next version changed.
    for row in rows.iter().filter(|row| !matches!(row.cause, Cause::Newer(_))) {
        outcome.wrong.push(format!("{}\ndeclared, but not seen: {:?}", row.step, row.cause));
    }
}

/// The lines of a step, with a mark before those that one of the two has alone.
fn diff(step: &str, theirs: &str, ours: &str) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (theirs.lines().collect(), ours.lines().collect());
    let same_start = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let rest = before.len().min(after.len()) - same_start;
    let same_end =
        before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    let marked = |mark: &str, lines: &[&str]| lines.iter().map(|line| format!("\n{mark}{line}")).collect::<String>();
    let [kept, left] = [&before[..same_start], &before[before.len() - same_end..]].map(|lines| marked("  ", lines));
    let gone = marked("- ", &before[same_start..before.len() - same_end]);
    let new = marked("+ ", &after[same_start..after.len() - same_end]);
    format!("{step}   (- the reference, + the programs){kept}{gone}{new}{left}")
}
