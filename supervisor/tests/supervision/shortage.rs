//! No process can be made, no file be opened, no memory be had: at the start and later. Services then wait, and nothing else.
//!
//! What is short is short by a limit of one process, in a user's name where the kernel spares root (fork).

use crate::fixture::{
    IDLE, RUNSV, RUNSVDIR, Service, Supervisor, eventually, eventually_equal, is_alive, read, signal, spawn,
};
use crate::services::{Services, expect_no_deadline, search_path};
use crate::users::{give_away, install_programs, limit, no_more_files, unprivileged};
use protocol::status::{State, Want};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

const HUP: u8 = 1;
const KILL: u8 = 9;
/// Lets a process make no other, and again many.
const NO_PROCESS: &str = "nproc=1:";
const PROCESSES: &str = "nproc=10000:";

/// Starts runsv in the name of a user whom the kernel can refuse processes.
fn start_as_user(service: &Service) -> Supervisor {
    let programs = install_programs(service.parent());
    give_away(service.parent());
    service.start_as(unprivileged(&mut service.command(&programs.join("runsv"))))
}

fn count(text: &str, sentence: &str) -> usize {
    text.lines().filter(|line| *line == sentence).count()
}

#[test]
fn while_no_process_can_be_made_letters_are_answered_and_the_service_starts_when_one_can() {
    let service = Service::new(IDLE);
    service.file("down", "");
    let runsv = start_as_user(&service);
    limit(runsv.pid(), NO_PROCESS);
    service.send("u");
    let refused = "runsv web: warning: unable to fork, sleeping: temporary failure";
    eventually("two attempts", || count(&service.messages(), refused) == 2);
    service.send("d");
    eventually("want down", || service.status().want == Want::Down);
    service.send("u");
    eventually("want up", || service.status().want == Want::Up);
    assert_eq!(service.stat(), "down");
    limit(runsv.pid(), PROCESSES);
    service.expect_stat("run");
    assert_eq!(count(&service.messages(), refused), service.messages().lines().count());
}

#[test]
fn while_no_process_can_be_made_a_signal_goes_out_without_its_hook_and_finish_waits() {
    let service = Service::new("trap 'exit 7' TERM; echo run >>journal; while :; do sleep 0.1; done");
    service.script("control/t", "exit 0");
    service.script("finish", "echo finish \"$@\" >>journal");
    let mut runsv = start_as_user(&service);
    service.expect_journal(&["run"]);
    limit(runsv.pid(), NO_PROCESS);
    service.send("t");
    service.expect_stat("finish");
    let [no_hook, no_finish] = [" for control/?", ", sleeping"]
        .map(|what| format!("runsv web: warning: unable to fork{what}: temporary failure"));
    eventually("the hook is told", || count(&service.messages(), &no_hook) == 1);
    eventually("finish is tried again", || count(&service.messages(), &no_finish) >= 2);
    service.send("x");
    service.expect_stat("finish, want exit");
    limit(runsv.pid(), PROCESSES);
    assert_eq!(runsv.ended().code(), Some(0));
    service.expect_journal(&["run", "finish 7 0"]);
}

