//! What a service is born with: signal state, descriptors, place, session.

use crate::fixture::{IDLE, RUNSV, Service, eventually, eventually_equal, eventually_some, read, signal};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Waits until a process has become `sleep`, which changes nothing of what it was born with.
pub(crate) fn asleep(pid: u32) -> u32 {
    eventually("sleep", || read(format!("/proc/{pid}/comm")) == "sleep\n");
    pid
}

pub(crate) fn field(pid: u32, name: &str) -> String {
    let status = read(format!("/proc/{pid}/status"));
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name} in {status}")).trim().into()
}

/// The descriptors of a process, by number, and what they lead to.
fn descriptors(pid: u32) -> Vec<(u32, PathBuf)> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).expect("its descriptors").map(|file| file.expect("one").path());
    let number = |file: &Path| file.file_name()?.to_str()?.parse().ok();
    let mut all: Vec<_> = files.filter_map(|file| Some((number(&file)?, fs::read_link(file).ok()?))).collect();
    all.sort();
    all
}

/// Waits until 0, 1 and 2 are all that a process has; while it loads its libraries it has more of its own.
#[track_caller]
pub(crate) fn expect_three(pid: u32) {
    asleep(pid);
    eventually_equal(|| descriptors(pid).into_iter().map(|(number, _)| number).collect::<Vec<_>>(), [0, 1, 2]);
}

/// The pid that a script wrote.
fn written(service: &Service, file: &str) -> u32 {
    eventually_some(file, || read(service.path(file)).strip_suffix('\n')?.parse().ok())
}

#[test]
fn a_service_has_an_empty_mask_and_ignores_no_signal() {
    let service = Service::new(IDLE);
    service.script("log/run", IDLE);
    service.script("finish", "exec sleep 1000");
    service.script("control/h", "echo $$ >hook; exec sleep 1000");
    let _runsv = service.start();
    let run = service.pid();
    service.send("h");
    let hook = written(&service, "hook");
    signal(run, 15);
    // The end of the hook lets the service go on.
    for pid in [service.pid_after(run), service.log_pid(), hook] {
        for name in ["SigBlk", "SigIgn", "SigPnd", "ShdPnd"] {
            assert_eq!(field(asleep(pid), name), "0000000000000000", "{name}");
        }
    }
}

#[test]
fn signals_that_runsv_was_told_to_ignore_are_not_ignored_by_the_service() {
    let service = Service::new(IDLE);
    let mut command = Command::new("/bin/sh");
    let script = format!("trap '' HUP INT USR1 PIPE TERM CHLD; exec {RUNSV} web");
    command.args(["-c", &script]).current_dir(service.parent());
    let _runsv = service.start_as(&mut command);
    assert_eq!(field(asleep(service.pid()), "SigIgn"), "0000000000000000");
}

#[test]
fn a_runsv_under_nohup_outlives_a_hangup() {
    let service = Service::new(IDLE);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("trap '' HUP; exec {RUNSV} web")]).current_dir(service.parent());
    let runsv = service.start_as(&mut command);
    let run = service.pid();
    runsv.signal(1);
    service.send("k");
    service.pid_after(run);
}

#[test]
fn services_logs_finish_and_hooks_have_descriptors_0_1_2_only() {
    let service = Service::new(IDLE);
    service.script("log/run", IDLE);
    service.script("finish", IDLE);
    service.script("control/h", "echo $$ >hook; exec sleep 1000");
    let _runsv = service.start();
    let run = service.pid();
    expect_three(run);
    expect_three(service.log_pid());
    service.send("h");
    let hook = written(&service, "hook");
    expect_three(hook);
    // A hook that fails leaves the signal to runsv: HUP ends the service, and its finish is there next.
    signal(hook, 9);
    expect_three(service.pid_after(run));
}

#[test]
fn what_runsv_was_given_beyond_2_stays_with_it() {
    let service = Service::new(IDLE);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("exec {RUNSV} web 7</dev/null 9>&2")]).current_dir(service.parent());
    let _runsv = service.start_as(&mut command);
    expect_three(service.pid());
}

#[test]
fn closed_standard_descriptors_are_filled_for_the_service() {
    let service = Service::new(IDLE);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("exec {RUNSV} web <&- >&- 2>&-")]).current_dir(service.parent());
    let _runsv = service.start_as(&mut command);
    let null = |number| (number, PathBuf::from("/dev/null"));
    let pid = asleep(service.pid());
    eventually_equal(|| descriptors(pid), [null(0), null(1), null(2)]);
}

#[test]
fn a_service_begins_in_its_directory_in_the_group_and_session_of_runsv() {
    let service = Service::new(
        "pwd >>journal; read -r stat </proc/$$/stat; set -- ${stat##*) }; echo $2 $3 $4 >>journal; exec sleep 1000",
    );
    let runsv = service.start();
    eventually("its lines", || service.journal().len() == 2);
    let stat = read(format!("/proc/{}/stat", runsv.pid()));
    let of_runsv: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let directory = service.path("").canonicalize().unwrap();
    assert_eq!(service.journal()[0], directory.to_str().unwrap());
    assert_eq!(service.journal()[1], format!("{} {} {}", runsv.pid(), of_runsv[2], of_runsv[3]));
}

#[test]
fn scripts_get_the_environment_and_their_own_names() {
    let service = Service::new("echo \"$0 $COLOUR\" >>journal; exec sleep 1000");
    service.script("finish", "echo \"$0 $COLOUR\" >>journal");
    service.script("control/d", "echo \"$0 $COLOUR\" >>journal");
    let _runsv = service.start_as(service.command(Path::new(RUNSV)).env("COLOUR", "blue"));
    service.expect_line("./run blue");
    service.send("d");
    service.expect_line("./finish blue");
    service.expect_line("control/d blue");
}

#[test]
fn a_pipe_without_reader_does_not_kill_runsv() {
    let service = Service::new("echo run >>journal; echo line; exec sleep 1000");
    let mut command = Command::new("/bin/sh");
    // Standard error is a pipe whose reader is gone; ./finish cannot be executed, so there is something to say.
    let script = format!("{{ exec {RUNSV} web; }} 2>&1 | true");
    command.args(["-c", &script]).current_dir(service.parent());
    service.file("finish", "not a program");
    let _shell = service.start_as(&mut command);
    service.expect_line("run");
    service.file("supervise/status.new", "");
    let before = service.pid();
    service.send("k");
    service.pid_after(before);
}
