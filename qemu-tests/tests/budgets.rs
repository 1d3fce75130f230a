//! What the programs cost, against `qemu-tests/budgets.toml`; and the README's table, against the recorded run.
//!
//! Its one law: each exact row of ours has a budget, and each budget a row. All that is wrong is said at once. With UPDATE=1 the
//! budgets become what was measured and a little more, and the README what was recorded.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use pilotlight_qemu_tests::board::{self, Board};
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::footprint::record::{self, Record};
use pilotlight_qemu_tests::footprint::{Row, Scale, TOPICS, Topic, Values, sizes, targets, wakeups};
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::lanes::{self, Lane};
use pilotlight_qemu_tests::toolchain::Source;

/// The architecture for which there are budgets of more than sizes, and the board of it.
const MEASURED: &str = "x86_64";
/// Programs are looked at for a quarter of the minute that wakeups are counted in: none of ours wakes up in it, and the original's
/// runsvdir would three times.
const QUARTER: Duration = Duration::from_secs(15);
/// Rows whose values are those of another program if std is not compiled for size: it cannot be had on each machine.
const WITH_STD: &[&str] = &[
    "size.tools",
    "size.all",
    "squashfs",
    "text.tools",
    "data.tools",
    "private.svlogd",
    "file.svlogd",
    "calls.status",
];

/// A page, in kB.
const PAGE: f64 = 4.0;

/// Budgets by section and key.
type Budgets = BTreeMap<String, BTreeMap<String, f64>>;

fn path() -> PathBuf {
    host::root().join("qemu-tests/budgets.toml")
}

fn is_update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

fn rows() -> impl Iterator<Item = &'static Row> {
    TOPICS.iter().flat_map(|topic| topic.rows).filter(|row| row.exact)
}

/// The exact rows of a set in a topic.
fn exact(topic: &Topic, programs: &Programs) -> Result<BTreeMap<String, f64>> {
    host::say(&format!("measuring {} of {}", topic.title, programs.title));
    let values: Values = if topic.title == wakeups::TOPIC.title {
        wakeups::measure_for(programs, Duration::ZERO, QUARTER)?
    } else {
        (topic.measure)(programs, Scale::Full)?
    };
    let is_exact = |key: &str| topic.rows.iter().any(|row| row.key == key && row.exact);
    Ok(values.into_iter().filter(|(key, _)| is_exact(key)).map(|(key, value)| (key.to_owned(), value)).collect())
}

/// All exact rows but sizes, of the programs for this machine. All at the same time: none is a time, and most of it is waiting.
fn measured_here() -> Result<BTreeMap<String, f64>> {
    let programs = Programs::ours()?;
    let has_exact = |topic: &&Topic| topic.title != sizes::TOPIC.title && topic.rows.iter().any(|row| row.exact);
    thread::scope(|scope| {
        let topics = TOPICS.iter().filter(has_exact);
        let threads: Vec<_> = topics.map(|topic| scope.spawn(|| exact(topic, &programs))).collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| bail!("a topic panicked")));
        let mut all = BTreeMap::new();
        results.collect::<Result<Vec<_>>>()?.into_iter().for_each(|values| all.extend(values));
        Ok(all)
    })
}

/// Everything that has a budget: the sizes for a board of each target, and with core from source; for one architecture, all else.
fn measured() -> Result<Budgets> {
    let mut measured = Budgets::new();
    for board in board::of_each_target()? {
        let name = &board.name;
        let programs = Programs::built(name, &board, |lane, target| lanes::source(lane, target).map(Some))?;
        let mut values = exact(&sizes::TOPIC, &programs)?;
        if lanes::source(Lane::Std, &board.targets.std)? == Source::Prebuilt {
            values.retain(|key, _| !WITH_STD.contains(&key.as_str()));
        }
        measured.insert(name.clone(), values);
        let title = format!("{name} from source");
        let without_std =
            |lane, target: &str| if lane == Lane::Std { Ok(None) } else { targets::from_source(lane, target) };
        let programs = Programs::built(&title, &board, without_std)?;
        measured.insert(title, exact(&sizes::TOPIC, &programs)?);
    }
    if std::env::consts::ARCH == MEASURED {
        let values = measured.entry(MEASURED.into()).or_default();
        let has_std = values.contains_key("size.tools");
        values.extend(measured_here()?);
        values.retain(|key, _| has_std || !WITH_STD.contains(&key.as_str()));
    }
    Ok(measured)
}

