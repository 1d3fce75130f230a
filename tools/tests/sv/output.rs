//! For whom the report is: JSON for programs, colours for a terminal, the original's bytes for everybody else.

use crate::fixture::{Answer, Services, answer, down, run};
use protocol::status::{State, Status, Want};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

#[test]
fn json_is_one_object_a_line() {
    let services = Services::new();
    let web = services.add("web", Status { paused: true, got_term: true, want: Want::Down, ..run(500) });
    std::fs::write(web.file("down"), "").unwrap();
    let told = r#"{"name":"web","state":"run","pid":77,"seconds":500,"want":"down","normally_up":false,"paused":true,"got_term":true,"log":null}"#;
    assert_eq!(services.sv(&["--json", "status", "web"]), Answer::new(0, &format!("{told}\n")));
    assert_eq!(services.sv(&["status", "--json", "web"]), Answer::new(0, &format!("{told}\n")));
    assert_eq!(services.sv(&["status", "--json"]), Answer::new(0, &format!("{told}\n")));
}

#[test]
fn json_holds_the_log_and_tells_what_is_wrong() {
    let services = Services::new();
    let _web = services.add("web", Status { state: State::Finish, ..run(500) });
    let mut log = services.add("web/log", down(400));
    let front = r#"{"name":"web","state":"finish","pid":77,"seconds":500,"want":"up","normally_up":true,"paused":false,"got_term":false,"log":"#;
    let state =
        r#"{"state":"down","pid":null,"seconds":400,"want":"down","normally_up":true,"paused":false,"got_term":false}"#;
    assert_eq!(services.sv(&["--json", "status", "web"]), Answer::new(0, &format!("{front}{state}}}\n")));
    log.leave();
    let told = format!(
        "{front}{{\"error\":\"runsv not running\"}}}}\n\
        {{\"name\":\"a\\\"\\u0001\\\\\",\"error\":\"unable to change to service directory: file does not exist\"}}\n"
    );
    assert_eq!(services.sv(&["--json", "status", "web", "a\"\x01\\"]), Answer::new(2, &told));
}

#[test]
fn json_stays_json_whatever_bytes_a_name_has() {
    let services = Services::new();
    let mut command = services.command(&["--json", "status"]);
    let told = answer(command.arg(OsStr::from_bytes(b"\xff\xc3\xa9\n")));
    let expected = "{\"name\":\"\u{fffd}\u{e9}\\u000a\",\"error\":\"unable to change to service directory: file does not exist\"}\n";
    assert_eq!(told, Answer::new(1, expected));
}

#[test]
fn colours_are_for_a_terminal_only() {
    let services = Services::new();
    let _web = services.add("web", run(500));
    let plain = "run: web: (pid 77) 500s\n";
    let mut piped = services.command(&["status", "web"]);
    assert_eq!(answer(piped.env("TERM", "xterm")).out, plain);
    let coloured = "\x1b[32mrun\x1b[0m: web: (pid 77) 500s\n";
    for (variables, expected) in [("TERM=xterm", coloured), ("TERM=dumb", plain), ("TERM=xterm NO_COLOR=1", plain)] {
        let line = format!("env -i SVDIR={} {variables} {} status web", services.path().display(), crate::fixture::SV);
        let mut script = std::process::Command::new("script");
        let told = answer(script.args(["-qec", &line, "/dev/null"]).env_clear().env("PATH", "/usr/bin:/bin"));
        assert_eq!(told.out.replace("\r\n", "\n"), expected, "{variables}");
    }
}
