//! The manuals and the programs say the same: every option of a page exists, and every option that exists is in its page.
//!
//! Its one law: a program is asked, not its source. An option that it does not have it calls illegal.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::conformance::programs::{NAMES, Programs};
use pilotlight_qemu_tests::conformance::stage::Stage;
use pilotlight_qemu_tests::host;

/// The programs that read options as getopt(3) does, and call others illegal.
const WITH_OPTIONS: [&str; 4] = ["sv", "svlogd", "chpst", "utmpset"];
/// The programs of daemontools that chpst is under other names, those with options.
const EMULATIONS: [&str; 2] = ["setlock", "softlimit"];
/// Words after two dashes that are tried: those of a page, and some that other programs have.
const LONG_WORDS: [&str; 4] = ["json", "help", "version", "verbose"];
/// What follows `Fl` in a line of a page and is no option.
const NO_OPTIONS: [&str; 10] = ["|", ",", ".", ";", "Ar", "Oc", "Oo", "Ns", "Op", "..."];

/// Where the manuals are.
pub(crate) fn directory() -> PathBuf {
    host::root().join("doc/man")
}

fn page(name: &str) -> Result<String> {
    let path = directory().join(name).with_extension("8");
    fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))
}

/// The lines of a section, up to the next.
fn section<'page>(page: &'page str, title: &str) -> impl Iterator<Item = &'page str> {
    let lines = page.lines().skip_while(move |line| *line != format!(".Sh {title}")).skip(1);
    lines.take_while(|line| !line.starts_with(".Sh "))
}

/// The options that lines of a page name: letters, and words with a dash in front.
fn options_in<'page>(lines: impl Iterator<Item = &'page str>) -> BTreeSet<String> {
    let mut options = BTreeSet::new();
    for line in lines.filter(|line| line.starts_with('.')) {
        let mut is_option = false;
        for word in line[1..].split(' ') {
            match word {
                "Fl" => is_option = true,
                "|" => {}
                word if NO_OPTIONS.contains(&word) => is_option = false,
                _ if !is_option => {}
                word => match word.strip_prefix("\\-") {
                    Some(long) => drop(options.insert(format!("-{long}"))),
                    None => options.extend(word.chars().map(String::from)),
                },
            }
        }
    }
    options
}

/// The options that a program does not call illegal.
pub(crate) fn options_of(stage: &Stage, program: &str) -> Result<BTreeSet<String>> {
    let letters = ('!'..='~').filter(|letter| *letter != '-').map(String::from);
    let tried = letters.chain(LONG_WORDS.iter().map(|word| format!("-{word}")));
    let mut options = BTreeSet::new();
    for option in tried {
        let answer = stage.answer(&mut stage.command(&[program, &format!("-{option}")]))?;
        ensure!(answer.contains("2: usage: "), "{program} -{option} says {answer}");
        if !answer.contains("illegal option") {
            options.insert(option);
        }
    }
    Ok(options)
}

#[test]
fn each_program_has_a_manual_without_warnings() -> Result<()> {
    let mandoc = host::require("mandoc", &["mandoc"])?;
    for name in NAMES {
        let page = page(name)?;
        ensure!(page.contains(&format!(".Dt {} 8", name.to_uppercase())), "{name}.8 is of another name");
        host::output(
            Command::new(&mandoc).args(["-T", "lint", "-W", "warning"]).arg(directory().join(name).with_extension("8")),
        )?;
    }
    let pages = fs::read_dir(directory()).context("no manuals")?.count();
    ensure!(pages == NAMES.len(), "{pages} files in {}", directory().display());
    Ok(())
}

