//! From power-on to power-off: the three stages, a reboot, and a board that cannot come up. On each board.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::guest::{Guest, on_each_board};
use pilotlight_qemu_tests::host;

/// Waits for the stages 1 and 2, in this order, and for the shell of stage 2.
fn wait_for_the_stages(guest: &mut Guest) -> Result<()> {
    guest.wait_for(": booting.")?;
    guest.wait_for("- runit: enter stage: /etc/runit/1")?;
    guest.wait_for("- runit: leave stage: /etc/runit/1")?;
    guest.wait_for("- runit: enter stage: /etc/runit/2")?;
    guest.wait_for_shell()
}

#[test]
fn a_board_comes_up_through_its_stages_reboots_and_powers_off() -> Result<()> {
    on_each_board(|board| {
        let mut guest = Guest::boot(board, "")?;
        wait_for_the_stages(&mut guest)?;
        ensure!(guest.run("readlink /proc/1/exe")? == "/sbin/runit");
        ensure!(guest.run("type init")? == "init is /sbin/init", "the shell takes busybox's init for ours");
        let ours = host::output(Command::new("sha256sum").arg(guest.image.program("runit")?))?;
        let theirs = guest.run("sha256sum /proc/1/exe")?;
        ensure!(ours.split_whitespace().next() == theirs.split_whitespace().next(), "process 1 is not our runit");

        guest.enter("init 6")?;
        guest.wait_for("- runit: leave stage: /etc/runit/2")?;
        guest.wait_for("- runit: enter stage: /etc/runit/3")?;
        guest.wait_for("- runit: leave stage: /etc/runit/3")?;
        guest.wait_for("- runit: system reboot")?;
        wait_for_the_stages(&mut guest)?;
        guest.run("sv -w 60 check console")?;

        guest.enter("init 0")?;
        guest.wait_for("- runit: enter stage: /etc/runit/3")?;
        guest.wait_for("- runit: power off")?;
        guest.wait_for_power_off().map(drop)
    })
}

#[test]
fn stage_1_that_exits_100_goes_straight_to_stage_3() -> Result<()> {
    on_each_board(|board| {
        let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("overlays/stage-1-fatal");
        let mut guest = Guest::boot_with(board, &overlay, "")?;
        guest.wait_for("- runit: enter stage: /etc/runit/1")?;
        guest.wait_for("stage 1: no way to come up")?;
        let between = guest.wait_for("- runit: enter stage: /etc/runit/3")?;
        ensure!(!between.contains("enter stage"), "there was a stage between 1 and 3:\n{between}");
        guest.wait_for_power_off().map(drop)
    })
}
