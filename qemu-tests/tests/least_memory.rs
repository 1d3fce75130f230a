//! The search for the least memory: its decisions without boots, and one boot of each outcome.

use anyhow::{Result, bail, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::image::Image;
use pilotlight_qemu_tests::least_memory::{Boot, Times, bisect, boot, confirm};

#[test]
fn bisection_finds_each_least_number_in_logarithmic_time() -> Result<()> {
    for enough in 1..=300_u32 {
        for least in 1..=enough {
            let mut asked = Vec::new();
            let found = bisect(enough, |number| {
                asked.push(number);
                Ok(number >= least)
            })?;
            ensure!(found == least, "{found} instead of {least}, of {enough}");
            ensure!(asked.len() as u32 <= enough.ilog2() + 1, "{least} of {enough} took {asked:?}");
            ensure!(asked.iter().all(|number| (1..enough).contains(number)), "{least} of {enough} asked for {asked:?}");
            asked.sort_unstable();
            ensure!(asked.is_sorted_by(|one, next| one < next), "{least} of {enough} asked twice: {asked:?}");
        }
    }
    Ok(())
}

#[test]
fn a_number_that_fails_once_is_not_confirmed() -> Result<()> {
    // 7 holds twice, 8 once, 9 always.
    let mut answers = [true, true, false, true, false, true, true, true].into_iter();
    let mut asked = Vec::new();
    let found = confirm(7, 3, |number| {
        asked.push(number);
        Ok(answers.next().unwrap_or(false))
    })?;
    ensure!(found == 9 && asked == [7, 7, 7, 8, 8, 9, 9, 9], "{found} after {asked:?}");
    Ok(())
}

#[test]
fn a_boot_that_cannot_be_tried_ends_the_search() {
    assert!(bisect(100, |_| bail!("no QEMU")).is_err());
    assert!(confirm(100, 1, |_| bail!("no QEMU")).is_err());
}

#[test]
fn a_board_reaches_its_services_with_its_memory_and_is_seen_not_to_with_too_little() -> Result<()> {
    let board = Board::load("x86_64")?;
    let image = Image::prepare(&board)?;
    // The kernel gives up in the one case, and never starts in the other.
    for memory in [64, 8] {
        let outcome = boot(&board, &image, memory, Times::GENEROUS)?;
        ensure!(!outcome.is_up(), "{memory} MiB were enough: {outcome:?}");
    }
    let Boot::Up { free, .. } = boot(&board, &image, 256, Times::GENEROUS)? else { bail!("256 MiB were too little") };
    ensure!(free.starts_with("MemTotal: ") && free.contains("MemAvailable: "), "this is free: {free:?}");
    Ok(())
}
