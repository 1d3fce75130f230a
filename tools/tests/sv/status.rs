//! `sv status`: the lines, in their words and order.

use crate::fixture::{Answer, Services, down, run};
use protocol::status::{State, Status, Want};
use std::fs;

/// What `sv status web` says of a status, with or without a `down` file, without name and newline.
fn line(status: Status, with_down_file: bool) -> String {
    let services = Services::new();
    let web = services.add("web", status);
    if with_down_file {
        fs::write(web.file("down"), "").unwrap();
    }
    let answer = services.sv(&["status", "web"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    answer.out.trim_end().replace(": web", "")
}

#[test]
fn a_state_is_one_line_with_pid_and_age() {
    assert_eq!(line(run(500), false), "run: (pid 77) 500s");
    assert_eq!(line(Status { state: State::Finish, ..run(500) }, false), "finish: (pid 77) 500s");
    assert_eq!(line(down(500), true), "down: 500s");
}

#[test]
fn what_is_not_as_usual_follows_in_a_fixed_order() {
    let everything = Status { paused: true, want: Want::Down, got_term: true, ..run(500) };
    assert_eq!(line(everything, true), "run: (pid 77) 500s, normally down, paused, want down, got TERM");
    assert_eq!(line(Status { want: Want::Up, ..down(500) }, false), "down: 500s, normally up, want up");
    assert_eq!(line(Status { paused: true, got_term: true, ..down(500) }, false), "down: 500s, normally up");
}

#[test]
fn a_start_in_the_future_is_zero_seconds_ago() {
    assert_eq!(line(run(-500), false), "run: (pid 77) 0s");
}

#[test]
fn the_log_service_follows_on_the_same_line() {
    let services = Services::new();
    let _web = services.add("web", run(500));
    let log = services.add("web/log", down(600));
    assert_eq!(
        services.sv(&["status", "web"]),
        Answer::new(0, "run: web: (pid 77) 500s; down: log: 600s, normally up\n")
    );
    log.publish(Status { pid: 78, ..run(600) });
    assert_eq!(services.sv(&["status", "web"]).out, "run: web: (pid 77) 500s; run: log: (pid 78) 600s\n");
}

#[test]
fn a_log_that_cannot_be_told_counts_and_its_old_state_is_not_shown() {
    let services = Services::new();
    let web = services.add("web", run(500));
    let mut log = services.add("web/log", run(500));
    log.leave();
    let told = "run: web: (pid 77) 500s; fail: web/log: runsv not running\n";
    assert_eq!(services.sv(&["status", "web"]), Answer::new(1, told));
    fs::remove_dir_all(web.file("log")).unwrap();
    fs::write(web.file("log"), "a file").unwrap();
    let told = "run: web: (pid 77) 500s; warning: web/log: unable to change directory: not a directory\n";
    assert_eq!(services.sv(&["status", "web"]), Answer::new(1, told));
}

#[test]
fn each_service_that_cannot_be_told_has_its_reason_and_counts_one() {
    let services = Services::new();
    let mut web = services.add("web", run(500));
    web.leave();
    fs::create_dir(services.path().join("fresh")).unwrap();
    fs::write(services.path().join("file"), "").unwrap();
    let told = "fail: web: runsv not running\n\
        warning: fresh: unable to open supervise/ok: file does not exist\n\
        fail: file: unable to change to service directory: not a directory\n\
        fail: none: unable to change to service directory: file does not exist\n\
        fail: : unable to change to service directory: file does not exist\n";
    assert_eq!(services.sv(&["status", "web", "fresh", "file", "none", ""]), Answer::new(5, told));
}

#[test]
fn the_exit_code_counts_to_99_at_most() {
    let services = Services::new();
    assert_eq!(services.sv(&[&["status"][..], &["none"; 98]].concat()).code, 98);
    assert_eq!(services.sv(&[&["status"][..], &["none"; 300]].concat()).code, 99);
}

#[test]
fn a_record_of_another_length_than_20_bytes_is_no_status() {
    let services = Services::new();
    let web = services.add("web", run(500));
    let told = "warning: web: unable to read supervise/status: bad format\n";
    for length in [0, 19, 21, 5000] {
        web.publish_bytes(&vec![b'x'; length]);
        assert_eq!(services.sv(&["status", "web"]), Answer::new(1, told), "{length} bytes");
    }
    web.publish_bytes(&[0xff; 20]);
    assert_eq!(services.sv(&["status", "web"]).code, 0);
    fs::remove_file(web.file("supervise/status")).unwrap();
    let told = "warning: web: unable to open supervise/status: file does not exist\n";
    assert_eq!(services.sv(&["status", "web"]), Answer::new(1, told));
    fs::create_dir(web.file("supervise/status")).unwrap();
    let told = "warning: web: unable to read supervise/status: is a directory\n";
    assert_eq!(services.sv(&["status", "web"]), Answer::new(1, told));
}

#[test]
fn without_a_service_it_lists_all_directories_sorted() {
    let services = Services::new();
    let _kept = [services.add("web", run(500)), services.add("db", down(400)), services.add(".new", run(1))];
    fs::write(services.path().join("README"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", services.path().join("lost")).unwrap();
    let told = "down: db: 400s, normally up\n\
        fail: lost: unable to change to service directory: file does not exist\n\
        run: web: (pid 77) 500s\n";
    assert_eq!(services.sv(&["status"]), Answer::new(1, told));
    assert_eq!(Services::new().sv(&["status"]), Answer::new(0, ""));
}

#[test]
fn a_state_does_not_change_the_exit_code() {
    let services = Services::new();
    let _web = services.add("web", Status { want: Want::Up, ..down(9) });
    assert_eq!(services.sv(&["status", "web"]).code, 0);
}
