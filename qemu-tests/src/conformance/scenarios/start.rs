//! runsv: starts that are refused, links to other places, and what its usage says.

use std::fs;

use anyhow::{Context, Result};

use crate::conformance::Scenario;
use crate::conformance::service::{IDLE, Service};
use crate::conformance::stage::{SERVICES, Stage, until};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "start: refusals", uses: &["runsv"], play: refusals },
    Scenario { name: "start: a run that cannot be started", uses: &["runsv"], play: a_run_that_cannot_be_started },
    Scenario { name: "start: supervise elsewhere", uses: &["runsv"], play: supervise_elsewhere },
    Scenario { name: "start: usage of runsv", uses: &["runsv"], play: usage },
];

fn refusals(stage: &Stage) -> Result<()> {
    let long = "x".repeat(300);
    type Cause<'a> = (&'a str, &'a dyn Fn(&Service, &str) -> Result<()>);
    let link = |service: &Service, name: &str, target: &str| stage.link(&service.name_of(name), target);
    let causes: [Cause; 10] = [
        ("no directory", &|service, _| fs::remove_dir_all(service.path("")).context("it was there")),
        ("a file for a directory", &|service, name| {
            fs::remove_dir_all(service.path(""))?;
            stage.file(&format!("{SERVICES}/{name}"), "", 0o644)
        }),
        ("supervise is a file", &|service, _| service.file("supervise", "a file")),
        ("control is a file", &|service, _| service.file("supervise/control", "a file")),
        ("log/supervise is a file", &|service, _| service.file("log/supervise", "a file")),
        ("supervise leads nowhere", &|service, _| link(service, "supervise", "no/such")),
        ("log/supervise leads nowhere", &|service, _| link(service, "log/supervise", "no/such")),
        ("a long link", &|service, _| link(service, "supervise", &long)),
        ("a long link of the log", &|service, _| link(service, "log/supervise", &long)),
        ("lock is a directory", &|service, _| stage.make_dir(&service.name_of("supervise/lock"))),
    ];
    for (number, (title, cause)) in causes.into_iter().enumerate() {
        let name = format!("web{number}");
        let service = Service::new(stage, &name, IDLE)?;
        cause(&service, &name)?;
        stage.tell_as(title, stage.command(&["runsv", &name]).current_dir(stage.path(SERVICES)))?;
    }
    let service = Service::new(stage, "taken", IDLE)?;
    let _runsv = service.start()?;
    stage.tell_as("a second runsv", stage.command(&["runsv", "taken"]).current_dir(stage.path(SERVICES)))
}

fn a_run_that_cannot_be_started(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", "")?;
    stage.file(&service.name_of("run"), "#!/bin/sh\n", 0o644)?;
    stage.file(&service.name_of("log/run"), "#!/no/such/interpreter\n", 0o755)?;
    service.script("finish", "echo finish \"$@\" >>$JOURNAL")?;
    let _runsv = service.start()?;
    // Twice is enough: it goes on once a second.
    until("two tries of both", || {
        ["./run", "log/./run"].iter().all(|name| stage.messages().matches(&format!(" {name}:")).count() >= 2)
    })?;
    let messages = stage.messages();
    for name in [" ./run:", "log/./run:"] {
        stage.see(name, messages.lines().find(|line| line.contains(name)).unwrap_or_default());
    }
    stage.see("finish", stage.journal().first().cloned().unwrap_or_default());
    let service = Service::new(stage, "plain", IDLE)?;
    service.file("log", "a file")?;
    let _runsv = service.start()?;
    service.see_stat("a log that is a file", "run")?;
    stage.see("its message", stage.messages().lines().find(|line| line.contains("plain")).unwrap_or_default());
    Ok(())
}

fn supervise_elsewhere(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", IDLE)?;
    service.script("log/run", "exec cat >/dev/null")?;
    stage.make_dir("elsewhere")?;
    stage.link(&service.name_of("supervise"), "../../elsewhere/web")?;
    stage.link(&service.name_of("log/supervise"), "../../../elsewhere/web.log")?;
    let mut runsv = service.start()?;
    service.await_stat("run")?;
    service.send("d")?;
    service.see_stat("through a link", "down")?;
    service.send("x")?;
    stage.see("x", runsv.ending()?);
    stage.see_supervised("elsewhere")
}

fn usage(stage: &Stage) -> Result<()> {
    for words in [&["runsv"][..], &["runsv", ""], &["runsv", "no/such"]] {
        stage.tell(words)?;
    }
    Ok(())
}
