//! What the kernel refuses: no inotify, no room on the disk. In namespaces of their own.

use crate::fixture::{Service, Supervisor, eventually, eventually_equal, read, signal, spawn};
use crate::services::{Services, search_path};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// Starts a shell command in new user and mount namespaces, in the folder of the services, as root of them.
pub(crate) fn start(services: &Services, script: &str) -> Supervisor {
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--mount", "sh", "-c", script]).current_dir(services.path(""));
    let messages = std::fs::File::create(services.path("messages")).expect("messages");
    unshare.env("PATH", search_path()).stdout(messages.try_clone().expect("messages")).stderr(messages);
    Supervisor::new(spawn(&mut unshare))
}

#[test]
fn without_inotify_a_new_service_is_seen_at_the_next_look() {
    let services = Services::new();
    services.add("services/first");
    let script = "echo 0 >/proc/sys/user/max_inotify_instances && exec runsvdir services";
    let runsvdir = start(&services, script);
    eventually_equal(|| services.stat("services/first"), "run");
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", runsvdir.pid())).expect("its descriptors");
    let files = descriptors.flatten().filter_map(|fd| std::fs::read_link(fd.path()).ok());
    assert!(!files.into_iter().any(|file| file.to_string_lossy().contains("inotify")), "the kernel grants inotify");
    services.add("services/second");
    eventually_equal(|| services.stat("services/second"), "run");
    assert_eq!(services.messages(), "");
}

#[test]
fn on_a_full_disk_the_last_status_stays_whole_and_the_new_one_is_published_when_there_is_room() {
    let services = Services::new();
    services.add("services/web");
    std::fs::create_dir(services.path("services/web/supervise")).unwrap();
    let script = "mount -t tmpfs -o size=64k none services/web/supervise && exec runsv services/web";
    let runsv = start(&services, script);
    let supervise = |name: &str| PathBuf::from(format!("/proc/{}/cwd/supervise/{name}", runsv.pid()));
    eventually_equal(|| read(supervise("stat")), "run\n");

    // Takes what is left, and fails at it.
    let _ = std::fs::write(supervise("filler"), vec![0; 1 << 20]);
    std::fs::write(supervise("control"), "p").unwrap();
    services.expect_message("runsv services/web: warning: unable to write supervise/stat.new: out of disk space");
    assert_eq!(read(supervise("stat")), "run\n");

    std::fs::remove_file(supervise("filler")).unwrap();
    eventually_equal(|| read(supervise("stat")), "run, paused\n");
    assert_eq!(services.messages().lines().count(), 1, "a failure is told once");
}

#[test]
fn without_enough_watches_a_switch_is_seen_at_the_next_look() {
    let services = Services::new();
    for name in ["one/web", "two/web"] {
        std::fs::create_dir(services.path(name).parent().expect("a store")).unwrap();
        services.add(name);
    }
    services.link("one", "current");
    services.link("../current/web", "services/web");
    let script = "echo 3 >/proc/sys/user/max_inotify_watches && exec runsvdir services";
    let _runsvdir = start(&services, script);
    eventually_equal(|| services.stat("one/web"), "run");
    services.relink("two", "current");
    eventually_equal(|| services.stat("two/web"), "run");
    eventually_equal(|| services.stat("one/web"), "down");
}

#[test]
fn a_supervise_that_is_removed_is_made_anew_with_the_next_change_and_the_process_stays_known() {
    let service =
        Service::new("echo start >>journal; trap 'echo HUP >>journal' HUP; while :; do sleep 1000 & wait; done");
    let mut first = service.start();
    service.expect_line("start");
    service.expect_stat("run");
    let pid = service.pid();
    eventually("its record", || service.status().pid == pid);
    let control = fs::File::options().write(true).open(service.path("supervise/control")).expect("a fifo");
    fs::remove_dir_all(service.path("supervise")).unwrap();
    // The letter goes through the fifo that has no name any more.
    (&control).write_all(b"p").unwrap();
    eventually("the new folder", || service.path("supervise/ok").exists());
    service.expect_stat("run, paused");
    service.send("c");
    service.expect_stat("run");
    assert_eq!(service.messages(), "runsv web: warning: supervise was removed, it is made anew\n");
    assert_eq!(service.refusal().1, "runsv web: fatal: unable to lock supervise/lock: temporary failure\n");
    first.signal(9);
    first.ended();
    let _second = service.start();
    service.send("h");
    service.expect_line("HUP");
    assert_eq!((service.pid(), service.journal().iter().filter(|line| *line == "start").count()), (pid, 1));
}

#[test]
fn a_process_that_starts_while_supervise_is_made_anew_is_known_by_the_next_runsv() {
    let service = Service::new("exec sleep 1000");
    service.script("finish", "echo finish >>journal; exec sleep 1000");
    let mut first = service.start();
    service.expect_stat("run");
    let run = service.pid();
    eventually("its record", || service.status().pid == run);
    fs::remove_dir_all(service.path("supervise")).unwrap();
    // The change is the start of ./finish, whose own record goes into the folder that has no name any more.
    signal(run, 9);
    eventually("the new folder", || service.path("supervise/ok").exists());
    service.expect_stat("finish");
    service.expect_line("finish");
    let finish = service.pid();
    first.signal(9);
    first.ended();
    let _second = service.start();
    eventually("its sentence", || service.messages().contains(&format!("process {finish} was left by another runsv")));
    assert_eq!((service.stat().as_str(), service.pid()), ("finish", finish));
    service.expect_journal(&["finish"]);
}

#[test]
fn a_supervise_that_is_moved_away_or_replaced_is_made_anew_with_the_next_change() {
    for replaced in [false, true] {
        let service = Service::new("exec sleep 1000");
        let _runsv = service.start();
        service.expect_stat("run");
        let pid = service.pid();
        eventually("its record", || service.status().pid == pid);
        let control = fs::File::options().write(true).open(service.path("supervise/control")).expect("a fifo");
        fs::rename(service.path("supervise"), service.path("old")).expect("it is moved");
        if replaced {
            fs::create_dir(service.path("supervise")).expect("another");
        }
        (&control).write_all(b"p").unwrap();
        eventually("the new fifo", || service.path("supervise/ok").exists());
        service.expect_stat("run, paused");
        assert_eq!(service.messages(), "runsv web: warning: supervise was removed, it is made anew\n");
    }
}
