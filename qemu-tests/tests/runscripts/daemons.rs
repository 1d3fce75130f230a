//! Many daemons from Debian's packages, started for real, all under one runsvdir.
//!
//! Their one law: up is what `check` says, and each end is the one that was ordered: nobody is believed who was started twice.

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::conformance::stage::{await_some, until};
use pilotlight_qemu_tests::host;
use regex_lite::Regex;

use crate::room::Room;

/// What is started, beside busybox, which is the rest of the root directory.
const PACKAGES: &[&str] = &[
    "avahi-daemon",
    "bird2",
    "busybox",
    "chrony",
    "cron",
    "cups-daemon",
    "dbus-daemon",
    "dnsmasq-base",
    "dropbear-bin",
    "haproxy",
    "lighttpd",
    "mariadb-client",
    "mariadb-server-core",
    "memcached",
    "mini-httpd",
    "monit",
    "mosquitto",
    "mosquitto-clients",
    "nginx",
    "openssh-server",
    "postgresql-15",
    "privoxy",
    "radvd",
    "redis-server",
    "rpcbind",
    "tftpd-hpa",
    "tinyproxy",
    "tor",
    "unbound",
    "vsftpd",
];

/// A service: its process, the user that it is, and the arguments of its finish after an orderly stop.
struct Daemon(&'static str, &'static str, &'static str, &'static str);

/// Some exit with another code than 0 on TERM: dropbear and mini_httpd with 1, privoxy with the number of the signal. Others leave TERM
/// to the kernel.
const DAEMONS: &[Daemon] = &[
    Daemon("avahi-daemon", "avahi-daemon", "avahi", "0 0"),
    Daemon("bird", "bird", "bird", "0 0"),
    Daemon("chronyd", "chronyd", "_chrony", "0 0"),
    Daemon("cron", "cron", "root", "-1 15"),
    Daemon("cupsd", "cupsd", "root", "0 0"),
    Daemon("dbus", "dbus-daemon", "messagebus", "0 0"),
    Daemon("dnsmasq", "dnsmasq", "dnsmasq", "0 0"),
    Daemon("dropbear", "dropbear", "root", "1 0"),
    Daemon("haproxy", "haproxy", "root", "0 0"),
    Daemon("lighttpd", "lighttpd", "www-data", "0 0"),
    Daemon("mariadb", "mariadbd", "mysql", "0 0"),
    Daemon("memcached", "memcached", "memcache", "0 0"),
    Daemon("mini-httpd", "mini_httpd", "www-data", "1 0"),
    Daemon("monit", "monit", "root", "0 0"),
    Daemon("mosquitto", "mosquitto", "mosquitto", "0 0"),
    Daemon("nginx", "nginx", "root", "0 0"),
    Daemon("postgresql", "postgres", "postgres", "0 0"),
    Daemon("privoxy", "privoxy", "privoxy", "15 0"),
    Daemon("radvd", "radvd", "radvd", "0 0"),
    Daemon("redis", "redis-server", "redis", "0 0"),
    Daemon("rpcbind", "rpcbind", "_rpc", "0 0"),
    Daemon("sshd", "sshd", "root", "0 0"),
    Daemon("syslogd", "syslogd", "root", "-1 15"),
    Daemon("tftpd", "in.tftpd", "root", "0 0"),
    Daemon("tinyproxy", "tinyproxy", "tinyproxy", "0 0"),
    Daemon("tor", "tor", "debian-tor", "0 0"),
    Daemon("udhcpd", "udhcpd", "root", "0 0"),
    Daemon("unbound", "unbound", "unbound", "0 0"),
    Daemon("vsftpd", "vsftpd", "root", "-1 15"),
];

/// Ends by itself when the bus does, and waits for the next bus: it is not killed, and how often it ended is not counted.
const DEPENDENT: &str = "avahi-daemon";

/// What may run when no daemon does: the supervisors, and the look itself.
const SUPERVISORS: &[&str] = &["runsvdir", "runsv", "svlogd", "sh", "cat"];

/// An order to all services, which must be carried out by each.
fn order(room: &Room, order: &str, answer: &str) -> Result<()> {
    let services = DAEMONS.iter().map(|daemon| daemon.0);
    let words: Vec<_> = ["sv", "-w", "120", order].into_iter().chain(services).collect();
    let (well, said) = room.run(&words)?;
    let logs = || failures(room, &said).unwrap_or_else(|error| format!("{error:#}"));
    ensure!(well, "sv {order}: {said}{}", logs());
    ensure!(said.lines().filter(|line| line.starts_with(answer)).count() == DAEMONS.len(), "sv {order}: {said}");
    Ok(())
}

/// The ends of the logs of those that did not do as ordered.
fn failures(room: &Room, said: &str) -> Result<String> {
    let failed = said.lines().filter(|line| !line.starts_with("ok: ")).filter_map(|line| line.split(": ").nth(2));
    failed.map(|service| Ok(format!("{service}: {}\n", log(room, service)?))).collect()
}

