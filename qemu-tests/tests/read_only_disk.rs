//! The disk with the services becomes read-only while they run, as a kernel makes it after an error: letters are still
//! answered, and what could not be published is published when it can be. On x86_64, the board with a disk.

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::disk::Drive;
use pilotlight_qemu_tests::guest::Guest;
use pilotlight_qemu_tests::image::Image;

/// The service `web`, whose `supervise` is on the disk; its scripts are not, for nothing is executed from there.
const SERVICE: &[&str] = &[
    "mkdir /etc/sv/web",
    "printf '#!/bin/sh\\nexec sleep 100000\\n' >/etc/sv/web/run",
    "chmod 755 /etc/sv/web/run",
    "ln -s /var/log/state /etc/sv/web/supervise",
    "ln -s /etc/sv/web /service/",
    "until test -s /var/log/state/pid && grep -qx run /var/log/state/stat; do usleep 50000; done",
    "sync",
];

/// The kernel's emergency remount, which asks nobody whether a file is open for writing.
const EMERGENCY: &str =
    "echo u >/proc/sysrq-trigger; until grep -q ' /var/log ext4 ro' /proc/mounts; do usleep 50000; done";

#[test]
fn a_disk_that_becomes_read_only_stops_no_letter_and_is_published_when_it_is_writable() -> Result<()> {
    let board = Board::load("x86_64")?;
    let image = Image::prepare(&board)?;
    let drive = Drive::new(board.disk.as_ref().context("the board has no disk")?)?;
    let mut guest = Guest::boot_image(board, image, "disk", &drive.connect()?)?;
    guest.wait_for_shell()?;
    for line in SERVICE {
        guest.run(line)?;
    }
    let pid = guest.run("cat /var/log/state/pid")?;
    guest.run(EMERGENCY)?;
    let (refusal, code) = guest.try_run("echo d 2>&1 >/var/log/file")?;
    ensure!(code != 0, "the disk can be written: {refusal}");
    // A fifo is no file of the disk: it takes letters all the same.
    guest.run("printf d >/var/log/state/control")?;
    guest.wait_until(&format!("! test -d /proc/{pid}"))?;
    let stat = guest.run("cat /var/log/state/stat")?;
    ensure!(stat == "run", "the old status stays whole: {stat}");
    guest.run("mount -o remount,rw /var/log")?;
    guest.wait_until("grep -qx down /var/log/state/stat")?;
    guest.run("sv -w 100 up web")?;
    guest.enter("init 0")?;
    guest.wait_for_power_off().map(drop)
}
