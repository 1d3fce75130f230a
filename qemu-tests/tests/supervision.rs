//! Services on a board: who runs under whom, and what brings them back. On a board of each target.

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::guest::{Guest, on_each_target};

/// The pid of a service of the board.
fn pid_of(guest: &mut Guest, service: &str) -> Result<String> {
    let status = guest.run(&format!("sv -w 60 check {service} >/dev/null; sv status {service} | cat"))?;
    let pid = status.split_once("(pid ").and_then(|(_, rest)| rest.split_once(')'));
    let (pid, _) = pid.ok_or_else(|| anyhow::anyhow!("{service} does not run: {status}"))?;
    Ok(pid.to_owned())
}

/// The program and the pid of the parent of process `pid`.
fn parent_of(guest: &mut Guest, pid: &str) -> Result<(String, String)> {
    let parent = guest.run(&format!("awk '/^PPid:/ {{ print $2 }}' /proc/{pid}/status"))?;
    Ok((guest.run(&format!("readlink /proc/{parent}/exe"))?, parent))
}

fn kill_and_see_it_come_back(guest: &mut Guest, service: &str) -> Result<()> {
    let pid = pid_of(guest, service)?;
    guest.run(&format!("kill -9 {pid}"))?;
    guest.wait_until(&format!("sv status {service} | grep '^run: ' | grep -qv '^run: {service}: (pid {pid})'"))
}

fn services_run_under_runsv_under_runsvdir_under_process_1(guest: &mut Guest) -> Result<()> {
    for service in ["console", "httpd", "klogd", "syslogd"] {
        let pid = pid_of(guest, service)?;
        let (runsv, pid) = parent_of(guest, &pid)?;
        let (runsvdir, pid) = parent_of(guest, &pid)?;
        let (process_1, pid) = parent_of(guest, &pid)?;
        let chain = [&*runsv, &*runsvdir, &*process_1, &*pid];
        ensure!(chain == ["/bin/runsv", "/bin/runsvdir", "/sbin/runit", "1"], "{service} runs under {chain:?}");
    }
    Ok(())
}

fn a_service_starts_the_one_it_needs(guest: &mut Guest) -> Result<()> {
    guest.run("sv -w 60 down klogd syslogd")?;
    ensure!(guest.run("sv status syslogd | cat")?.starts_with("down: "));
    guest.run("sv -w 60 up klogd")?;
    guest.wait_until("sv status syslogd | grep -q '^run: '")
}

fn runlevels_choose_the_services(guest: &mut Guest) -> Result<()> {
    let shell = guest.run("echo $$")?;
    guest.run("runsvchdir single")?;
    guest.wait_until("! pidof httpd syslogd klogd >/dev/null")?;
    ensure!(guest.run("echo $$")? == shell, "the shell, which is in both runlevels, was restarted");
    guest.run("runsvchdir default")?;
    guest.wait_until("sv check httpd klogd syslogd console >/dev/null")
}

fn stage_2_that_exits_111_is_restarted(guest: &mut Guest) -> Result<()> {
    // HUP makes runsvdir, which stage 2 has become, end its services and exit 111.
    guest.enter("kill -HUP $(pidof runsvdir)")?;
    guest.wait_for("- runit: warning: restarting.")?;
    guest.wait_for("- runit: enter stage: /etc/runit/2")?;
    guest.wait_for_shell()?;
    guest.wait_until("sv check httpd klogd syslogd console >/dev/null")
}

#[test]
fn services_are_supervised() -> Result<()> {
    on_each_target(|board| {
        let mut guest = Guest::boot(board, "")?;
        guest.wait_for_shell()?;
        services_run_under_runsv_under_runsvdir_under_process_1(&mut guest)?;
        kill_and_see_it_come_back(&mut guest, "httpd")?;
        a_service_starts_the_one_it_needs(&mut guest)?;
        runlevels_choose_the_services(&mut guest)?;
        stage_2_that_exits_111_is_restarted(&mut guest)?;
        guest.enter("init 0")?;
        guest.wait_for_power_off().map(drop)
    })
}

#[test]
fn a_read_only_root_works() -> Result<()> {
    on_each_target(|board| {
        let mut guest = Guest::boot(board, "ro")?;
        guest.wait_for_shell()?;
        let (_, code) = guest.try_run("touch /etc/sv/httpd/supervise 2>/dev/null")?;
        ensure!(code != 0, "the root can be written to");
        kill_and_see_it_come_back(&mut guest, "httpd")?;
        guest.run("test -p /run/runit/supervise/httpd/control -a -p /run/runit/supervise/httpd.log/control")?;
        ensure!(guest.run("sv status httpd | cat")?.contains("; run: log: (pid "));
        guest.enter("init 0")?;
        guest.wait_for_power_off().map(drop)
    })
}
