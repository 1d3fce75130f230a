//! A root that nobody can write: where runsv keeps its state then. In a mount namespace with a /run of its own.

use crate::fixture::{RUNSV, Supervisor, eventually, eventually_equal, read, spawn, write_file, write_script};
use crate::services::{Services, search_path};
use protocol::paths;
use std::path::PathBuf;
use std::process::Command;

/// Starts a command with the temporary directory read-only and /run empty.
fn start_read_only(services: &Services, command: &str) -> Supervisor {
    let script = format!(
        "mount -t tmpfs none /run && mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && cd \"$1\" && {command}"
    );
    let mut unshare = Command::new("unshare");
    // Whoever is not root becomes it in a user namespace.
    unshare.args(["--map-root-user", "--mount", "sh", "-c", &script, "sh"]).arg(services.path(""));
    let messages = std::fs::File::create(services.path("messages")).expect("messages");
    unshare.env("PATH", search_path()).stdout(messages.try_clone().expect("messages")).stderr(messages);
    Supervisor::new(spawn(&mut unshare))
}

/// A file below [`paths::STATE`], as the namespace has it.
fn state(supervisor: &Supervisor, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{}/root{}/{name}", supervisor.pid(), paths::STATE))
}

fn expect_stat(supervisor: &Supervisor, name: &str, stat: &str) {
    eventually_equal(|| read(state(supervisor, name).join("stat")), format!("{stat}\n"));
}

#[test]
fn the_state_is_kept_below_run() {
    let services = Services::new();
    services.add_script("services/web", "echo of run; exec sleep 1000");
    write_script(&services.path("services/web/log/run"), "read -r line; echo \"$line\" >&2; exec cat");
    let mut runsv = start_read_only(&services, &format!("exec {RUNSV} services/web"));
    expect_stat(&runsv, "web", "run");
    expect_stat(&runsv, "web.log", "run");
    services.expect_message("of run");
    assert!(state(&runsv, "web/ok").exists() && !services.path("services/web/supervise").exists());
    std::fs::write(state(&runsv, "web/control"), "d").unwrap();
    expect_stat(&runsv, "web", "down");
    std::fs::write(state(&runsv, "web/control"), "x").unwrap();
    assert_eq!(runsv.ended().code(), Some(0));
    assert_eq!(services.messages(), "of run\n");
}

#[test]
fn a_second_runsv_is_refused_there_too() {
    let services = Services::new();
    services.add_script("services/web", "exec sleep 1000");
    let command = format!(
        "{{ {RUNSV} services/web & }} && until [ -p /run/runit/supervise/web/ok ]; do :; done; exec {RUNSV} services/web"
    );
    let mut second = start_read_only(&services, &command);
    assert_eq!(second.ended().code(), Some(111));
    services.expect_message("runsv services/web: fatal: unable to lock supervise/lock: temporary failure");
}

#[test]
fn a_supervise_link_into_run_goes_before() {
    let services = Services::new();
    services.add_script("services/web", "exec sleep 1000");
    services.link("/run/of-web", "services/web/supervise");
    let runsv = start_read_only(&services, &format!("exec {RUNSV} services/web"));
    let stat = format!("/proc/{}/root/run/of-web/stat", runsv.pid());
    eventually_equal(|| read(&stat), "run\n");
    assert!(!state(&runsv, "web").exists());
}

#[test]
fn services_below_runsvdir() {
    let services = Services::new();
    for name in ["services/a", "services/b"] {
        services.add_script(name, "exec sleep 1000");
        write_file(&services.path(name).join("down"), "", 0o644);
    }
    let runsvdir = start_read_only(&services, "exec runsvdir services");
    expect_stat(&runsvdir, "a", "down");
    expect_stat(&runsvdir, "b", "down");
    eventually("its fifo", || state(&runsvdir, "a/ok").exists());
    std::fs::write(state(&runsvdir, "a/control"), "u").unwrap();
    expect_stat(&runsvdir, "a", "run");
    expect_stat(&runsvdir, "b", "down");
    assert_eq!(services.messages(), "");
}
