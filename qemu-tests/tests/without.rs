//! A board that lacks what every board has: its console, /dev, /proc, its scripts. On x86_64, where a real kernel must show what
//! the namespaces of init/tests/namespace/missing.rs cannot.

use std::path::Path;

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::guest::Guest;

/// Boots a board without these paths; `words` are further ones of the kernel command line.
fn boot_without(paths: &str, words: &str) -> Result<Guest> {
    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("overlays/without");
    Guest::boot_with(Board::load("x86_64")?, &overlay, &format!("rdinit=/without WITHOUT={paths} {words}"))
}

/// What nobody has mounted, there is not.
const MOUNTS: &str = "/etc/runit/1.d/10-mounts";

#[test]
fn without_proc_and_any_other_mount_services_run_and_the_board_powers_off() -> Result<()> {
    let mut guest = boot_without(MOUNTS, "ASK_LATER=0")?;
    guest.wait_for("can't open '/proc/cmdline'")?;
    guest.wait_for("services run")?;
    guest.wait_for("- runit: power off")?;
    guest.wait_for_power_off().map(drop)
}

#[test]
fn without_console_dev_and_descriptors_services_run_and_the_board_powers_off() -> Result<()> {
    let mut guest = boot_without(&format!("/dev,{MOUNTS}"), "CLOSED=1 ASK_LATER=0")?;
    guest.wait_for("services run")?;
    let transcript = guest.wait_for_power_off()?;
    ensure!(!transcript.contains("- runit: "), "there was a console:\n{transcript}");
    Ok(())
}

#[test]
fn without_console_dev_and_descriptors_the_board_restarts() -> Result<()> {
    let mut guest = boot_without(&format!("/dev,{MOUNTS}"), "CLOSED=1 ASK=6")?;
    guest.wait_for("stage 2 lives")?;
    guest.wait_for("stage 2 lives").map(drop)
}

#[test]
fn without_its_scripts_each_is_named_and_the_board_powers_off() -> Result<()> {
    for paths in ["/etc/runit", "/etc"] {
        let mut guest = boot_without(paths, "")?;
        for stage in ["1", "2", "3"] {
            guest
                .wait_for(&format!("- runit: fatal: unable to start child: /etc/runit/{stage}: file does not exist"))?;
        }
        guest.wait_for("- runit: power off")?;
        guest.wait_for_power_off()?;
    }
    Ok(())
}
