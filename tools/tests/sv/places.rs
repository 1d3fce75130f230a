//! Where services are found: by name, by path, and their state where the service directory cannot be written.

use crate::fixture::{Answer, SV, Service, Services, answer, run};
use std::fs;
use std::process::Command;

#[test]
fn a_name_is_looked_up_in_svdir_and_a_path_is_a_path() {
    let services = Services::new();
    let _kept = [services.add("web", run(500)), services.add("group/db", run(500))];
    let absolute = services.path().join("web").display().to_string();
    for name in ["web", "group/db", &absolute] {
        let told = format!("run: {name}: (pid 77) 500s\n");
        assert_eq!(services.sv(&["status", name]), Answer::new(0, &told));
    }
    for name in ["./web", "web/", "../web", "."] {
        let directory = services.path().join(if name.starts_with("./") || name == "web/" { "." } else { "web" });
        let mut command = services.command(&["status", name]);
        let told = format!("run: {name}: (pid 77) 500s\n");
        assert_eq!(answer(command.env("SVDIR", "/none").current_dir(directory)), Answer::new(0, &told));
    }
}

#[test]
fn a_trailing_slash_is_remembered_while_waiting() {
    let services = Services::new();
    let _web = services.add("web", run(500));
    let mut command = services.command(&["start", "web/"]);
    let told = Answer::new(0, "ok: run: web/: (pid 77) 500s\n");
    assert_eq!(answer(command.env("SVDIR", "/none").current_dir(services.path())), told);
}

#[test]
fn svdir_may_be_relative_and_an_empty_one_is_none() {
    let services = Services::new();
    let _web = services.add("web", run(500));
    let mut command = services.command(&["status", "web"]);
    let parent = services.path().parent().unwrap();
    command.env("SVDIR", services.path().file_name().unwrap()).current_dir(parent);
    assert_eq!(answer(&mut command).code, 0);
    assert_eq!(answer(services.command(&["status", "web"]).env("SVDIR", "")).code, 1);
}

#[test]
fn supervise_may_be_a_link() {
    let services = Services::new();
    let state = services.path().join(".state");
    fs::create_dir_all(&state).unwrap();
    fs::create_dir(services.path().join("web")).unwrap();
    std::os::unix::fs::symlink("../.state", services.path().join("web/supervise")).unwrap();
    let web = Service::over(&services.path().join("web"), &state);
    web.publish(run(500));
    assert_eq!(services.sv(&["start", "web"]), Answer::new(0, "ok: run: web: (pid 77) 500s\n"));
}

/// In a mount namespace of its own, so that the real /run stays as it is. The shell keeps the fifos as runsv would.
#[test]
fn on_a_read_only_root_the_state_is_found_below_run() {
    let services = Services::new();
    for directory in ["web/log", "ok"] {
        fs::create_dir_all(services.path().join(directory)).unwrap();
    }
    fs::write(services.path().join("status"), run(500).encode()).unwrap();
    let script = r#"
        mount -t tmpfs none /run && mkdir -p "$STATE" || exit 120
        for name in web web.log; do
            mkdir "$STATE/$name" && mkfifo "$STATE/$name/ok" "$STATE/$name/control" || exit 121
            cp "$SVDIR/status" "$STATE/$name/status"
        done
        exec 3<>"$STATE/web/ok" 4<>"$STATE/web.log/ok" 5<>"$STATE/web/control"
        cd "$SVDIR/web" && "$SV" status web . && "$SV" start web
    "#;
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    command.env("SVDIR", services.path()).env("SV", SV).env("STATE", protocol::paths::STATE);
    let told = "run: web: (pid 77) 500s; run: log: (pid 77) 500s\n\
        run: .: (pid 77) 500s; run: log: (pid 77) 500s\n\
        ok: run: web: (pid 77) 500s\n";
    assert_eq!(answer(&mut command), Answer::new(0, told));
}