fn log(room: &Room, service: &str) -> Result<String> {
    room.read(&format!("/var/log/sv/{service}/current"))
}

/// No check answers for a daemon that is not there. Without a check there is nothing to ask: a process that runs counts.
fn expect_no_answers(room: &Room) -> Result<()> {
    let script = "cd /service/\"$1\" && { [ ! -e check ] || exec ./check; [ -s supervise/pid ]; }";
    for Daemon(service, ..) in DAEMONS {
        let (answers, _) = room.run(&["sh", "-c", script, "sh", service])?;
        ensure!(!answers, "the check of {service} answers for it, and it is down");
    }
    Ok(())
}

fn pid(room: &Room, service: &str) -> Result<String> {
    Ok(room.read(&format!("/service/{service}/supervise/pid"))?.trim().to_owned())
}

/// Each service is the daemon itself, and has given up root where it should.
fn expect_processes(room: &Room) -> Result<()> {
    let accounts = room.read("/etc/passwd")?;
    for Daemon(service, process, user, _) in DAEMONS {
        let status = room.read(&format!("/proc/{}/status", pid(room, service)?))?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        ensure!(
            field("Name:") == Some(process),
            "{service} is the process {:?}; its log:\n{}",
            field("Name:"),
            log(room, service)?
        );
        let account = accounts.lines().find_map(|line| line.strip_prefix(&format!("{user}:x:"))?.split(':').next());
        ensure!(field("Uid:") == account, "{service} has the user {:?}, not {user}", field("Uid:"));
    }
    Ok(())
}

/// HUP does not reload haproxy; its hook says what does.
fn reload_haproxy(room: &Room) -> Result<()> {
    let before = pid(room, "haproxy")?;
    room.run(&["sv", "hup", "haproxy"])?;
    until("a second worker of haproxy", || {
        log(room, "haproxy").is_ok_and(|log| log.matches("New worker").count() == 2)
    })?;
    ensure!(pid(room, "haproxy")? == before, "haproxy was started again");
    Ok(())
}

/// Every daemon is killed and comes up by itself, whatever it left behind.
fn kill_all(room: &Room) -> Result<()> {
    let pids = DAEMONS.iter().map(|daemon| pid(room, daemon.0)).collect::<Result<Vec<_>>>()?;
    for Daemon(service, ..) in DAEMONS.iter().filter(|daemon| daemon.0 != DEPENDENT) {
        room.run(&["sv", "kill", service])?;
    }
    for (Daemon(service, ..), old) in DAEMONS.iter().zip(pids) {
        await_some(&format!("{service} after a kill"), || {
            pid(room, service).ok().filter(|new| !new.is_empty() && *new != old)
        })?;
    }
    Ok(())
}

/// Each log has the ends in their order and no others, and a stamp before each.
fn expect_ends(room: &Room) -> Result<()> {
    let line = Regex::new(r"(?m)^\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.\d{5} ended (.*)$").context("a pattern")?;
    for Daemon(service, _, _, end) in DAEMONS {
        let log = log(room, service)?;
        let ends: Vec<_> = line.captures_iter(&log).filter_map(|it| it.get(1)).map(|it| it.as_str()).collect();
        let is_in_order = if *service == DEPENDENT { ends.ends_with(&[end]) } else { ends == ["-1 9", *end] };
        ensure!(is_in_order, "{service} ended with {ends:?}; its log:\n{log}");
    }
    Ok(())
}

fn others(room: &Room) -> Result<Vec<String>> {
    let (_, names) = room.run(&["sh", "-c", "cat /proc/[0-9]*/comm"])?;
    Ok(names.lines().filter(|name| !SUPERVISORS.contains(name)).map(str::to_owned).collect())
}

#[test]
fn daemons_come_up_answer_survive_a_kill_and_end_in_order() -> Result<()> {
    let services: Vec<_> = DAEMONS.iter().map(|daemon| daemon.0).collect();
    let room = Room::new(PACKAGES, &services)?;
    let all: Vec<_> = ["sv", "status"].into_iter().chain(services).collect();
    until("every runsv", || room.run(&all).is_ok_and(|(well, _)| well))?;
    expect_no_answers(&room)?;
    order(&room, "start", "ok: run: ")?;
    order(&room, "check", "ok: run: ")?;
    expect_processes(&room)?;
    reload_haproxy(&room)?;
    kill_all(&room)?;
    order(&room, "start", "ok: run: ")?;
    order(&room, "check", "ok: run: ")?;
    expect_processes(&room)?;
    order(&room, "stop", "ok: down: ")?;
    until("the end of all processes", || others(&room).is_ok_and(|others| others.is_empty()))
        .with_context(|| format!("{:?} are left", others(&room)))?;
    expect_no_answers(&room)?;
    expect_ends(&room)?;
    host::say(&format!("{} daemons came up, answered, survived a kill and ended in order", DAEMONS.len()));
    Ok(())
}
