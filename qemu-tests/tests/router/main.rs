//! The board `router`: what a host on its network gets from it, where its logs are, and what its watchdog does.

mod lan;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use lan::Host;
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::guest::Guest;
use pilotlight_qemu_tests::image::Image;
use smoltcp::wire::Ipv4Address;
use temp_dir::TempDir;

/// The router, as its own network knows it, and the name for it.
const ROUTER: Ipv4Address = Ipv4Address::new(192, 168, 7, 1);
const NAME: &str = "router.lan";

/// The network that QEMU plays at the first card gives this address to whoever asks first.
const OUTSIDE: &str = "10.0.2.15";

/// More than two logs of 16 kB and the one that grows can hold, in lines of one.
const LINES: u32 = 4000;

fn wait_for_the_services(guest: &mut Guest) -> Result<()> {
    guest.wait_for_shell()?;
    guest.wait_until("sv check /service/* >/dev/null")
}

fn a_host_gets_an_address_a_name_a_page_and_a_greeting(host: &mut Host) -> Result<()> {
    let lease = host.lease()?;
    let octets = lease.address.address().octets();
    ensure!(octets[..3] == ROUTER.octets()[..3] && (100..200).contains(&octets[3]), "{lease:?}");
    ensure!(lease.address.prefix_len() == 24 && lease.router == Some(ROUTER) && lease.names == [ROUTER], "{lease:?}");
    let addresses = host.resolve(NAME, ROUTER)?;
    ensure!(addresses == [ROUTER.into()], "{NAME} is {addresses:?}");
    let page = host.ask((ROUTER, 80), &format!("GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n"), "</p>\n")?;
    ensure!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("The router is up."), "the page is {page:?}");
    let greeting = host.ask((ROUTER, 22), "", "\r\n")?;
    ensure!(greeting.starts_with("SSH-2.0-dropbear"), "the greeting is {greeting:?}");
    Ok(())
}

fn the_root_cannot_be_written(guest: &mut Guest) -> Result<()> {
    guest.run("grep -q ' / squashfs ro' /proc/mounts")?;
    for place in ["/", "/etc", "/etc/sv/httpd"] {
        let (said, code) = guest.try_run(&format!("touch {place}/file 2>&1"))?;
        ensure!(code != 0 && said.contains("Read-only file system"), "{place}: {said}");
    }
    for place in ["/run", "/var"] {
        guest.run(&format!("grep -q '^tmpfs {place} ' /proc/mounts && touch {place}/file"))?;
    }
    Ok(())
}

fn the_logs_are_in_memory_and_keep_their_bound(guest: &mut Guest) -> Result<()> {
    guest.run("grep -q 'DHCPACK(eth1)' /var/log/sv/dnsmasq/current && grep -q 'url:/$' /var/log/sv/httpd/current")?;
    guest.run(&format!("yes 'a line of a log' | head -n {LINES} | logger; logger the last line"))?;
    guest.wait_until("grep -q 'the last line' /var/log/sv/syslogd/current")?;
    let old = guest.run("find /var/log/sv/syslogd -name '@*.s' -size +15k")?;
    ensure!(old.lines().count() == 2, "these old logs are kept: {old}");
    // A file ends with the line that reaches its size.
    let large = guest.run("find /var/log/sv -type f -size +17k")?;
    let all = guest.run("ls /var/log/sv/syslogd/@* | wc -l")?;
    ensure!(large.is_empty() && all == "2", "of {all} these are too large: {large}");
    guest.run("grep -q '^tmpfs /var/log tmpfs .*size=' /proc/mounts").map(drop)
}

#[test]
fn the_router_serves_its_network() -> Result<()> {
    let sockets = TempDir::new().context("unable to make a temporary directory")?;
    let (own, other) = (sockets.child("host"), sockets.child("router"));
    let mut board = Board::load("router")?;
    let card = board.network.get_mut(1).context("the router has no second card")?;
    card.netdev =
        format!("dgram,local.type=unix,local.path={},remote.type=unix,remote.path={}", other.display(), own.display());
    let mut host = Host::new(&own, &other)?;
    let image = Image::prepare(&board)?;
    let mut guest = Guest::boot_image(board, image, "", &[])?;
    wait_for_the_services(&mut guest)?;
    a_host_gets_an_address_a_name_a_page_and_a_greeting(&mut host)?;
    guest.wait_until(&format!("ifconfig eth0 | grep -q 'inet addr:{OUTSIDE} '"))?;
    guest.run("test -s /run/resolv.conf && ip route | grep -q '^default via .* dev eth0'")?;
    the_root_cannot_be_written(&mut guest)?;
    the_logs_are_in_memory_and_keep_their_bound(&mut guest)?;
    guest.enter("init 0")?;
    guest.wait_for_power_off().map(drop)
}

#[test]
fn a_watchdog_that_is_not_fed_restarts_the_router() -> Result<()> {
    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("overlays/quick-watchdog");
    let mut guest = Guest::boot_with(Board::load("router")?, &overlay, "")?;
    wait_for_the_services(&mut guest)?;
    guest.run("sv pause watchdog")?;
    guest.wait_for("- runit: enter stage: /etc/runit/1")?;
    wait_for_the_services(&mut guest)?;
    guest.enter("init 0")?;
    guest.wait_for_power_off().map(drop)
}
