//! A runsv is killed: the next one takes over the process that lives, its log service and their pipe, and starts no second one.

use crate::children::field;
use crate::fixture::{IDLE, RUNSV, Service, Supervisor, eventually, eventually_equal, is_alive, read, signal};
use crate::services::{Services, expect_no_deadline};
use protocol::status::State;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub(crate) const KILL: u8 = 9;

/// Kills a runsv, and nothing of what it started.
pub(crate) fn kill(runsv: &mut Supervisor) {
    runsv.signal(KILL);
    runsv.ended();
}

/// The sentence about a process that was taken over.
pub(crate) fn taken_over(pid: u32) -> String {
    format!("runsv web: warning: process {pid} was left by another runsv, it is taken over")
}

/// A service that notes each start, and its end by TERM.
fn noting() -> Service {
    let service = Service::new(
        "echo start >>journal; trap 'echo TERM >>journal; exit 0' TERM; trap 'echo HUP >>journal' HUP\n\
         echo ready >>journal; while :; do sleep 1000 & wait; kill $!; done",
    );
    service.script("finish", "echo finish \"$@\" >>journal");
    service
}

#[test]
fn a_living_service_is_taken_over_with_its_stamp_and_obeys() {
    let service = noting();
    let mut first = service.start();
    service.expect_line("ready");
    let pid = service.pid();
    eventually("its record", || service.status().pid == pid);
    let since = service.status().since;
    kill(&mut first);
    let _second = service.start();
    eventually("its sentence", || service.messages().lines().any(|line| line == taken_over(pid)));
    assert_eq!((service.stat().as_str(), service.status().pid, service.status().since), ("run", pid, since));
    service.send("h");
    service.expect_line("HUP");
    service.send("d");
    service.expect_stat("down");
    service.expect_journal(&["start", "ready", "HUP", "TERM", "finish -1 0"]);
    service.send("u");
    service.pid_after(pid);
    service.expect_journal(&["start", "ready", "HUP", "TERM", "finish -1 0", "start", "ready"]);
}

#[test]
fn its_death_is_answered_as_usual_with_an_unknown_exit_code() {
    let service = noting();
    let mut first = service.start();
    service.expect_line("ready");
    let pid = service.pid();
    kill(&mut first);
    let _second = service.start();
    signal(pid, KILL);
    service.pid_after(pid);
    service.expect_journal(&["start", "ready", "finish -1 0", "start", "ready"]);
}

#[test]
fn a_service_that_dies_while_nobody_supervises_it_gets_its_finish() {
    let service = noting();
    let mut first = service.start();
    service.expect_line("ready");
    let pid = service.pid();
    kill(&mut first);
    signal(pid, KILL);
    eventually("its end", || !is_alive(pid));
    let _second = service.start();
    service.expect_journal(&["start", "ready", "finish -1 0", "start", "ready"]);
    let sentence = format!("runsv web: warning: process {pid} was left by another runsv, and has ended\n");
    assert_eq!(service.messages(), sentence);
}

#[test]
fn what_was_wanted_and_the_mark_of_term_are_taken_over_too() {
    let service = Service::new("trap '' TERM; echo ready >>journal; while :; do sleep 1000 & wait; done");
    let mut first = service.start();
    service.expect_line("ready");
    // Not paused: the kernel hangs up a process that is stopped when its runsv dies.
    service.send("d");
    service.expect_stat("run, got TERM, want down");
    let pid = service.pid();
    eventually("the record", || service.status().got_term);
    kill(&mut first);
    let mut second = service.start();
    service.expect_stat("run, got TERM, want down");
    service.send("k");
    service.expect_stat("down");
    assert!(!is_alive(pid));
    service.expect_journal(&["ready"]);
    second.terminate();
    assert_eq!(second.ended().code(), Some(0));
}

#[test]
fn a_finish_that_runs_is_taken_over_and_not_run_twice() {
    let service = Service::new("exit 3");
    service.script("finish", "echo \"$@\" >>journal; exec sleep 1000");
    let mut first = service.start();
    service.expect_stat("finish");
    service.expect_journal(&["3 0"]);
    let pid = service.pid();
    kill(&mut first);
    let _second = service.start();
    service.expect_stat("finish");
    assert_eq!((service.status().state, service.status().pid), (State::Finish, pid));
    service.send("d");
    service.send("k");
    service.expect_stat("down");
    service.expect_journal(&["3 0"]);
}

