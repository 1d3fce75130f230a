//! What holds for the images and the boards' files without booting anything.

use std::fs;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::{self, Board};
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::image::Image;

#[test]
fn an_image_made_again_has_the_same_bytes() -> Result<()> {
    let board = Board::load("x86_64")?;
    // Under a name of its own: other tests boot from the board's image.
    let nothing_more = host::make_dir(host::work_dir().join("made-again"))?;
    let file = Image::prepare_with(&board, Some(&nothing_more))?.initramfs;
    let first = fs::read(&file).context("unable to read the image")?;
    fs::remove_file(&file).context("unable to remove the image")?;
    Image::prepare_with(&board, Some(&nothing_more))?;
    ensure!(first == fs::read(&file).context("unable to read the image made again")?, "the two images differ");
    Ok(())
}

#[test]
fn the_table_of_boards_says_what_their_files_say() -> Result<()> {
    let table = fs::read_to_string(host::root().join("boards/README.md")).context("unable to read boards/README.md")?;
    for name in board::names()? {
        let row = table.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.with_context(|| format!("the table in boards/README.md lacks the board {name}"))?;
        let board = Board::load(&name)?;
        let (qemu, kernel, targets) = (&board.qemu, &board.kernel, &board.targets);
        let words = [&qemu.machine, &qemu.cpu, &targets.freestanding, &targets.std, &kernel.package, &kernel.console];
        let missing: Vec<_> = words.into_iter().filter(|word| !row.contains(*word)).collect();
        ensure!(missing.is_empty(), "the row of {name} in boards/README.md lacks {missing:?}");
        ensure!(row.contains(qemu.memory.trim_end_matches('M')), "the row of {name} has another memory");
    }
    Ok(())
}
