//! A board with a disk loses its power while two logs are written and rotated as fast as they can be, again and again.
//!
//! Its one law: what svlogd said was done is there after the next boot, every line is one that was written, and the services come
//! up by themselves. `PILOTLIGHT_POWER_CUTS` is the number of cuts, 20 if it is not set.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::disk::{Drive, Loss};
use pilotlight_qemu_tests::guest::Guest;
use pilotlight_qemu_tests::image::Image;

/// Cuts where nothing else is asked for.
const CUTS: usize = 20;
/// Old files that each log keeps (overlays/power-cut/etc/sv/flow/log/run).
const KEPT: usize = 10;
/// Rotations after which the power is cut at the latest.
const ROTATIONS: usize = 25;
/// Milliseconds within which it is cut then.
const HESITATION: u64 = 300;

/// Closed files by log and stamp, and their sizes: what must be there after the next boot.
type Closed = BTreeMap<String, u64>;

/// `flow/@4000….s` without its letter: a processor turns `u` into `s`.
fn without_letter(file: &str) -> String {
    file.trim_end_matches(['s', 'u']).to_owned()
}

/// What svlogd says about its files: `rename: /var/log/flow/current @4000….s 9432`, `delete: /var/log/flow/@4000….s`. A sentence
/// that the cut has torn says nothing.
fn follow(transcript: &str, closed: &mut Closed) {
    let whole = transcript.rsplit_once('\n').map_or("", |(whole, _)| whole);
    for line in whole.lines() {
        let Some((_, said)) = line.split_once("svlogd: info: ") else { continue };
        let words: Vec<_> = said.split(' ').collect();
        let log = |path: &str| path.trim_start_matches("/var/log/").to_owned();
        match words[..] {
            ["rename:", current, name, size] if name.len() == 27 => {
                let file = log(current).replace("current", name);
                closed.extend(size.parse().ok().map(|size| (without_letter(&file), size)));
            }
            ["delete:", file] => {
                closed.remove(&without_letter(&log(file)));
            }
            _ => {}
        }
    }
}

/// What the board has verified after its boot: the closed files that it found.
fn verified(transcript: &str) -> Result<Closed> {
    ensure!(!transcript.contains("verify: BAD"), "a log is not what was written:\n{transcript}");
    let mut found = Closed::new();
    for (_, file) in transcript.lines().filter_map(|line| line.split_once("verify: closed ")) {
        let (name, size) = file.split_once(' ').context("a closed file without a size")?;
        found.insert(without_letter(name), size.trim().parse().context("a closed file of no size")?);
    }
    ensure!(transcript.matches(" lines\r").count() == 3, "not all logs were verified:\n{transcript}");
    Ok(found)
}

/// Everything that was closed is there. What is not was deleted after the last words that came through the serial line: then it is
/// older than all that are there, and those are as many as are kept.
fn is_all_there(closed: &Closed, found: &Closed) -> Result<()> {
    for (file, size) in closed {
        let (log, _) = file.split_once('/').context("a closed file in no log")?;
        let in_log: Vec<_> = found.keys().filter(|name| name.starts_with(log)).collect();
        let pruned = in_log.len() >= KEPT && in_log.iter().all(|name| *name > file);
        match found.get(file) {
            Some(there) if there == size => {}
            None if pruned => {}
            other => bail!("{file} had {size} bytes when it was closed, and now {other:?}"),
        }
    }
    Ok(())
}

/// Boots, lets the board verify what the last cut has left, waits for rotations, and cuts the power.
fn boot_and_cut(mut guest: Guest, closed: &mut Closed, random: &mut fastrand::Rng) -> Result<()> {
    let transcript = guest.wait_for("verify: done")?;
    let found = verified(&transcript)?;
    is_all_there(closed, &found).with_context(|| transcript.clone())?;
    *closed = found;
    for _ in 0..random.usize(..=ROTATIONS) {
        guest.wait_for("svlogd: info: rename: ")?;
    }
    thread::sleep(Duration::from_millis(random.u64(..=HESITATION)));
    let transcript = guest.cut_power()?;
    follow(&transcript, closed);
    Ok(())
}

/// Boots and cuts the power between the mount of the disk and the verification, whatever happens there.
fn cut_during_boot(mut guest: Guest, random: &mut fastrand::Rng) -> Result<()> {
    guest.wait_for("- runit: enter stage: /etc/runit/2")?;
    thread::sleep(Duration::from_millis(random.u64(..=4 * HESITATION)));
    let transcript = guest.cut_power()?;
    ensure!(!transcript.contains("verify: BAD"), "a log is not what was written:\n{transcript}");
    Ok(())
}

#[test]
fn after_a_power_cut_closed_files_are_whole_and_logging_goes_on() -> Result<()> {
    let cuts = match env::var("PILOTLIGHT_POWER_CUTS") {
        Ok(number) => number.parse().context("PILOTLIGHT_POWER_CUTS is not a number")?,
        Err(_) => CUTS,
    };
    let board = Board::load("x86_64")?;
    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("overlays/power-cut");
    let image = Image::prepare_with(&board, Some(&overlay))?;
    let drive = Drive::new(board.disk.as_ref().context("the board has no disk")?)?;
    let (mut closed, mut random) = (Closed::new(), fastrand::Rng::with_seed(12));
    // The last boot is for its verification.
    for cut in 1..=cuts + 1 {
        let loss = if cut % 2 == 0 { Loss::Unflushed } else { Loss::Undone };
        let words = format!("disk flow {} boot={cut}", if cut % 4 < 2 { "nodelalloc" } else { "" });
        let guest = Guest::boot_image(board.clone(), image.clone(), &words, &drive.connect()?)?;
        let when = || format!("cut {cut} of {cuts}, losing what was {loss:?}");
        if cut % 5 == 0 {
            cut_during_boot(guest, &mut random).with_context(when)?;
        } else {
            boot_and_cut(guest, &mut closed, &mut random).with_context(when)?;
        }
        drive.cut(loss)?;
    }
    Ok(())
}