/// What is wrong, a line each.
fn wrong(measured: &Budgets, budgets: &Budgets) -> Vec<String> {
    let mut wrong = Vec::new();
    for (section, values) in measured {
        for (key, value) in values {
            match budgets.get(section).and_then(|budgets| budgets.get(key)) {
                Some(budget) if value > budget => {
                    wrong.push(format!("{section}: {key} is {value}, its budget {budget}"))
                }
                Some(_) => {}
                None => wrong.push(format!("{section}: {key} has no budget, it is {value}")),
            }
        }
    }
    for (section, key) in budgets.iter().flat_map(|(section, keys)| keys.keys().map(move |key| (section, key))) {
        let is_measured = measured.get(section).is_some_and(|values| values.contains_key(key));
        if is_measured {
            continue;
        }
        // A machine that lacks a source of core or std does not measure all.
        if measured.contains_key(section) && rows().any(|row| row.key == key) {
            host::say(&format!("{section}: {key} was not measured on this machine"));
        } else {
            wrong.push(format!("{section}: {key} has a budget, but no row"));
        }
    }
    wrong
}

/// A little more than a value: bytes to the next 256, memory by the page that the place of the stack may make, calls and wakeups
/// by nothing.
fn budget(key: &str, value: f64) -> f64 {
    match rows().find(|row| row.key == key).map_or("", |row| row.unit) {
        "bytes" => (value / 256.0).ceil() * 256.0,
        // One of many: the places of stacks are in the mean.
        "kB" if key.starts_with("service.") => value.ceil() + 1.0,
        "kB" => value.ceil() + PAGE,
        _ => value,
    }
}

/// Sets the budgets to a little more than what was measured. Those of rows that this machine cannot measure stay.
fn update(budgets: &mut Budgets, measured: &Budgets) {
    budgets.retain(|section, _| measured.contains_key(section));
    for (section, values) in measured {
        let kept = budgets.entry(section.clone()).or_default();
        kept.retain(|key, _| rows().any(|row| row.key == key));
        kept.extend(values.iter().map(|(key, value)| (key.clone(), budget(key, *value))));
    }
}

/// The budgets as their file has them.
fn format(budgets: &Budgets) -> String {
    let lines = |keys: &BTreeMap<String, f64>| {
        keys.iter().map(|(key, value)| format!("\"{key}\" = {value}\n")).collect::<String>()
    };
    budgets.iter().map(|(section, keys)| format!("\n[\"{section}\"]\n{}", lines(keys))).collect()
}

#[test]
fn every_exact_row_keeps_its_budget() -> Result<()> {
    let text = fs::read_to_string(path()).with_context(|| format!("unable to read {}", path().display()))?;
    let mut budgets: Budgets = toml::from_str(&text).context("the budgets are no tables of numbers")?;
    let measured = measured()?;
    if is_update() {
        update(&mut budgets, &measured);
        let comment: String = text.split_inclusive('\n').take_while(|line| line.starts_with('#')).collect();
        fs::write(path(), comment + &format(&budgets)).context("unable to write the budgets")?;
    }
    let wrong = wrong(&measured, &budgets);
    ensure!(wrong.is_empty(), "budgets (UPDATE=1 makes them what was measured):\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn what_exceeds_a_budget_or_has_none_is_found() {
    let table = |values: &[(&str, f64)]| {
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
        Budgets::from([("x86_64".to_owned(), values)])
    };
    let measured = table(&[("size.runit", 10.0), ("size.runsv", 10.0), ("size.runsvdir", 10.0)]);
    let budgets = table(&[("size.runit", 10.0), ("size.runsv", 9.0), ("size.nothing", 1.0)]);
    let expected = [
        "x86_64: size.runsv is 10, its budget 9",
        "x86_64: size.runsvdir has no budget, it is 10",
        "x86_64: size.nothing has a budget, but no row",
    ];
    assert_eq!(wrong(&measured, &budgets), expected);
}

#[test]
fn the_readme_shows_the_record_and_the_record_the_programs() -> Result<()> {
    let record = Record::load()?;
    let readme = record.readme()?;
    if is_update() {
        record.save()?;
    }
    ensure!(record::readme()? == readme, "README.md is not what doc/footprint.json says, run this with UPDATE=1");
    if std::env::consts::ARCH != MEASURED || record.compiler != record::compiler()? {
        host::say(&format!("doc/footprint.json is of {MEASURED} programs built by {}", record.compiler));
        return Ok(());
    }
    let programs = Programs::ours()?;
    let is_smallest = lanes::source(Lane::Std, &Board::load(MEASURED)?.targets.std)? != Source::Prebuilt;
    let mut stale = Vec::new();
    for (key, value) in exact(&sizes::TOPIC, &programs)? {
        let recorded = record.row(&key).and_then(|row| row.values.get("ours"));
        if recorded != Some(&value) && (is_smallest || !WITH_STD.contains(&key.as_str())) {
            stale.push(format!("{key} is {value}, recorded is {recorded:?}"));
        }
    }
    ensure!(
        stale.is_empty(),
        "doc/footprint.json is older than the programs: run `cargo footprint --readme`, at least with `--only sizes`:\n{}",
        stale.join("\n")
    );
    Ok(())
}
