//! From what a program says to the line in the log. On a board of each target.

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::guest::{Guest, on_each_target};

/// Asks the board's httpd for a page; it reports each request on its standard error.
fn ask_httpd_for(guest: &mut Guest, page: &str) -> Result<()> {
    guest.wait_until(&format!("wget -q -O - http://127.0.0.1:8080/{page} | grep -q pilotlight"))?;
    guest.wait_until(&format!("grep -q 'url:/{page}$' /var/log/httpd/current"))
}

/// The messages of the kernel go through klogd to syslogd, and from there into its log.
fn kernel_messages_are_logged(guest: &mut Guest) -> Result<()> {
    guest.run("echo the kernel says 4711 >/dev/kmsg")?;
    guest.wait_until("grep -q 'the kernel says 4711' /var/log/syslogd/current")
}

fn each_line_has_a_stamp(guest: &mut Guest) -> Result<()> {
    let stamp = "^20[0-9][0-9]-[01][0-9]-[0-3][0-9]_[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]\\{5\\} ";
    let lines = guest.run("wc -l </var/log/syslogd/current")?;
    let stamped = guest.run(&format!("head -n {lines} /var/log/syslogd/current | grep -c '{stamp}'"))?;
    ensure!(lines == stamped, "of {lines} lines {stamped} have a stamp");
    Ok(())
}

/// A restarted service writes on into the pipe of the same log service.
fn a_restarted_service_keeps_its_log(guest: &mut Guest) -> Result<()> {
    let log_service = "sv status httpd | sed 's/.*log: (pid \\([0-9]*\\)).*/\\1/'";
    let before = guest.run(log_service)?;
    guest.run("sv -w 60 restart httpd")?;
    ask_httpd_for(guest, "index.html")?;
    ensure!(guest.run(log_service)? == before, "the log service was restarted too");
    Ok(())
}

#[test]
fn lines_arrive_in_the_log() -> Result<()> {
    on_each_target(|board| {
        let mut guest = Guest::boot(board, "")?;
        guest.wait_for_shell()?;
        ask_httpd_for(&mut guest, "")?;
        kernel_messages_are_logged(&mut guest)?;
        each_line_has_a_stamp(&mut guest)?;
        a_restarted_service_keeps_its_log(&mut guest)?;
        guest.enter("init 0")?;
        guest.wait_for_power_off().map(drop)
    })
}