#[test]
fn a_finish_that_ended_in_between_is_not_run_again() {
    let service = Service::new("exit 3");
    service.script("finish", "echo \"$@\" >>journal; exec sleep 1000");
    let mut first = service.start();
    service.expect_journal(&["3 0"]);
    service.expect_stat("finish");
    let pid = service.pid();
    kill(&mut first);
    signal(pid, KILL);
    eventually("its end", || !is_alive(pid));
    service.script("run", IDLE);
    let _second = service.start();
    service.expect_stat("run");
    service.expect_journal(&["3 0"]);
}

#[test]
fn a_service_that_ended_in_order_is_started_afresh_without_finish() {
    let service = noting();
    let mut first = service.start();
    service.expect_line("ready");
    service.send("x");
    assert_eq!(first.ended().code(), Some(0));
    let before = service.journal().len();
    let _second = service.start();
    eventually("the second start", || service.journal().len() == before + 2);
    service.expect_journal(&["start", "ready", "TERM", "finish 0 0", "start", "ready"]);
    assert_eq!(service.messages(), "");
}

/// The inode of the pipe that a descriptor leads to.
fn pipe(pid: u32, fd: u32) -> PathBuf {
    fs::read_link(format!("/proc/{pid}/fd/{fd}")).expect("a descriptor")
}

/// A service that writes numbered lines without end, and its log service.
fn counting() -> Service {
    let service = Service::new(
        "n=$(cat number 2>/dev/null || echo 0); trap 'ended=yes' TERM\n\
         until [ \"$ended\" ]; do echo line $n; n=$((n+1)); sleep 0.01; done\n\
         echo $n >number",
    );
    service.script("log/run", "echo start >>starts; exec cat >>lines");
    service
}

/// Nothing is missing and nothing is there twice.
#[track_caller]
fn assert_counts(service: &Service) {
    let text = read(service.path("log/lines"));
    for (number, line) in text.lines().enumerate() {
        assert_eq!(line, format!("line {number}"));
    }
}

#[test]
fn the_log_service_and_the_pipe_are_taken_over_and_no_line_is_lost() {
    let service = counting();
    // A runsv that is dropped takes its process group with it, and so the service.
    let mut runsvs = vec![service.start()];
    let (pid, log) = (service.pid(), service.log_pid());
    let lines = || read(service.path("log/lines")).lines().count();
    for _ in 0..3 {
        let before = lines();
        eventually("lines", || lines() > before + 10);
        runsvs.last_mut().map(kill);
        runsvs.push(service.start());
    }
    assert_eq!((service.status().pid, service.log_pid()), (pid, log), "both are the same processes");
    // Both ends serve whatever is started later.
    let old = pipe(log, 0);
    assert_eq!(pipe(pid, 1), old);
    service.send("t");
    let next = service.pid_after(pid);
    eventually_equal(|| pipe(next, 1), old.clone());
    // What the log service has read and not yet written goes with it: it is killed when it has nothing.
    service.send("p");
    eventually("its pause", || field(next, "State").starts_with('T'));
    eventually("that it waits", || field(log, "State").starts_with('S'));
    service.send_log("k");
    let next_log = service.log_pid_after(log);
    eventually_equal(|| pipe(next_log, 0), old);
    service.send("c");
    let before = lines();
    eventually("more lines", || lines() > before + 10);
    service.send("x");
    runsvs.last_mut().map(Supervisor::ended);
    assert_counts(&service);
    eventually_equal(|| read(service.path("log/starts")), "start\nstart\n");
}

