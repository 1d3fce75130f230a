//! Sizes of the programs against `qemu-tests/budgets.toml`, and the README's table of them.
//!
//! Its one law: a number in the README was generated from the file that the test checks.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::lanes::{self, Lane, Program};

/// The board whose programs are weighed.
const BOARD: &str = "x86_64";
/// The lines between which the README's table stands.
const BEGIN: &str = "<!-- sizes -->\n";
const END: &str = "<!-- /sizes -->\n";

/// The programs that have a budget: those without libc, whose size is all of our making.
fn weighed() -> impl Iterator<Item = &'static Program> {
    lanes::PROGRAMS.iter().filter(|program| program.lane == Lane::Freestanding)
}

fn budgets() -> Result<BTreeMap<String, u64>> {
    let path = host::root().join("qemu-tests/budgets.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no table of numbers", path.display()))
}

#[test]
fn every_program_keeps_its_budget() -> Result<()> {
    let directory = lanes::build(Lane::Freestanding, &Board::load(BOARD)?.targets.freestanding)?;
    let mut budgets = budgets()?;
    for program in weighed() {
        let file = directory.join(program.name);
        let size = fs::metadata(&file).with_context(|| format!("unable to look at {}", file.display()))?.len();
        let budget = budgets.remove(program.name).with_context(|| format!("{} has no budget", program.name))?;
        println!("{} {size} of {budget}", program.name);
        ensure!(size <= budget, "{} has {size} bytes, its budget is {budget}", program.name);
    }
    ensure!(budgets.is_empty(), "budgets of programs that are not there: {budgets:?}");
    Ok(())
}

#[test]
fn the_readme_shows_the_budgets() -> Result<()> {
    let budgets = budgets()?;
    let mut table = String::from("\n| program | bytes at most |\n| --- | ---: |\n");
    for program in weighed() {
        let budget = budgets.get(program.name).with_context(|| format!("{} has no budget", program.name))?;
        table += &format!("| `{}` | {budget} |\n", program.name);
    }
    table += &format!("| together | {} |\n\n", budgets.values().sum::<u64>());
    let path = host::root().join("README.md");
    let readme = fs::read_to_string(&path).context("unable to read README.md")?;
    let (before, rest) = readme.split_once(BEGIN).context("README.md has no table of sizes")?;
    let (_, after) = rest.split_once(END).context("README.md has no end of the table of sizes")?;
    let wanted = [before, BEGIN, &table, END, after].concat();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &wanted).context("unable to write README.md")?;
    }
    ensure!(
        readme == wanted || std::env::var_os("UPDATE").is_some(),
        "README.md is out of date, run this with UPDATE=1"
    );
    Ok(())
}
