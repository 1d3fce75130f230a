//! Sizes of the programs against `qemu-tests/budgets.toml`, and the README's table of them.
//!
//! Its one law: a number in the README was generated from the file that the test checks.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::lanes::{self, Lane, PROGRAMS, TOOLS};
use pilotlight_qemu_tests::toolchain::Source;

/// The board whose programs are weighed.
const BOARD: &str = "x86_64";
/// The lines between which the README's table stands.
const BEGIN: &str = "<!-- sizes -->\n";
const END: &str = "<!-- /sizes -->\n";

fn budgets() -> Result<BTreeMap<String, u64>> {
    let path = host::root().join("qemu-tests/budgets.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no table of numbers", path.display()))
}

#[test]
fn every_program_keeps_its_budget() -> Result<()> {
    let targets = Board::load(BOARD)?.targets;
    let mut budgets = budgets()?;
    for (lane, target) in [(Lane::Freestanding, &targets.freestanding), (Lane::Std, &targets.std)] {
        let directory = lanes::build(lane, target)?;
        // With the std that the toolchain has compiled, most of a program's size is not of our making.
        let counts = lane == Lane::Freestanding || lanes::source(lane, target)? != Source::Prebuilt;
        for program in PROGRAMS.iter().filter(|program| program.lane == lane) {
            let file = directory.join(program.name);
            let size = fs::metadata(&file).with_context(|| format!("unable to look at {}", file.display()))?.len();
            let budget = budgets.remove(program.name).with_context(|| format!("{} has no budget", program.name))?;
            println!("{} {size} of {budget}", program.name);
            if counts {
                ensure!(size <= budget, "{} has {size} bytes, its budget is {budget}", program.name);
            } else {
                host::say(&format!("{} has {size} bytes; the budget of {budget} is for std from source", program.name));
            }
        }
    }
    ensure!(budgets.is_empty(), "budgets of programs that are not there: {budgets:?}");
    Ok(())
}

#[test]
fn the_readme_shows_the_budgets() -> Result<()> {
    let budgets = budgets()?;
    let mut table = String::from("\n| program | bytes at most |\n| --- | ---: |\n");
    for program in PROGRAMS {
        let budget = budgets.get(program.name).with_context(|| format!("{} has no budget", program.name))?;
        let what = if program.name == TOOLS { ": `sv`, `svlogd`, `chpst`, `utmpset`" } else { "" };
        table += &format!("| `{}`{what} | {budget} |\n", program.name);
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