#[test]
fn a_manual_has_the_options_of_its_program_and_no_others() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    for name in WITH_OPTIONS {
        let page = page(name)?;
        let own = options_of(&stage, name)?;
        let [synopsis, description] = ["SYNOPSIS", "DESCRIPTION"].map(|title| options_in(section(&page, title)));
        ensure!(synopsis == own, "{name}.8, SYNOPSIS: {synopsis:?}; the program has {own:?}");
        ensure!(description == own, "{name}.8, DESCRIPTION: {description:?}; the program has {own:?}");
    }
    let chpst = page("chpst")?;
    for name in EMULATIONS {
        let lines = section(&chpst, "EMULATION").filter(|line| line.starts_with(&format!(".It Nm {name} ")));
        let (described, own) = (options_in(lines), options_of(&stage, name)?);
        ensure!(described == own, "chpst.8, {name}: {described:?}; the program has {own:?}");
    }
    Ok(())
}

/// The programs without libc have few options; their usage tells them.
#[test]
fn a_manual_has_the_options_of_a_usage_and_no_others() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    for name in ["runsv", "runsvdir", "runsvchdir", "runit-init", "runit"] {
        let usage = stage.answer(&mut stage.command(&[name]))?;
        let told =
            usage.split(['[', ']', ' ']).filter_map(|word| word.strip_prefix('-')).filter(|word| word.len() == 1);
        let told: BTreeSet<String> = told.map(String::from).collect();
        let synopsis = options_in(section(&page(name)?, "SYNOPSIS"));
        ensure!(synopsis == told, "{name}.8: {synopsis:?}; the program says {usage}");
    }
    Ok(())
}

/// A line of a configuration that is not understood is told.
#[test]
fn the_manual_of_svlogd_has_the_lines_of_its_configuration_and_no_others() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    let page = page("svlogd")?;
    let letters = section(&page, "DESCRIPTION")
        .filter_map(|line| line.strip_prefix(".It Ic ")?.trim_start_matches("\\&").chars().next());
    let letters: BTreeSet<char> = letters.filter(|letter| *letter != '*').collect();
    let mut understood = BTreeSet::new();
    for letter in ('!'..='~').filter(|letter| *letter != '#') {
        for value in ["1", "127.0.0.1", "true"] {
            stage.file("log/config", format!("{letter}{value}\n"), 0o644)?;
            let answer = stage.answer(&mut stage.command(&["svlogd", "log"]))?;
            if !answer.contains("2: ") {
                understood.insert(letter);
            }
        }
    }
    ensure!(letters == understood, "svlogd.8: {letters:?}; svlogd understands {understood:?}");
    Ok(())
}

/// Does sv understand this word as a command?
pub(crate) fn is_command(stage: &Stage, word: &str) -> Result<bool> {
    let answer = stage.answer(&mut stage.command(&["sv", "-w", "0", word, "nobody"]))?;
    ensure!(answer.contains("fail: nobody: ") || answer.contains("2: usage: "), "sv {word} says {answer}");
    Ok(answer.contains("fail: nobody: "))
}

/// The commands of a page are understood, and a word that begins with another letter is not.
#[test]
fn the_manual_of_sv_has_its_commands_and_no_others() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    let page = page("sv")?;
    let tags = section(&page, "DESCRIPTION").filter_map(|line| line.strip_prefix(".It Cm "));
    let also =
        section(&page, "DESCRIPTION").filter(|line| ["e", "x"].map(|it| format!(".Cm {it}")).contains(&(*line).into()));
    let words = tags.chain(also.map(|line| &line[".Cm ".len()..])).flat_map(|line| line.split(" , "));
    let words: BTreeSet<&str> = words.collect();
    // Of these the whole word counts.
    let whole = ["reload", "restart", "force-stop", "force-restart", "force-shutdown", "force-reload"];
    let letters: Vec<_> = words.iter().filter(|word| !whole.contains(word)).collect();
    for word in &words {
        ensure!(is_command(&stage, word)?, "sv.8 has {word}, which sv does not understand");
    }
    for letter in ('0'..='9').chain('A'..='Z').chain('a'..='z') {
        let is_told = letters.iter().any(|word| word.starts_with(letter));
        ensure!(is_command(&stage, &letter.to_string())? == is_told, "{letter}: sv.8 and sv do not agree");
    }
    Ok(())
}
