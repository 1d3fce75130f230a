//! Standard error of the supervisors is closed, has lost its reader, or is full: a sentence is lost then, and nothing else.

use crate::fixture::{IDLE, RUNSV, Service, Supervisor, eventually, is_alive, spawn};
use crate::services::{Services, search_path};
use crate::users::no_more_files;
use std::io::{PipeReader, PipeWriter};
use std::path::Path;
use std::process::{Command, Stdio};

/// A pipe that takes no more byte, and lets who writes wait; it stays so while the reading end is kept.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    // Opened anew, by its name: that dd(1) does not wait is its own affair.
    let mut fill = Command::new("dd");
    fill.args(["if=/dev/zero", "of=/proc/self/fd/1", "oflag=nonblock", "bs=1"]);
    fill.stdout(writer.try_clone().expect("a copy")).stderr(Stdio::null());
    Supervisor::new(spawn(&mut fill)).ended();
    (reader, writer)
}

/// Having something to say, it starts a service that comes and ends `services/a`, which goes.
fn goes_on(services: &Services, runsvdir: &Supervisor, first: u32) {
    services.link("nowhere", "services/told");
    services.add("services/b");
    services.supervisor("services/b");
    services.rename("services/a", "removed");
    eventually("the end of the removed one", || !is_alive(first));
    assert!(is_alive(runsvdir.pid()));
}

#[test]
fn a_runsvdir_without_standard_descriptors_works() {
    let services = Services::new();
    services.add("services/a");
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec runsvdir services <&- >&- 2>&-"])
        .current_dir(services.path(""))
        .env("PATH", search_path());
    let runsvdir = Supervisor::new(spawn(&mut command));
    let first = services.supervisor("services/a");
    goes_on(&services, &runsvdir, first);
}

#[test]
fn a_runsvdir_whose_messages_nobody_reads_any_more_works() {
    let services = Services::new();
    services.add("services/a");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let runsvdir = Supervisor::new(spawn(services.command(&["services"]).stderr(writer)));
    let first = services.supervisor("services/a");
    drop(reader);
    goes_on(&services, &runsvdir, first);
}

#[test]
fn a_runsv_whose_messages_fill_a_pipe_obeys() {
    let service = Service::new(IDLE);
    let (_reader, writer) = full_pipe();
    let mut runsv = service.start_as(service.command(Path::new(RUNSV)).stderr(writer));
    let first = service.pid();
    service.expect_stat("run");
    no_more_files(runsv.pid());
    // It has something to say about each status that it cannot publish.
    service.send("p");
    service.send("c");
    service.send("d");
    eventually("the end of the service", || !is_alive(first));
    runsv.terminate();
    assert_eq!(runsv.ended().code(), Some(0));
}

#[test]
fn a_runsvdir_whose_messages_fill_a_pipe_works() {
    let services = Services::new();
    services.add("services/a");
    let (_reader, writer) = full_pipe();
    let mut runsvdir = Supervisor::new(spawn(services.command(&["services"]).stderr(writer)));
    let first = services.supervisor("services/a");
    services.link("nowhere", "services/told");
    services.add("services/b");
    services.supervisor("services/b");
    services.rename("services/a", "removed");
    eventually("the end of the removed one", || !is_alive(first));
    runsvdir.signal(1);
    assert_eq!(runsvdir.ended().code(), Some(111));
}
