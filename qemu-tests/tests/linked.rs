//! What the linked programs of the device hold: no message of a panic, and nothing of core's formatting. For each target of the boards.
//!
//! The files of the device have no symbols, so the same build is made once more with them. Its one law: the same look finds
//! what it looks for in programs that do hold it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSection, ObjectSymbol};
use pilotlight_qemu_tests::board::{self, Board};
use pilotlight_qemu_tests::helper;
use pilotlight_qemu_tests::lanes::{self, Lane, PROGRAMS};

/// Pieces of the messages of panics, and of the places that they name.
const MESSAGES: &[&str] =
    &["panicked", "unwrap", "out of bounds", "attempt to", "out of range", "library/core", ".rs", "overflow"];
/// Pieces of the names of formatting code, as either scheme of names writes them: `core::fmt::…`, `<T as core::fmt::…>`.
const FORMATTING: &[&str] = &["4core3fmt", "core..fmt.."];

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("unable to read {}", file.display()))
}

/// The messages of panics in the bytes of a file.
fn messages(bytes: &[u8]) -> Vec<&'static str> {
    let is_there = |text: &&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    MESSAGES.iter().copied().filter(is_there).collect()
}

/// The names of formatting code in a program that has symbols; of its functions there must be some.
fn formatting(bytes: &[u8]) -> Result<Vec<String>> {
    let file = object::File::parse(bytes).context("not a program")?;
    let names: Vec<_> = file.symbols().filter_map(|symbol| Some(symbol.name().ok()?.to_owned())).collect();
    ensure!(names.iter().any(|name| name.contains("main")), "the program has no symbols");
    Ok(names.into_iter().filter(|name| FORMATTING.iter().any(|piece| name.contains(piece))).collect())
}

/// The sizes of what is loaded of a program.
fn loaded(bytes: &[u8]) -> Result<Vec<(String, u64)>> {
    let file = object::File::parse(bytes).context("not a program")?;
    let sections = file.sections().filter(|section| section.address() != 0);
    Ok(sections.filter_map(|section| Some((section.name().ok()?.to_owned(), section.size()))).collect())
}

#[test]
fn the_linked_programs_hold_no_panic_message_and_no_formatting() -> Result<()> {
    for Board { name, targets, .. } in board::of_each_target()? {
        let target = targets.freestanding;
        let device = lanes::build(Lane::Freestanding, &target)?;
        let named = lanes::build_with_symbols(Lane::Freestanding, &target)?;
        for program in PROGRAMS.iter().filter(|program| program.lane == Lane::Freestanding) {
            let (bytes, named) = (read(&device.join(program.name))?, read(&named.join(program.name))?);
            let who = format!("{} of the board {name}", program.name);
            let found = messages(&bytes);
            ensure!(found.is_empty(), "{who} holds messages of panics: {found:?}");
            ensure!(loaded(&bytes)? == loaded(&named)?, "{who} is another program with symbols than without");
            let found = formatting(&named).context(who.clone())?;
            ensure!(found.is_empty(), "{who} holds formatting code: {found:?}");
        }
    }
    Ok(())
}

#[test]
fn a_program_that_holds_them_is_found() -> Result<()> {
    // One of the same programs without optimisation, and one with std.
    let debug = helper::debug_program("pilotlight-init", "runit-init")?;
    for file in [&debug, Path::new(env!("CARGO_BIN_EXE_board"))] {
        let bytes = read(file)?;
        ensure!(!messages(&bytes).is_empty(), "no message of a panic was found in {}", file.display());
        ensure!(!formatting(&bytes)?.is_empty(), "no formatting code was found in {}", file.display());
    }
    let stripped = lanes::build(Lane::Freestanding, &Board::load("x86_64")?.targets.freestanding)?.join("runit");
    ensure!(formatting(&read(&stripped)?).is_err(), "a program without symbols passes for one without formatting");
    Ok(())
}
