//! The out-of-memory killer: it spares runsv and runsvdir where the kernel allows it, and treats what they start as before.
//!
//! Not every root may ask for that: a shell is asked what comes of it here. On the boards it is allowed (`qemu-tests`).

use crate::fixture::{Service, eventually_equal, read};
use crate::services::Services;
use std::path::Path;
use std::process::Command;

/// What a process has that asks to be spared, after this value.
fn spared(before: &str) -> String {
    let script = "echo $0 >/proc/self/oom_score_adj; (echo -1000 >/proc/$$/oom_score_adj) 2>/dev/null; cat /proc/$$/oom_score_adj";
    let output = Command::new("sh").args(["-c", script, before.trim()]).output().expect("a shell");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn score(pid: impl std::fmt::Display) -> String {
    read(format!("/proc/{pid}/oom_score_adj"))
}

#[test]
fn runsv_is_spared_and_its_children_are_treated_as_before() {
    let service = Service::new("exec sleep 1000");
    service.script("log/run", "exec cat");
    service.script("control/h", "cat /proc/self/oom_score_adj >>journal");
    service.script("finish", "cat /proc/self/oom_score_adj >>journal");
    let ours = service.command(Path::new(crate::fixture::RUNSV));
    let mut shell = Command::new("sh");
    shell.args(["-c", "echo 123 >/proc/self/oom_score_adj && exec \"$0\" web"]).arg(ours.get_program());
    shell.current_dir(service.parent());
    let runsv = service.start_as(&mut shell);
    assert_eq!(score(runsv.pid()), spared("123"));
    assert_eq!([score(service.pid()), score(service.log_pid())], ["123\n", "123\n"]);
    service.send("h");
    service.expect_journal(&["123"]);
    service.send("d");
    service.expect_journal(&["123", "123"]);
}

#[test]
fn runsvdir_is_spared_and_services_are_treated_as_before_it() {
    let services = Services::new();
    services.add("services/a");
    let runsvdir = services.start("services");
    let runsv = services.supervisor("services/a");
    let own = score("self");
    let spared = spared(&own);
    eventually_equal(|| [score(runsvdir.pid()), score(runsv)], [spared.clone(), spared.clone()]);
    eventually_equal(|| services.stat("services/a"), "run");
    assert_eq!(score(read(services.path("services/a/supervise/pid")).trim()), own);
}
