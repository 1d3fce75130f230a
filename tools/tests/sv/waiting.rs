//! Waiting for a command's effect: what counts as effect, what wakes, and what happens when the time runs out.

use crate::fixture::{Answer, LONG, Service, Services, answer, down, eventually, run};
use protocol::status::{State, Status, Want};
use protocol::tai64n::Tai64n;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// Starts sv in the background, waiting for longer than any test takes.
fn start(services: &Services, word: &str) -> Child {
    let mut command = services.command(&["-w60", word, "web"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("sv runs")
}

/// Has sv a watch? Before, it looks a few times without being told.
fn watches(sv: &Child) -> bool {
    let mut descriptors = fs::read_dir(format!("/proc/{}/fd", sv.id())).into_iter().flatten().flatten();
    descriptors.any(|entry| fs::read_link(entry.path()).is_ok_and(|to| to.as_os_str() == "anon_inode:inotify"))
}

fn finish(child: Child) -> Answer {
    let started = Instant::now();
    let output = child.wait_with_output().expect("sv ends");
    assert!(started.elapsed() < LONG, "it was not woken");
    Answer::from(output)
}

/// A process that runs since the very moment of the other, in another process id.
fn successor(of: Status) -> Status {
    Status { pid: 78, since: Tai64n::from_unix(of.since.unix_seconds(), 5), got_term: false, ..of }
}

/// What `sv -w0 WORD web` says of a status that stays as it is: `ok`, `timeout` or `kill`.
fn verdict(word: &str, status: Status) -> String {
    let services = Services::new();
    let _web = services.add("web", status);
    services.sv(&["-w0", word, "web"]).out.split(':').next().unwrap_or_default().to_owned()
}

#[test]
fn start_is_done_when_the_service_runs() {
    let services = Services::new();
    let web = services.add("web", down(500));
    let sv = start(&services, "start");
    web.expect_letters("u");
    web.publish(Status { want: Want::Up, ..down(500) });
    web.publish(run(500));
    assert_eq!(finish(sv), Answer::new(0, "ok: run: web: (pid 77) 500s\n"));
}

#[test]
fn stop_is_done_when_the_service_is_down_and_not_while_it_finishes() {
    let services = Services::new();
    let web = services.add("web", run(500));
    let sv = start(&services, "stop");
    web.expect_letters("d");
    for state in [State::Run, State::Finish] {
        web.publish(Status { want: Want::Down, got_term: true, state, ..run(500) });
    }
    web.publish(down(600));
    assert_eq!(finish(sv), Answer::new(0, "ok: down: web: 600s, normally up\n"));
}

#[test]
fn restart_is_done_when_another_process_runs_even_within_the_same_second() {
    let services = Services::new();
    let web = services.add("web", run(0));
    assert_eq!(verdict("restart", run(0)), "timeout", "the old process does not pass");
    let sv = start(&services, "restart");
    web.expect_letters("tcu");
    web.publish(Status { got_term: true, ..run(0) });
    web.publish(successor(run(0)));
    let answer = finish(sv);
    assert!(answer.code == 0 && answer.out.starts_with("ok: run: web: (pid 78) "), "{answer:?}");
}

#[test]
fn exit_is_done_when_the_supervisor_has_ended() {
    let services = Services::new();
    let mut web = services.add("web", run(500));
    let sv = start(&services, "exit");
    web.expect_letters("x");
    web.publish(down(0));
    web.leave();
    assert_eq!(finish(sv), Answer::new(0, "ok: web: runsv not running\n"));
}

#[test]
fn a_supervisor_that_is_killed_ends_the_waiting_for_anything_else() {
    let services = Services::new();
    let mut web = services.add("web", run(500));
    let sv = start(&services, "stop");
    web.expect_letters("d");
    web.leave();
    assert_eq!(finish(sv), Answer::new(1, "fail: web: runsv not running\n"));
}

#[test]
fn a_service_directory_that_is_removed_ends_the_waiting() {
    let services = Services::new();
    let mut web = services.add("web", run(500));
    let sv = start(&services, "stop");
    web.expect_letters("d");
    // A look between two removals would find a part of it gone.
    eventually("sv is told of removals", || watches(&sv));
    fs::remove_dir_all(web.file("")).unwrap();
    web.leave();
    let told = "fail: web: unable to change to service directory: file does not exist\n";
    assert_eq!(finish(sv), Answer::new(1, told));
}

#[test]
fn services_are_reported_as_they_get_there() {
    let services = Services::new();
    let (web, db) = (services.add("web", run(500)), services.add("db", run(500)));
    let mut command = services.command(&["-w60", "stop", "web", "none", "db"]);
    let mut sv = command.stdout(std::process::Stdio::piped()).spawn().expect("sv runs");
    let mut lines = BufReader::new(sv.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let none = "fail: none: unable to change to service directory: file does not exist";
    assert_eq!(lines.next().as_deref(), Some(none));
    db.publish(down(-1));
    assert_eq!(lines.next().as_deref(), Some("ok: down: db: 0s, normally up"));
    web.publish(down(-1));
    assert_eq!(lines.next().as_deref(), Some("ok: down: web: 0s, normally up"));
    assert_eq!(sv.wait().expect("sv ends").code(), Some(1));
}

/// The one test that lets time pass, for that is the only way to see that nothing happens in it.
#[test]
fn while_nothing_happens_it_sleeps() {
    let services = Services::new();
    let web = services.add("web", run(500));
    let sv = start(&services, "stop");
    web.expect_letters("d");
    let process = format!("/proc/{}/", sv.id());
    eventually("sv sleeps", || {
        watches(&sv) && fs::read_to_string(format!("{process}stat")).is_ok_and(|stat| stat.contains(") S "))
    });
    let wakeups = || {
        let status = fs::read_to_string(format!("{process}status")).expect("sv lives");
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|number| number.trim().parse::<u64>().ok()).expect("a number")
    };
    let before = wakeups();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(wakeups(), before);
    web.publish(down(-1));
    assert_eq!(finish(sv), Answer::new(0, "ok: down: web: 0s, normally up\n"));
}

#[test]
fn what_counts_as_effect_of_each_command() {
    let up = run(500);
    let wanted_down = Status { want: Want::Down, ..up };
    let paused = Status { paused: true, ..up };
    let finishing = Status { state: State::Finish, ..up };
    // Some wait, so all wait together.
    thread::scope(|at_once| {
        for (word, status, expected) in [
            ("up", up, "ok"),
            ("up", finishing, "timeout"),
            ("down", down(500), "ok"),
            ("down", Status { want: Want::Up, ..down(500) }, "timeout"),
            ("once", up, "timeout"),
            ("once", wanted_down, "ok"),
            ("pause", up, "timeout"),
            ("pause", paused, "ok"),
            ("cont", up, "ok"),
            ("cont", paused, "timeout"),
            ("hup", up, "ok"),
            ("reload", up, "ok"),
            ("term", up, "timeout"),
            ("term", down(500), "ok"),
            ("try-restart", down(500), "ok"),
            ("force-reload", down(500), "ok"),
            ("restart", down(500), "timeout"),
            ("force-stop", up, "kill"),
            ("force-restart", up, "kill"),
            ("check", up, "ok"),
            ("check", wanted_down, "timeout"),
            ("check", down(500), "ok"),
            ("check", Status { want: Want::Up, ..down(500) }, "timeout"),
        ] {
            at_once.spawn(move || assert_eq!(verdict(word, status), expected, "sv -w0 {word} on {status:?}"));
        }
    });
}

#[test]
fn force_commands_kill_when_the_time_runs_out_and_fail_all_the_same() {
    let services = Services::new();
    let web = services.add("web", run(500));
    let told = "kill: run: web: (pid 77) 500s\n";
    assert_eq!(services.sv(&["-w0", "force-stop", "web"]), Answer::new(1, told));
    assert_eq!(web.letters(), "dk");
}

#[test]
fn the_time_is_that_of_w_or_else_of_svwait() {
    let services = Services::new();
    let _web = services.add("web", run(500));
    for (words, svwait) in [(["-w0", "down", "web"], "60"), (["-v", "down", "web"], "0")] {
        let started = Instant::now();
        let answer = answer(services.command(&words).env("SVWAIT", svwait));
        assert!(answer.out.starts_with("timeout: run: web: ") && started.elapsed() < LONG, "{answer:?}");
    }
    let started = Instant::now();
    services.sv(&["-w1", "down", "web"]);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_check_script_decides_whether_a_running_service_is_up() {
    let services = Services::new();
    let web = services.add("web", run(500));
    web.script("check", "#!/bin/sh\necho not for sv\ntest -e ready\n");
    assert_eq!(services.sv(&["-w0", "start", "web"]), Answer::new(1, "timeout: run: web: (pid 77) 500s\n"));
    assert_eq!(services.sv(&["-w0", "check", "web"]), Answer::new(1, "timeout: run: web: (pid 77) 500s\n"));
    let sv = start(&services, "start");
    fs::write(web.file("ready"), "").unwrap();
    assert_eq!(finish(sv), Answer::new(0, "ok: run: web: (pid 77) 500s\n"));
}

#[test]
fn a_check_script_that_is_killed_or_cannot_run_does_not_agree() {
    let services = Services::new();
    let web = services.add("web", run(500));
    web.script("check", "#!/bin/sh\nkill -9 $$\n");
    let timeout = Answer::new(1, "timeout: run: web: (pid 77) 500s\n");
    assert_eq!(services.sv(&["-w0", "start", "web"]), timeout);
    for (text, reason) in [("#!/no/such/shell\n", "file does not exist"), ("no program", "exec format error")] {
        web.script("check", text);
        let err = format!("warning: unable to run web/check: {reason}\n");
        assert_eq!(services.sv(&["-w1", "start", "web"]), Answer { err, ..Answer::new(1, &timeout.out) });
    }
}

#[test]
fn a_check_script_is_not_asked_about_a_service_that_is_to_be_down() {
    let services = Services::new();
    let web = services.add("web", down(500));
    web.script("check", "#!/bin/sh\necho asked >&2\nexit 1\n");
    assert_eq!(services.sv(&["stop", "web"]), Answer::new(0, "ok: down: web: 500s, normally up\n"));
    assert_eq!(services.sv(&["check", "web"]), Answer::new(0, "ok: down: web: 500s, normally up\n"));
}

#[test]
fn a_check_script_that_runs_is_waited_for_and_counts_even_late() {
    let services = Services::new();
    let web: Service = services.add("web", run(500));
    web.script("check", "#!/bin/sh\nexec sleep 2\n");
    let answer = services.sv(&["-w0", "start", "web"]);
    assert!(answer.code == 0 && answer.out.starts_with("ok: run: web: "), "{answer:?}");
}

#[test]
fn a_check_script_that_hangs_is_killed_and_does_not_hold_sv_up() {
    let services = Services::new();
    let web = services.add("web", run(500));
    web.script("check", "#!/bin/sh\necho $$ >script\nexec sleep 1000\n");
    assert_eq!(services.sv(&["-w0", "start", "web"]), Answer::new(1, "timeout: run: web: (pid 77) 500s\n"));
    let script = fs::read_to_string(web.file("script")).expect("it was asked");
    let words = format!("/proc/{}/cmdline", script.trim());
    eventually("its end", || fs::read(&words).unwrap_or_default().is_empty());
}

#[test]
fn many_check_scripts_take_turns_and_each_is_asked() {
    let services = Services::new();
    let names: Vec<String> = (10..40).map(|number| format!("web{number}")).collect();
    let kept: Vec<Service> = names.iter().map(|name| services.add(name, run(500))).collect();
    // The one without a script does not wait for its turn.
    for service in &kept[1..] {
        service.script("check", "#!/bin/sh\nexec sleep 0.1\n");
    }
    let words: Vec<&str> = ["-w0", "start"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let answer = services.sv(&words);
    assert_eq!((answer.code, answer.out.lines().count()), (0, names.len()), "{answer:?}");
    assert!(answer.out.starts_with("ok: run: web10: "), "{answer:?}");
}

#[test]
fn more_services_than_a_process_may_open_files() {
    let services = Services::new();
    let _web = services.add("web", down(500));
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 1024 && exec \"$0\" \"$@\"", crate::fixture::SV, "stop"]);
    let answer = answer(limited.args(["web"; 1500]).env("SVDIR", services.path()));
    assert_eq!((answer.code, answer.out.lines().count()), (0, 1500), "{answer:?}");
}

#[test]
fn where_the_kernel_grants_no_inotify_it_looks_again_and_again() {
    let services = Services::new();
    let web = services.add("web", run(500));
    let script = "echo 0 >/proc/sys/user/max_inotify_instances && exec \"$0\" -w60 stop web";
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", script, crate::fixture::SV]);
    let sv = command.env("SVDIR", services.path()).stdout(std::process::Stdio::piped()).spawn().expect("unshare runs");
    web.expect_letters("d");
    let has_inotify = fs::read_dir(format!("/proc/{}/fd", sv.id())).expect("sv lives").any(|fd| {
        fd.and_then(|fd| fs::read_link(fd.path())).is_ok_and(|file| file.to_string_lossy().contains("inotify"))
    });
    assert!(!has_inotify);
    web.publish(down(-1));
    assert_eq!(finish(sv), Answer::new(0, "ok: down: web: 0s, normally up\n"));
}