#[test]
fn the_pipe_is_taken_from_the_service_where_the_log_service_died_too() {
    let service = counting();
    service.script("run", "exec 3>/dev/null; trap '' PIPE; echo line 0; exec sleep 1000");
    let mut first = service.start();
    let (pid, log) = (service.pid(), service.log_pid());
    eventually_equal(|| read(service.path("log/lines")), "line 0\n");
    kill(&mut first);
    signal(log, KILL);
    eventually("its end", || !is_alive(log));
    let _second = service.start();
    let next = service.log_pid_after(log);
    eventually_equal(|| pipe(next, 0), pipe(pid, 1));
}

#[test]
fn nothing_but_the_pipe_is_taken_from_a_service_that_puts_other_files_in_its_place() {
    let service = Service::new("exec 3>&1 4<run; while :; do exec 1>&4; exec 1>&3; done");
    service.script("log/run", "exec 0</dev/null; exec sleep 1000");
    let run = fs::canonicalize(service.path("run")).expect("its path");
    let mut runsvs = vec![service.start()];
    service.expect_stat("run");
    for _ in 0..30 {
        runsvs.last_mut().map(kill);
        let next = service.start();
        let files = fs::read_dir(format!("/proc/{}/fd", next.pid())).expect("its files");
        let files: Vec<_> = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()).collect();
        assert!(!files.contains(&run), "{files:?}");
        runsvs.push(next);
    }
}

#[test]
fn a_pipe_that_cannot_be_taken_over_is_told() {
    let drop = "exec setpriv --reuid=65534 --clear-groups sleep 1000";
    let service = Service::new(drop);
    service.script("log/run", drop);
    let mut first = service.start();
    let is_user = |pid| read(format!("/proc/{pid}/status")).contains("\nUid:\t65534");
    let pids = [service.pid(), service.log_pid()];
    eventually("another user's processes", || pids.into_iter().all(is_user));
    kill(&mut first);
    // As in a container: root, without the right to look into the processes of others.
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-sys_ptrace", RUNSV, "web"]).current_dir(service.parent());
    let messages = fs::File::options().append(true).open(service.parent().join("messages")).expect("messages");
    let _second = service.start_as(command.stderr(messages));
    let sentence = "runsv web: warning: unable to take over the pipe to the log service\n";
    assert_eq!(service.messages(), format!("{sentence}{}\n{}\n", taken_over(pids[0]), taken_over(pids[1])));
}

#[test]
fn a_log_service_whose_runsv_is_killed_while_it_ends_is_started_again() {
    let service = Service::new(IDLE);
    service.script("log/run", "cat; exec sleep 1000");
    let mut first = service.start();
    service.expect_stat("run");
    let log = service.log_pid();
    service.send("x");
    // Of status and its words the status comes last.
    let is_wanted = || fs::read(service.path("log/supervise/status")).is_ok_and(|status| status.get(17) == Some(&b'u'));
    eventually("its status", || !is_wanted());
    kill(&mut first);
    let _second = service.start();
    service.expect_stat("run");
    service.expect_log_stat("run");
    signal(log, KILL);
    service.log_pid_after(log);
}

#[test]
fn runsvdir_replaces_a_killed_runsv_and_the_service_stays() {
    let services = Services::new();
    services.add_script("services/a", "echo start >>journal; exec sleep 1000");
    let runsvdir = services.start("services");
    let pid_file = services.path("services/a/supervise/pid");
    eventually("it runs", || services.stat("services/a") == "run");
    let pid = read(&pid_file);
    let children = || read(format!("/proc/{0}/task/{0}/children", runsvdir.pid())).trim().to_string();
    for _ in 0..3 {
        let runsv = children();
        signal(runsv.parse().expect("one runsv"), KILL);
        eventually("another runsv", || !children().is_empty() && children() != runsv);
        let taken = format!("runsv a: warning: process {} was left by another runsv, it is taken over", pid.trim());
        services.expect_message(&taken);
        let control = services.path("services/a/supervise/control");
        fs::write(&control, "p").unwrap();
        eventually_equal(|| services.stat("services/a"), "run, paused");
        fs::write(&control, "c").unwrap();
        eventually_equal(|| services.stat("services/a"), "run");
    }
    assert_eq!(read(&pid_file), pid);
    assert_eq!(read(services.path("services/a/journal")), "start\n");
    expect_no_deadline(runsvdir.pid());
}
