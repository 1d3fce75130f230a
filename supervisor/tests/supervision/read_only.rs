//! A root that nobody can write: where runsv keeps its state then. In a mount namespace with a /run of its own.

use crate::fixture::{
    RUNSV, Supervisor, eventually, eventually_equal, eventually_some, is_alive, output, read, signal, spawn,
    write_file, write_script,
};
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

/// Runs a command in the namespaces of a supervisor, in the temporary directory, with this PATH.
fn inside(services: &Services, supervisor: u32, script: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--target={supervisor}")).args(["--user", "--mount", "--preserve-credentials", "sh", "-c"]);
    let messages = std::fs::File::options().append(true).open(services.path("messages")).expect("messages");
    command.args([script, "sh"]).arg(services.path("")).env("PATH", search_path()).stderr(messages);
    command
}

#[test]
fn the_state_stays_below_run_when_the_root_becomes_writable_and_nothing_runs_twice() {
    let services = Services::new();
    services.add_script("services/web", "exec sleep 1000");
    let mut first = start_read_only(&services, "exec runsvdir services");
    expect_stat(&first, "web", "run");
    let children = read(format!("/proc/{0}/task/{0}/children", first.pid()));
    let runsv: u32 = children.trim().parse().expect("one runsv");
    let file = |name: &str| read(format!("/proc/{runsv}/root{}/web/{name}", paths::STATE));
    let pid = file("pid");
    let remount = "mount -o remount,bind,rw \"$1\"";
    assert!(output(&mut inside(&services, runsv, remount)).status.success(), "it becomes writable");
    first.signal(9);
    first.ended();
    let mut command = inside(&services, runsv, "cd \"$1\" && exec runsvdir services");
    let second = Supervisor::new(spawn(&mut command));
    services
        .expect_message("runsvdir services: warning: unable to start runsv web: another runsv has its lock; waiting.");
    signal(runsv, 9);
    let taken = format!("runsv web: warning: process {} was left by another runsv, it is taken over", pid.trim());
    services.expect_message(&taken);
    assert_eq!(read(state(&second, "web/pid")), pid);
    assert!(!services.path("services/web/supervise").exists());
}

#[test]
fn a_state_below_run_that_nobody_uses_is_left_for_a_directory_that_can_be_written() {
    let services = Services::new();
    services.add_script("services/web", "exec sleep 1000");
    let remount = "mount -o remount,bind,rw \"$1\"";
    let both = start_read_only(&services, &format!("{RUNSV} services/web && {remount} && exec {RUNSV} services/web"));
    expect_stat(&both, "web", "run");
    std::fs::write(state(&both, "web/control"), "x").unwrap();
    eventually_equal(|| read(services.path("services/web/supervise/stat")), "run\n");
    assert_eq!(services.messages(), "");
}

#[test]
fn two_directories_of_one_name_do_not_take_each_others_process() {
    let services = Services::new();
    for name in ["one/web", "two/web"] {
        std::fs::create_dir(services.path(name).parent().expect("a store")).unwrap();
        services.add_script(name, "exec sleep 1000");
    }
    let mut first = start_read_only(&services, &format!("exec {RUNSV} one/web"));
    expect_stat(&first, "web", "run");
    let pid = eventually_some("its process", || read(state(&first, "web/pid")).trim().parse::<u32>().ok());
    let refused = output(&mut inside(&services, first.pid(), &format!("cd \"$1\" && exec {RUNSV} two/web")));
    let sentence = "runsv two/web: fatal: unable to lock supervise/lock: temporary failure\n";
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), said.as_str()), (Some(111), sentence));
    first.signal(9);
    first.ended();
    let mut command = inside(&services, pid, &format!("cd \"$1\" && exec {RUNSV} two/web"));
    let second = Supervisor::new(spawn(&mut command));
    eventually("a process of its own", || {
        read(state(&second, "web/pid")).trim().parse::<u32>().is_ok_and(|other| other != pid)
    });
    assert!(is_alive(pid), "the other's process is left alone");
    assert!(!services.messages().contains("taken over"), "{}", services.messages());
    signal(pid, 9);
}