#[test]
fn while_runsvdir_can_make_no_process_it_ends_what_is_removed_and_starts_the_rest_when_it_can() {
    let services = Services::new();
    let programs = install_programs(&services.path(""));
    for name in ["services/ended", "services/removed"] {
        services.add(name);
    }
    give_away(&services.path(""));
    let mut command = services.command(&["services"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    let mut runsvdir = Supervisor::new(spawn(unprivileged(&mut command)));
    services.supervisor("services/ended");
    let removed = services.supervisor("services/removed");
    limit(runsvdir.pid(), NO_PROCESS);
    services.add("services/new");
    give_away(&services.path("services/new"));
    fs::write(services.path("services/ended/supervise/control"), "x").unwrap();
    let refused = |name: &str| format!("runsvdir services: warning: unable to fork for {name}: temporary failure");
    eventually("two attempts", || count(&services.messages(), &refused("new")) >= 2);
    services.expect_message(&refused("ended"));
    services.rename("services/removed", "removed");
    eventually("the end of the removed one", || !is_alive(removed));
    limit(runsvdir.pid(), PROCESSES);
    services.supervisor("services/new");
    services.nth_supervisor("services/ended", 1);
    limit(runsvdir.pid(), NO_PROCESS);
    runsvdir.signal(HUP);
    assert_eq!(runsvdir.ended().code(), Some(111));
}

/// Starts a program below a limit, as prlimit(1) writes it; its messages go to a file.
fn below(limit: &str, program: &Path, argument: &str, directory: &Path) -> Command {
    let messages = File::create(directory.join("messages")).expect("messages");
    let mut command = Command::new("prlimit");
    command.arg(format!("--{limit}")).arg(program).arg(argument).current_dir(directory).env("PATH", search_path());
    command.stdout(Stdio::null()).stderr(messages);
    command
}

/// Starts runsv below a limit. Does it get ready? Then it is ended, in order. Its exit code and messages.
fn gets_ready(service: &Service, limit: &str) -> (bool, Option<i32>, String) {
    let mut runsv = Supervisor::new(spawn(&mut below(limit, Path::new(RUNSV), "web", service.parent())));
    let is_there = || service.open_control("supervise/ok").is_some();
    eventually("ready, or ended", || is_there() || runsv.has_ended());
    let is_ready = is_there();
    if is_ready {
        service.send("x");
    }
    (is_ready, runsv.ended().code(), service.messages())
}

#[test]
fn with_too_few_descriptors_runsv_says_so_and_with_enough_it_works() {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat");
    let mut tries = (3..40).map(|descriptors| gets_ready(&service, &format!("nofile={descriptors}")));
    let why = "process cannot open more files";
    let enough = tries.by_ref().find(|(is_ready, code, said)| {
        let is_told =
            !said.is_empty() && said.lines().all(|line| line.starts_with("runsv web: ") && line.ends_with(why));
        assert!(*is_ready || *code == Some(111) && said.contains("fatal: ") && is_told, "{code:?} {said}");
        *is_ready && said.is_empty()
    });
    assert_eq!(enough, Some((true, Some(0), String::new())));
}

#[test]
fn with_too_little_memory_runsv_is_refused_by_the_kernel_or_works() {
    let service = Service::new(IDLE);
    service.file("down", "");
    let answers = (12..27).map(|power| gets_ready(&service, &format!("as={}", 1_u64 << power)));
    let answers: Vec<_> = answers.collect();
    assert!(answers.contains(&(true, Some(0), String::new())) && answers.contains(&(false, None, String::new())));
    assert!(answers.iter().all(|answer| answer.2.is_empty()), "{answers:?}");
}

#[test]
fn without_a_descriptor_to_spare_runsv_goes_on_leaves_no_finish_out_and_publishes_when_it_has_one() {
    let service = Service::new("echo run >>journal; exec sleep 1000");
    service.script("finish", "echo finish \"$@\" >>journal");
    service.script("log/run", "exec cat >/dev/null");
    let runsv = service.start();
    let first = service.pid();
    service.expect_line("run");
    service.expect_log_stat("run");
    eventually("the record", || service.status().state == State::Run);
    no_more_files(runsv.pid());
    signal(first, KILL);
    service.expect_journal(&["run", "finish -1 9", "run"]);
    service.send("d");
    service.expect_journal(&["run", "finish -1 9", "run", "finish -1 15"]);
    limit(runsv.pid(), "nofile=1000:");
    service.expect_stat("down");
    eventually("the record", || service.status().want == Want::Down);
    let why = ": process cannot open more files";
    assert!(service.messages().contains("runsv web: warning: unable to "));
    assert!(service.messages().lines().all(|line| line.ends_with(why)), "{}", service.messages());
}

#[test]
fn a_services_directory_that_cannot_be_opened_terminates_nothing() {
    let services = Services::new();
    for name in ["services/a", "services/b"] {
        services.add(name);
    }
    let runsvdir = services.start("services");
    let all = [services.supervisor("services/a"), services.supervisor("services/b")];
    expect_no_deadline(runsvdir.pid());
    no_more_files(runsvdir.pid());
    services.rename("services/b", "b");
    services.add("services/c");
    let warning = "runsvdir services: warning: unable to stat services: process cannot open more files";
    eventually("two looks", || count(&services.messages(), warning) >= 2);
    assert!(all.into_iter().all(is_alive));
    limit(runsvdir.pid(), "nofile=1000:");
    services.supervisor("services/c");
    eventually("the end of the removed one", || !is_alive(all[1]));
    assert!(is_alive(all[0]));
    assert_eq!(count(&services.messages(), warning), services.messages().lines().count());
}

#[test]
fn without_descriptors_at_its_start_runsvdir_looks_again() {
    let services = Services::new();
    services.add("services/a");
    // Enough for signals and inotify, and for nothing besides.
    let mut command = below("nofile=5:1000", Path::new(RUNSVDIR), "services", &services.path(""));
    let runsvdir = Supervisor::new(spawn(&mut command));
    services.expect_message("runsvdir services: warning: unable to stat services: process cannot open more files");
    limit(runsvdir.pid(), "nofile=1000:");
    services.supervisor("services/a");
}

#[test]
fn while_there_is_no_memory_for_a_service_runsv_stays_and_starts_it_later() {
    let service = Service::new(IDLE);
    let mut runsv = service.start();
    let first = service.pid();
    limit(runsv.pid(), "as=1:");
    signal(first, KILL);
    // Each attempt is a process that the kernel ends for want of memory.
    let second = service.pid_after(first);
    let third = service.pid_after(second);
    service.send("d");
    eventually_equal(|| (service.status().want, service.status().state), (Want::Down, State::Down));
    limit(runsv.pid(), "as=1000000000:");
    service.send("u");
    service.expect_stat("run");
    assert!(![first, second, third].contains(&service.pid()));
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
}

#[test]
fn while_there_is_no_memory_for_a_runsv_runsvdir_stays_and_starts_it_later() {
    let services = Services::new();
    services.add("services/a");
    let runsvdir = services.start("services");
    let first = services.supervisor("services/a");
    limit(runsvdir.pid(), "as=1:");
    fs::write(services.path("services/a/supervise/control"), "x").unwrap();
    eventually("the end of the first", || !is_alive(first));
    services.add("services/b");
    expect_attempts(runsvdir.pid());
    assert_eq!(services.supervisors("services/a"), [first]);
    limit(runsvdir.pid(), "as=1000000000:");
    services.nth_supervisor("services/a", 1);
    services.supervisor("services/b");
}

/// Waits until a process has had two children more that ended: the page faults of its children are counted when it reaps them.
fn expect_attempts(pid: u32) {
    let faults = || {
        let stat = read(format!("/proc/{pid}/stat"));
        let faults =
            stat.rsplit(") ").next().and_then(|fields| fields.split(' ').nth(8)).and_then(|faults| faults.parse().ok());
        faults.unwrap_or(0_u64)
    };
    for _ in 0..2 {
        let before = faults();
        eventually("a child that ended", || faults() > before);
    }
}
