//! What services are born with below a runsvdir, whatever that has inherited: an empty mask, default dispositions, and
//! descriptors 0, 1, 2.

use crate::children::{asleep, expect_three, field};
use crate::fixture::{IDLE, RUNSV, RUNSVDIR, Service, Supervisor, eventually_some, read, signal, spawn, write_script};
use crate::services::{Services, search_path};
use pilotlight_qemu_tests::helper::with_rubbish;
use std::fs;
use std::path::Path;

#[track_caller]
fn assert_clean(pid: u32) {
    expect_three(pid);
    for mask in ["SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"] {
        assert_eq!(field(pid, mask), "0000000000000000", "{mask}");
    }
}

/// Waits for the process that a service directory tells of.
fn process(supervise: &Path, before: u32) -> u32 {
    let pid = || read(supervise.join("pid")).trim_end().parse().ok();
    eventually_some("a process", || pid().filter(|pid| *pid != before))
}

#[test]
fn services_logs_and_finish_below_a_runsvdir_that_inherits_rubbish() {
    for arguments in [&["services"][..], &["-P", "services"], &["services", "log: ............"]] {
        let services = Services::new();
        services.add_script("services/web", IDLE);
        for script in ["log/run", "finish"] {
            write_script(&services.path("services/web").join(script), IDLE);
        }
        let mut command = with_rubbish(RUNSVDIR);
        command.args(arguments).current_dir(services.path("")).env("PATH", search_path());
        let mut runsvdir = Supervisor::new(spawn(&mut command));
        let supervise = services.path("services/web/supervise");
        let run = process(&supervise, 0);
        assert_clean(run);
        let log = process(&services.path("services/web/log/supervise"), 0);
        assert_clean(log);
        signal(run, 15);
        let finish = process(&supervise, run);
        assert_clean(finish);
        // HUP ends all, in this order: the service, and its log, which does not read that its input has ended.
        runsvdir.signal(1);
        assert_eq!(runsvdir.ended().code(), Some(111));
        [finish, log].iter().for_each(|pid| signal(*pid, 9));
    }
}

#[test]
fn every_hook_of_a_runsv_that_inherits_rubbish() {
    // Only KILL ends it, so that its hooks can follow one another.
    let service = Service::new("trap '' HUP INT QUIT USR1 USR2 ALRM TERM; exec sleep 1000");
    for letter in ["u", "d", "t", "x", "p", "c", "h", "a", "i", "q", "1", "2", "k"] {
        service.script(&format!("control/{letter}"), "echo $$ >\"hook.${0##*/}\"; exec sleep 1000");
    }
    let mut command = with_rubbish(RUNSV);
    command.arg("web").current_dir(service.parent());
    let mut runsv = service.start_as(&mut command);
    let see_hook = |letter: &str| {
        let file = service.path(&format!("hook.{letter}"));
        let pid = eventually_some("a hook", || read(&file).strip_suffix('\n')?.parse().ok());
        assert_clean(pid);
        fs::remove_file(file).unwrap();
        signal(pid, 9);
    };
    see_hook("u");
    asleep(service.pid());
    for letters in
        [&["p"][..], &["c"], &["h"], &["a"], &["i"], &["q"], &["1"], &["2"], &["t"], &["d", "t"], &["x", "t"]]
    {
        service.send(letters[0]);
        // Before the hook of its own such a letter asks that of TERM.
        letters.iter().rev().for_each(|letter| see_hook(letter));
    }
    service.send("k");
    see_hook("k");
    assert_eq!(runsv.ended().code(), Some(0));
}
