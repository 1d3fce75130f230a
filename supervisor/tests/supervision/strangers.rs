//! Whose service it is: nobody else reads its state, controls, stops or blocks it; and a user without any privilege has
//! services of their own.

use crate::fixture::{
    IDLE, Service, Supervisor, eventually, eventually_equal, is_alive, output, read, spawn, write_script,
};
use crate::services::{NOTING, Services};
use crate::users::{give_away, install_programs, somebody_else, unprivileged};
use std::path::Path;
use std::process::Command;

/// What somebody else gets of a command: exit code, output and messages.
fn refused(words: &[&str], directory: &Path) -> (Option<i32>, String) {
    let output = output(somebody_else().args(words).current_dir(directory));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// A running service with a log, the folder of copies of the programs, and its runsv.
fn running() -> (Service, Supervisor, String) {
    let service = Service::new(IDLE);
    service.script("log/run", "exec cat >/dev/null");
    let programs = install_programs(service.parent());
    let runsv = service.start();
    service.expect_stat("run");
    service.expect_log_stat("run");
    (service, runsv, programs.display().to_string())
}

#[test]
fn sv_of_somebody_else_is_refused_every_word_and_told_nothing() {
    let (service, _runsv, programs) = running();
    let before = (service.pid(), service.log_pid(), service.status());
    let sv = format!("{programs}/sv");
    for word in ["status", "up", "down", "once", "pause", "hup", "kill", "exit", "-w1 restart", "check", "force-stop"] {
        let words: Vec<&str> = [sv.as_str()].into_iter().chain(word.split(' ')).chain(["./web"]).collect();
        let (code, said) = refused(&words, service.parent());
        assert_eq!(said, "warning: ./web: unable to open supervise/ok: access denied\n", "sv {word}");
        assert_eq!(code, Some(1), "sv {word}");
    }
    assert_eq!((service.pid(), service.log_pid(), service.status()), before);
}

#[test]
fn the_files_of_supervise_are_closed_to_somebody_else() {
    let (service, _runsv, _) = running();
    let stat = service.stat();
    for supervise in ["web/supervise", "web/log/supervise"] {
        let scripts = [
            "cat status",
            "cat stat",
            "cat pid",
            "ls .",
            "exec 3<lock",
            "exec 3>lock",
            "printf d >control",
            "exec 3<control",
            "exec 3<ok",
            "exec 3>ok",
            "rm -f pid",
            "mkfifo control",
            "touch new",
            "flock -n lock true",
        ];
        for script in scripts {
            let script = format!("cd {supervise} && {script}");
            let (code, said) = refused(&["sh", "-c", &script], service.parent());
            assert!(
                code != Some(0) && said.contains("ermission denied") || said.contains("can't cd"),
                "{script}: {code:?} {said}"
            );
            // Nor by a path, without entering.
            let (code, said) =
                refused(&["sh", "-c", &script.replacen(" && ", "/.. && cd supervise && ", 1)], service.parent());
            assert_ne!(code, Some(0), "{script}: {said}");
        }
    }
    assert_eq!(service.stat(), stat);
}

#[test]
fn the_lock_of_somebody_elses_service_cannot_be_had() {
    let (service, _runsv, programs) = running();
    let (code, said) = refused(&[&format!("{programs}/runsv"), "web"], service.parent());
    assert_eq!((code, said.as_str()), (Some(111), "runsv web: fatal: unable to open supervise/lock: access denied\n"));
    let (code, _) = refused(&["flock", "-n", "web/supervise/lock", "true"], service.parent());
    assert_ne!(code, Some(0));
}

#[test]
fn signals_of_somebody_else_reach_neither_supervisor_nor_service() {
    let (service, runsv, _) = running();
    let all = [runsv.pid(), service.pid(), service.log_pid()];
    for pid in all {
        // In a session of their own: within one, everybody may continue what is stopped.
        for signal in ["TERM", "KILL", "STOP", "HUP", "CONT"] {
            let (code, said) =
                refused(&["setsid", "--wait", "sh", "-c", &format!("kill -{signal} {pid}")], service.parent());
            assert!(code != Some(0) && said.contains("ermitted"), "kill -{signal}: {code:?} {said}");
        }
    }
    assert!(all.into_iter().all(is_alive));
    service.expect_stat("run");
}

#[test]
fn a_directory_that_somebody_else_holds_locked_or_open_blocks_no_service() {
    let service = Service::new(IDLE);
    install_programs(service.parent());
    // What everybody may do with a directory that is not closed: open it, lock it, sit in it.
    let script = "cd web && exec 3<. && flock -n 3 && echo held && exec sleep 1000";
    let mut command = somebody_else();
    let held = service.parent().join("held");
    command.args(["sh", "-c", script]).current_dir(service.parent());
    let _holder = Supervisor::new(spawn(command.stdout(std::fs::File::create(&held).expect("held"))));
    eventually_equal(|| read(&held), "held\n");
    let mut runsv = service.start();
    service.expect_stat("run");
    service.send("x");
    assert_eq!(runsv.ended().code(), Some(0));
}

/// The whole life of services below runsvdir, as a user who has no privilege at all.
#[test]
fn a_user_has_services_of_their_own_without_any_privilege() {
    let services = Services::new();
    let programs = install_programs(&services.path(""));
    write_script(&services.path("services/web/run"), &format!("echo a line; {NOTING}"));
    write_script(&services.path("services/web/log/run"), "exec cat >>lines");
    write_script(&services.path("services/web/finish"), "echo \"$@\" >>finished");
    write_script(&services.path("services/web/control/h"), "echo of a hook");
    give_away(&services.path(""));
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let mut command = services.command(&["services"]);
    let mut runsvdir = Supervisor::new(spawn(unprivileged(command.env("PATH", &path))));
    let first = services.supervisor("services/web");
    assert!(read(format!("/proc/{first}/status")).contains("\nCapEff:\t0000000000000000\n"));
    let sv = |words: &[&str]| {
        let mut command = Command::new(programs.join("sv"));
        command.arg("-w30").args(words).env("SVDIR", services.path("services"));
        let output = output(unprivileged(&mut command));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "sv {words:?}: {text}");
        text
    };
    assert!(sv(&["start", "web"]).starts_with("ok: run: web: (pid "));
    // The log service is told of after the service.
    eventually("the log service", || sv(&["status", "web"]).contains("; run: log: (pid "));
    sv(&["hup", "web"]);
    eventually_equal(|| read(services.path("services/web/log/lines")), "a line\nof a hook\n");
    assert!(sv(&["restart", "web"]).starts_with("ok: run: web: (pid "));
    assert!(sv(&["stop", "web"]).starts_with("ok: down: web: "));
    eventually_equal(|| read(services.path("services/web/finished")), "-1 15\n-1 15\n");
    write_script(&services.path("being-made/run"), NOTING);
    give_away(&services.path("being-made"));
    services.rename("being-made", "services/later");
    let later = services.supervisor("services/later");
    services.rename("services/later", "removed");
    eventually("the end of the removed one", || !is_alive(later));
    assert_eq!(services.messages(), "");
    runsvdir.signal(1);
    assert_eq!(runsvdir.ended().code(), Some(111));
    eventually("the end of all", || !is_alive(first));
}
