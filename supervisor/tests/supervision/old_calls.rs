//! A kernel, or a filter, that denies every system call newer than Linux 3.2: the whole life of a service, and of a services
//! directory.

use crate::fixture::{IDLE, RUNSV, RUNSVDIR, Service, Supervisor, eventually, read, spawn};
use crate::services::{Services, search_path};
use pilotlight_qemu_tests::helper::{self, REASONS};
use std::fs::File;
use std::process::Command;

/// The command that becomes this program under the filter.
fn denied(reason: &str, program: &str) -> Command {
    helper::denied(reason, program).unwrap_or_else(|error| panic!("there is no filter: {error:#}"))
}

fn assert_is_filtered(pid: u32) {
    assert!(read(format!("/proc/{pid}/status")).contains("\nSeccomp:\t2\n"), "there is no filter");
}

#[test]
fn a_service_is_started_logged_restarted_stopped_and_ended() {
    for reason in REASONS {
        let service = Service::new("echo a line; exec sleep 1000");
        service.script("log/run", "while read -r line; do echo \"$line\" >>lines; done");
        service.script("finish", "echo finish \"$@\" >>journal");
        service.script("control/h", "echo hook >>journal");
        let mut command = denied(reason, RUNSV);
        command.arg("web").current_dir(service.parent());
        command.stderr(File::create(service.parent().join("messages")).expect("messages"));
        let mut runsv = service.start_as(&mut command);
        assert_is_filtered(runsv.pid());
        eventually("a logged line", || read(service.path("log/lines")) == "a line\n");
        let first = service.pid();
        service.send("ht");
        service.expect_line("hook");
        service.expect_line("finish -1 15");
        service.pid_after(first);
        service.expect_stat("run");
        service.send("d");
        service.expect_stat("down");
        service.send("ux");
        assert_eq!(runsv.ended().code(), Some(0), "{reason}");
        assert_eq!((service.stat().as_str(), service.messages().as_str()), ("down", ""), "{reason}");
    }
}

#[test]
fn services_are_found_watched_and_ended() {
    for reason in REASONS {
        let services = Services::new();
        services.add("services/first");
        services.add("store");
        services.link("../store", "services/linked");
        let mut command = denied(reason, RUNSVDIR);
        command.args(["services", "log: ............"]).current_dir(services.path("")).env("PATH", search_path());
        command.stderr(File::create(services.path("messages")).expect("messages"));
        let mut runsvdir = Supervisor::new(spawn(&mut command));
        services.supervisor("services/first");
        assert_is_filtered(runsvdir.pid());
        services.supervisor("services/linked");
        services.add_script("services/second", IDLE);
        eventually("the second service", || services.stat("services/second") == "run");
        runsvdir.signal(1);
        assert_eq!(runsvdir.ended().code(), Some(111), "{reason}");
        eventually("the end of all", || {
            ["first", "linked", "second"].iter().all(|name| services.stat(&format!("services/{name}")) == "down")
        });
        assert_eq!(services.messages(), "", "{reason}");
    }
}

#[test]
fn a_service_that_a_killed_runsv_left_is_taken_over_and_looked_at_each_second() {
    for reason in REASONS {
        let service = Service::new("echo start >>journal; exec sleep 1000");
        service.script("log/run", "exec cat >>lines");
        service.script("finish", "echo finish \"$@\" >>journal");
        let start = || {
            let mut command = denied(reason, RUNSV);
            let messages = File::options().append(true).create(true).open(service.parent().join("messages"));
            command.arg("web").current_dir(service.parent()).stderr(messages.expect("messages"));
            service.start_as(&mut command)
        };
        let mut first = start();
        service.expect_line("start");
        let (pid, log) = (service.pid(), service.log_pid());
        first.signal(9);
        first.ended();
        let _second = start();
        eventually("both sentences", || service.messages().lines().count() == 2);
        for pid in [pid, log] {
            let how = "was left by another runsv, it is taken over, and looked at each second";
            assert!(service.messages().contains(&format!("process {pid} {how}\n")), "{reason}: {}", service.messages());
        }
        service.send("t");
        service.pid_after(pid);
        service.expect_journal(&["start", "finish -1 0", "start"]);
        assert_eq!(service.log_pid(), log);
    }
}
