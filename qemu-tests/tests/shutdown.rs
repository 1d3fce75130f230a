//! The ways down that are not `init 0` and `init 6`. On a board of each target.

use anyhow::Result;
use pilotlight_qemu_tests::guest::{Guest, on_each_target};

#[test]
fn ctrl_alt_del_runs_its_script_and_a_hanging_stage_3_is_cut_off() -> Result<()> {
    on_each_target(|board| {
        // `single`, a runlevel: this scenario needs no other service than the shell.
        let mut guest = Guest::boot(board, "single RUNIT_STAGE3_LIMIT=10")?;
        guest.wait_for_shell()?;
        guest.run("! pidof httpd syslogd klogd")?;
        guest.press_ctrl_alt_del()?;
        guest.wait_for("- runit: ctrl-alt-del request...")?;
        guest.wait_for("ctrl-alt-del: going down for a reboot")?;
        guest.wait_for("- runit: system reboot")?;
        guest.wait_for_shell()?;

        // Without the limit it would take 300 seconds, which is more than any wait here has.
        guest.run("printf '#!/bin/sh\\necho hanging\\nexec sleep 100000\\n' >/etc/runit/3.d/50-hang")?;
        guest.run("chmod 755 /etc/runit/3.d/50-hang")?;
        guest.enter("init 0")?;
        guest.wait_for("\nhanging")?;
        guest.wait_for("- runit: power off")?;
        guest.wait_for_power_off().map(drop)
    })
}
