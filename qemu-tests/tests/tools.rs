//! The tools on a board: each does there what it is for, and no applet of busybox stands in for one. On a board of each target.

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::guest::{Guest, on_each_target};

fn chpst_changes_the_user_and_the_environment(guest: &mut Guest) -> Result<()> {
    guest.run("mkdir -p /tmp/env && echo of-a-file >/tmp/env/WORD")?;
    let seen = guest.run("chpst -u www:www -e /tmp/env sh -c 'echo $(id -un) $WORD'")?;
    ensure!(seen == "www of-a-file", "chpst gave {seen}");
    Ok(())
}

fn svlogd_stamps_and_rotates(guest: &mut Guest) -> Result<()> {
    guest.run("mkdir -p /tmp/log && echo s1000 >/tmp/log/config")?;
    guest.run("yes 'a line of a log' | head -n 500 | svlogd -tt /tmp/log")?;
    let stamped = guest.run("grep -hcE '^[0-9-]{10}_[0-9:.]{14} a line of a log$' /tmp/log/current")?;
    ensure!(stamped != "0", "svlogd has stamped nothing");
    ensure!(guest.run("ls /tmp/log | grep -cE '^@[0-9a-f]{24}\\.s$'")? == "10", "svlogd has not rotated to ten files");
    Ok(())
}

fn sv_restarts_and_reports(guest: &mut Guest) -> Result<()> {
    let report = guest.run("sv restart httpd | cat")?;
    ensure!(report.starts_with("ok: run: httpd: (pid "), "sv reported {report}");
    let json = guest.run("sv --json status httpd")?;
    ensure!(json.starts_with('{') && json.contains("\"state\":\"run\""), "sv reported {json}");
    Ok(())
}

fn utmpset_says_that_nobody_is_there(guest: &mut Guest) -> Result<()> {
    let (said, code) = guest.try_run(": >>/run/utmp; utmpset no-line 2>&1")?;
    ensure!(code == 111 && said.contains("unable to logout line no-line in utmp: no such entry"), "{code}: {said}");
    Ok(())
}

#[test]
fn every_tool_works_on_the_board() -> Result<()> {
    on_each_target(|board| {
        let mut guest = Guest::boot(board, "")?;
        guest.wait_for_shell()?;
        chpst_changes_the_user_and_the_environment(&mut guest)?;
        svlogd_stamps_and_rotates(&mut guest)?;
        sv_restarts_and_reports(&mut guest)?;
        utmpset_says_that_nobody_is_there(&mut guest)?;
        guest.enter("init 0")?;
        guest.wait_for_power_off().map(drop)
    })
}
