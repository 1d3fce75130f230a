//! What one user may do to the logs of another: nothing. On a board, where there are users: `log` owns the logs, `www` is somebody else.
//!
//! Its one law: what is tried as `www` fails, and svlogd goes on, or refuses in a sentence what `www` has prepared.

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::guest::Guest;

/// The log of a service is out of another user's reach.
fn a_log_of_the_board_is_closed_to_others(guest: &mut Guest) -> Result<()> {
    guest.wait_until("[ -s /var/log/syslogd/current ]")?;
    for attempt in [
        "cat /var/log/syslogd/current",
        "ls /var/log/syslogd",
        "sh -c ': >>/var/log/syslogd/lock'",
        "sh -c ': >>/var/log/syslogd/config'",
        "rm -f /var/log/syslogd/current",
        "ln -s /etc/passwd /var/log/syslogd/newstate",
        "sh -c 'kill -STOP $(pidof svlogd)'",
    ] {
        let (said, code) = guest.try_run(&format!("chpst -u www:www {attempt} 2>&1"))?;
        ensure!(code != 0, "www may do this: {attempt}: {said}");
    }
    guest.run("test -s /var/log/syslogd/current && test ! -e /var/log/syslogd/newstate")?;
    guest.run("echo still logging 4712 >/dev/kmsg")?;
    guest.wait_until("grep -q 'still logging 4712' /var/log/syslogd/current")
}

/// Files that `www` has put under svlogd's names are neither obeyed nor written.
fn what_another_user_prepared_is_refused(guest: &mut Guest) -> Result<()> {
    for (preparation, refusal) in [
        (": >current; chmod 666 current", "unable to open current: /tmp/open: belongs to another user"),
        (": >lock; chmod 666 lock", "unable to lock directory: /tmp/open: belongs to another user"),
        ("echo \"!id >/tmp/taken\" >config", "unable to use config: /tmp/open: belongs to another user"),
        ("ln -s /etc/passwd config", "unable to use config: /tmp/open: belongs to another user"),
        ("ln -s /etc/passwd current", "unable to open current: /tmp/open: not a plain file"),
        ("mkfifo -m 666 lock", "unable to lock directory: /tmp/open: not a plain file"),
    ] {
        guest.run("rm -rf /tmp/open && mkdir -m 777 /tmp/open && chown log:log /tmp/open")?;
        guest.run(&format!("cd /tmp/open && chpst -u www:www sh -c '{preparation}'; cd /"))?;
        let (said, _) = guest.try_run("echo line | chpst -u log:log svlogd /tmp/open 2>&1")?;
        ensure!(said.starts_with(&format!("svlogd: warning: {refusal}\n")), "after {preparation:?} svlogd said {said}");
        ensure!(said.ends_with("svlogd: fatal: no functional log directories."), "after {preparation:?}: {said}");
    }
    guest.run("test ! -e /tmp/taken").map(drop)
}

/// Root's svlogd writes into a directory of `log`, and is not led to what only root may write.
fn root_is_not_led_out_of_a_directory_of_another_user(guest: &mut Guest) -> Result<()> {
    let before = guest.run("md5sum </etc/passwd; stat -c %a /etc/passwd")?;
    for (preparation, refusal) in [
        ("ln -s /etc/passwd current", "not a plain file"),
        ("ln /tmp/outside current", "has more than one name"),
        ("ln /tmp/outside lock", "has more than one name"),
    ] {
        // A second name for a file on the same file system, as an older kernel lets everyone make.
        guest.run("rm -rf /tmp/open /tmp/outside && mkdir -m 755 /tmp/open && echo kept >/tmp/outside")?;
        guest.run(&format!("cd /tmp/open && {preparation} && chown log:log /tmp/open && cd /"))?;
        let (said, _) = guest.try_run("echo line | svlogd /tmp/open 2>&1")?;
        ensure!(said.contains(&format!("/tmp/open: {refusal}\n")), "after {preparation:?} svlogd said {said}");
        ensure!(guest.run("cat /tmp/outside")? == "kept", "after {preparation:?} svlogd wrote elsewhere");
    }
    ensure!(guest.run("md5sum </etc/passwd; stat -c %a /etc/passwd")? == before, "svlogd wrote to /etc/passwd");
    // What `log` itself has made in its own directory is in order.
    guest.run("rm -rf /tmp/open && mkdir /tmp/open && chown log:log /tmp/open")?;
    guest.run("echo one | chpst -u log:log svlogd /tmp/open && echo two | svlogd /tmp/open")?;
    ensure!(guest.run("cat /tmp/open/current")? == "one\ntwo");
    Ok(())
}

#[test]
fn the_logs_of_others_are_out_of_reach() -> Result<()> {
    let mut guest = Guest::boot(Board::load("x86_64")?, "")?;
    guest.wait_for_shell()?;
    a_log_of_the_board_is_closed_to_others(&mut guest)?;
    what_another_user_prepared_is_refused(&mut guest)?;
    root_is_not_led_out_of_a_directory_of_another_user(&mut guest)?;
    guest.enter("init 0")?;
    guest.wait_for_power_off().map(drop)
}
