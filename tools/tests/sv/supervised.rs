//! sv with the runsv of this workspace: the commands' effects on real processes, start to end.

use crate::fixture::{LONG, SV, Services, eventually};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Instant;

/// A runsv, ended with the test that started it, and its service with it.
struct Supervisor {
    process: Child,
    directory: PathBuf,
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = Command::new(SV).args(["-w1", "force-shutdown"]).arg(&self.directory).output();
        let _ = self.process.wait();
    }
}

/// Our runsv, beside sv.
fn runsv() -> PathBuf {
    pilotlight_qemu_tests::host::sibling(Path::new(SV), "runsv", "pilotlight-supervisor").expect("runsv can be built")
}

/// Writes a service's `run` and starts its runsv.
fn supervise(services: &Services, name: &str, run: &str) -> Supervisor {
    let directory = services.path().join(name);
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("run");
    fs::write(&file, format!("#!/bin/sh\n{run}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let process = Command::new(runsv()).arg(name).current_dir(services.path()).spawn().expect("runsv starts");
    let supervisor = Supervisor { process, directory };
    eventually("runsv is there", || services.sv(&["status", name]).code == 0);
    supervisor
}

/// The process id in a report.
fn pid(report: &str) -> u32 {
    let digits = report.split("(pid ").nth(1).and_then(|rest| rest.split(')').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no pid: {report}"))
}

/// Runs a waiting command that must succeed; its report.
fn done(services: &Services, words: &[&str]) -> String {
    let answer = services.sv(&[&["-w30"], words].concat());
    assert!(answer.code == 0 && answer.out.starts_with("ok: "), "sv {words:?}: {answer:?}");
    answer.out
}

#[test]
fn start_stop_and_start_again() {
    let services = Services::new();
    let _web = supervise(&services, "web", "exec sleep 1000");
    let first = pid(&done(&services, &["start", "web"]));
    assert!(done(&services, &["stop", "web"]).starts_with("ok: down: web: "));
    assert!(!Path::new(&format!("/proc/{first}")).exists());
    assert_ne!(pid(&done(&services, &["up", "web"])), first);
}

#[test]
fn restart_reports_the_new_process() {
    let services = Services::new();
    let _web = supervise(&services, "web", "exec sleep 1000");
    let mut before = pid(&done(&services, &["start", "web"]));
    for command in ["restart", "restart", "try-restart", "force-restart", "term", "kill"] {
        let after = pid(&done(&services, &[command, "web"]));
        assert_ne!(after, before, "sv {command}");
        assert!(!Path::new(&format!("/proc/{before}")).exists(), "sv {command} left the old process");
        before = after;
    }
}

#[test]
fn force_stop_kills_what_does_not_listen() {
    let services = Services::new();
    let _web = supervise(&services, "web", "trap '' TERM; touch deaf; while :; do sleep 1; done");
    eventually("it does not listen", || services.path().join("web/deaf").exists());
    let answer = services.sv(&["-w0", "force-stop", "web"]);
    assert!(answer.code == 1 && answer.out.starts_with("kill: run: web: "), "{answer:?}");
    done(&services, &["stop", "web"]);
}

#[test]
fn pause_and_cont() {
    let services = Services::new();
    let _web = supervise(&services, "web", "exec sleep 1000");
    done(&services, &["start", "web"]);
    assert!(done(&services, &["pause", "web"]).trim_end().ends_with(", paused"));
    let process = pid(&done(&services, &["cont", "web"]));
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    assert!(!stat.contains(") T "), "{stat}");
}

#[test]
fn shutdown_waits_for_the_log_and_for_runsv() {
    let services = Services::new();
    let log = services.path().join("web/log");
    fs::create_dir_all(&log).unwrap();
    fs::write(log.join("run"), "#!/bin/sh\nexec cat >lines\n").unwrap();
    fs::set_permissions(log.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut web = supervise(&services, "web", "echo a line; exec sleep 1000");
    done(&services, &["start", "web"]);
    // The log service is told of after the service.
    eventually("the log service", || services.sv(&["status", "web"]).out.contains("; run: log: (pid "));
    eventually("the log has the line", || fs::read(log.join("lines")).is_ok_and(|lines| lines == b"a line\n"));
    assert_eq!(done(&services, &["shutdown", "web"]), "ok: web: runsv not running\n");
    assert!(web.process.wait().is_ok_and(|status| status.success()));
}

#[test]
fn a_runsv_that_is_killed_is_noticed_at_once() {
    let services = Services::new();
    let mut web = supervise(&services, "web", "exec sleep 1000");
    let process = pid(&done(&services, &["start", "web"]));
    fs::write(services.path().join("web/check"), "#!/bin/sh\ntouch asked\nexit 1\n").unwrap();
    fs::set_permissions(services.path().join("web/check"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = services.command(&["-w600", "start", "web"]);
    let sv = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    eventually("sv waits", || services.path().join("web/asked").exists());
    let started = Instant::now();
    web.process.kill().unwrap();
    let output = sv.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "fail: web: runsv not running\n");
    assert!(started.elapsed() < LONG);
    // The service has lost its supervisor, so nobody else ends it.
    let _ = sys::process::kill(std::num::NonZeroU32::new(process).unwrap(), 9);
}

/// In a mount namespace, where the services directory is read-only and /run is empty.
#[test]
fn on_a_read_only_root_services_are_controlled_all_the_same() {
    let services = Services::new();
    for name in ["web", "web/log"] {
        let directory = services.path().join(name);
        fs::create_dir_all(&directory).unwrap();
        let run = if name == "web" { "exec sleep 1000" } else { "exec cat >/dev/null" };
        fs::write(directory.join("run"), format!("#!/bin/sh\n{run}\n")).unwrap();
        fs::set_permissions(directory.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let script = r#"
        mount -t tmpfs none /run && mount --bind "$SVDIR" "$SVDIR" && mount -o remount,bind,ro "$SVDIR" || exit 120
        cd "$SVDIR" && ! touch here 2>/dev/null || exit 121
        "$RUNSV" web &
        until "$SV" status web >/dev/null; do :; done
        "$SV" -w30 start web && "$SV" -w30 restart web && "$SV" -w30 stop web || exit 122
        "$SV" status web/log && cd web/log && "$SV" -w30 restart . && "$SV" status .. && "$SV" -w30 shutdown ../../web
    "#;
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]);
    command.env("SVDIR", services.path()).env("SV", SV).env("RUNSV", runsv());
    let answer = crate::fixture::answer(&mut command);
    let words = |line: &str| line.split("(pid ").next().map(|front| front.trim_end().to_owned());
    let lines: Vec<_> = answer.out.lines().filter_map(words).collect();
    let told = [
        "ok: run: web:",
        "ok: run: web:",
        "ok: down: web: 0s, normally up",
        "run: web/log:",
        "ok: run: .:",
        "down: ..: 0s, normally up; run: log:",
        "ok: ../../web: runsv not running",
    ];
    assert_eq!((answer.code, lines), (0, told.map(str::to_owned).to_vec()), "{}", answer.err);
    assert!(!services.path().join("web/supervise").exists());
}
