//! The clock is set back and forward by thirty years while services and svlogd run. On a board with 64 bits and on one with 32,
//! whose clock also passes the end of 32-bit time.
//!
//! Its one law: what is a span of time is measured by /proc/uptime, which nobody sets.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::guest::Guest;

/// Thirty years in seconds.
const YEARS: i64 = 30 * 365 * 24 * 60 * 60;
/// The moment just before 32-bit time ends.
const END_OF_32_BITS: i64 = i32::MAX as i64 - 1;
/// Seconds that a slow machine may take where a moment is enough.
const SLOW: f64 = 60.0;
/// Seconds after which the log `aged` is rotated (overlays/clock/etc/sv/ticker/log/run).
const AGE: f64 = 2.0;

fn uptime(guest: &mut Guest) -> Result<f64> {
    guest.run("cut -d ' ' -f 1 /proc/uptime")?.parse().context("no uptime")
}

fn count(guest: &mut Guest, what: &str) -> Result<usize> {
    guest.run(what)?.parse().with_context(|| format!("`{what}` printed no number"))
}

/// The age of the service in the words of sv.
fn age(guest: &mut Guest, service: &str) -> Result<i64> {
    let status = guest.run(&format!("sv status {service} | cat"))?;
    let age = status.split_once(") ").or(status.split_once(&format!("{service}: "))).map(|(_, rest)| rest);
    let age = age.and_then(|age| age.split_once('s')).and_then(|(age, _)| age.parse().ok());
    age.with_context(|| format!("no age in {status:?}"))
}

/// A service that ends at once is started again and again: once a second, and never much later. The one under way when the counting
/// began counts too.
fn restarts_keep_their_second(guest: &mut Guest) -> Result<()> {
    let (start, before) = (uptime(guest)?, count(guest, "wc -l </tmp/starts")?);
    guest.wait_until(&format!("[ $(wc -l </tmp/starts) -gt {} ]", before + 5))?;
    let starts: Vec<f64> = guest.run("cat /tmp/starts")?.lines().filter_map(|line| line.parse().ok()).collect();
    let fresh = starts.get(before..).context("starts are gone")?;
    let most = uptime(guest)? - start + 2.0;
    ensure!(fresh.len() as f64 <= most, "{} starts where {most} would do: {fresh:?}", fresh.len());
    for pair in fresh.windows(2) {
        ensure!((0.0..SLOW).contains(&(pair[1] - pair[0])), "a start came late: {fresh:?}");
    }
    Ok(())
}

/// An age is never negative; that of a service started by the clock of now is small.
fn ages_are_sane(guest: &mut Guest, jump: i64) -> Result<()> {
    let old = age(guest, "ticker")?;
    if jump < 0 {
        ensure!(old == 0, "a service started in the future has the age {old}");
    } else {
        // It was started some time after the clock was set before.
        ensure!((jump - 600..jump + 600).contains(&old), "a service has the age {old} after a jump by {jump}");
    }
    guest.run("sv -w 60 restart crash >/dev/null")?;
    let new = age(guest, "crash")?;
    ensure!((0..120).contains(&new), "a service that was just started has the age {new}");
    Ok(())
}

/// Both logs are rotated on, the one of age not more often than its age, and what is left is the newest without a gap.
fn logs_keep_their_newest(guest: &mut Guest) -> Result<()> {
    let (start, told) = (uptime(guest)?, count(guest, "grep -c 'rename: /var/log/aged' /tmp/told")?);
    for log in ["aged", "sized"] {
        let enough = format!("grep -c 'rename: /var/log/{log}/' /tmp/told");
        let before = count(guest, &enough)?;
        guest.wait_until(&format!("[ $({enough}) -gt {} ]", before + 4))?;
    }
    let rotations = count(guest, "grep -c 'rename: /var/log/aged' /tmp/told")? - told;
    let most = (uptime(guest)? - start) / AGE + 2.0;
    ensure!(rotations as f64 <= most, "{rotations} rotations by age where {most} would do");

    guest.run("sv -w 60 pause ticker >/dev/null")?;
    // Files of after 2038 cannot be asked about by a busybox with 32 bits; they can be read, and their names are there.
    guest.wait_until("[ -z \"$(cat /var/log/aged/current)\" ]")?;
    let last = |log| format!("\"$(cat /var/log/{log}/@*.s /var/log/{log}/current | tail -n 1)\"");
    guest.wait_until(&format!("[ {} = {} ]", last("aged"), last("sized")))?;
    let order = "awk 'NR > 1 && $2 != last + 1 { print NR, $2; bad = 1 } { last = $2 } END { exit bad || !NR }'";
    for log in ["aged", "sized"] {
        guest.run(&format!("cd /var/log/{log} && cat @*.s current | {order}"))?;
        ensure!(
            count(guest, &format!("set -- /var/log/{log}/@*; echo $#"))? == 3,
            "{log} is not pruned to three files"
        );
    }
    guest.run("sv -w 60 cont ticker >/dev/null")?;
    Ok(())
}

fn all_is_sane_after(guest: &mut Guest, moment: i64, jump: i64) -> Result<()> {
    guest.run("sv -w 60 restart ticker >/dev/null")?;
    guest.run(&format!("date -s @{moment} >/dev/null"))?;
    ages_are_sane(guest, jump)?;
    restarts_keep_their_second(guest)?;
    logs_keep_their_newest(guest)
}

fn the_clock_is_set(board: &str, forward: impl Fn(i64) -> i64) -> Result<()> {
    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("overlays/clock");
    let mut guest = Guest::boot_with(Board::load(board)?, &overlay, "clock")?;
    guest.wait_for_shell()?;
    guest.wait_until("[ -s /tmp/starts ] && grep -q 'new: /var/log/sized/current' /tmp/told")?;
    let now: i64 = guest.run("date +%s")?.parse().context("no date")?;
    let mut before = now;
    for moment in [now - YEARS, forward(now), now] {
        all_is_sane_after(&mut guest, moment, moment - before)
            .with_context(|| format!("the clock set from {before} to {moment}"))?;
        before = moment;
    }
    guest.enter("init 0")?;
    guest.wait_for_power_off().map(drop)
}

#[test]
fn thirty_years_back_and_forward_with_64_bits() -> Result<()> {
    the_clock_is_set("x86_64", |now| now + YEARS)
}

#[test]
fn thirty_years_back_and_past_the_end_of_32_bit_time_with_32_bits() -> Result<()> {
    the_clock_is_set("arm", |_| END_OF_32_BITS)
}
