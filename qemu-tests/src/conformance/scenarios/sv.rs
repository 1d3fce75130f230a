//! sv: what it reports of each state, what its commands send, its names and its exit codes.

use std::fs;

use anyhow::{Context, Result};

use crate::conformance::Scenario;
use crate::conformance::service::{IDLE, NOTING, Service};
use crate::conformance::stage::{Running, SERVICES, Stage, until};

const BOTH: &[&str] = &["sv", "runsv"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "sv: status of each state", uses: BOTH, play: status_of_each_state },
    Scenario { name: "sv: status of what is none", uses: BOTH, play: status_of_what_is_none },
    Scenario { name: "sv: status with a log", uses: BOTH, play: status_with_a_log },
    Scenario { name: "sv: commands that send a letter", uses: BOTH, play: commands_that_send_a_letter },
    Scenario { name: "sv: names", uses: BOTH, play: names },
    Scenario { name: "sv: misuse", uses: &["sv"], play: misuse },
    Scenario { name: "sv: several services", uses: BOTH, play: several_services },
];

/// Waits for a state and has sv report it.
fn report(stage: &Stage, service: &Service, stat: &str) -> Result<()> {
    service.await_stat(stat)?;
    stage.tell(&["sv", "status", "web"])
}

fn status_of_each_state(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", "trap '' TERM; trap 'exit 0' USR1; while :; do sleep 1000 & wait; done")?;
    service.script("finish", "[ -e go ] || echo finish >>$JOURNAL; until [ -e go ]; do sleep .01; done")?;
    let _runsv = service.start()?;
    report(stage, &service, "run")?;
    for (letter, stat) in [
        ("p", "run, paused"),
        ("c", "run"),
        ("t", "run, got TERM"),
        ("o", "run, got TERM, want down"),
        ("p", "run, paused, got TERM, want down"),
        ("cu", "run, got TERM"),
    ] {
        service.send(letter)?;
        report(stage, &service, stat)?;
    }
    service.file("down", "")?;
    report(stage, &service, "run, got TERM")?;
    service.send("1")?;
    stage.await_line("finish")?;
    report(stage, &service, "finish")?;
    service.send("d")?;
    report(stage, &service, "finish, want down")?;
    service.send("x")?;
    report(stage, &service, "finish, want exit")?;
    service.send("d")?;
    service.await_stat("finish, want down")?;
    service.file("go", "")?;
    report(stage, &service, "down")?;
    fs::remove_file(service.path("down")).context("it was there")?;
    report(stage, &service, "down")
}

fn status_of_what_is_none(stage: &Stage) -> Result<()> {
    stage.make_dir("service/empty")?;
    stage.file("service/plain", "a file", 0o644)?;
    let service = Service::new(stage, "web", IDLE)?;
    let mut runsv = service.start()?;
    service.await_stat("run")?;
    let status = service.path("supervise/status");
    let record = fs::read(&status).context("a record")?;
    let short = record.get(..19).unwrap_or_default();
    fs::write(&status, short).context("a short record")?;
    stage.tell(&["sv", "status", "web"])?;
    fs::remove_file(&status).context("it was there")?;
    stage.tell(&["sv", "status", "web"])?;
    service.send("x")?;
    runsv.ended()?;
    until("nobody", || service.is_alone())?;
    for name in ["no-such", "empty", "plain", "web"] {
        for word in ["status", "up", "down", "exit", "check"] {
            stage.tell(&["sv", "-w1", word, name])?;
        }
    }
    stage.tell(&["sv", "status", "empty", "no-such", "web"])
}

fn with_a_log(stage: &Stage) -> Result<(Service<'_>, Running)> {
    let service = Service::new(stage, "web", IDLE)?;
    service.script("log/run", "exec cat")?;
    let runsv = service.start()?;
    service.await_stat("run")?;
    service.log().await_stat("run")?;
    Ok((service, runsv))
}

fn status_with_a_log(stage: &Stage) -> Result<()> {
    let (service, mut runsv) = with_a_log(stage)?;
    let log = service.log();
    stage.tell(&["sv", "status", "web"])?;
    stage.tell(&["sv", "status", "web/log"])?;
    log.send("p")?;
    log.await_stat("run, paused")?;
    stage.tell(&["sv", "status", "web"])?;
    stage.tell(&["sv", "cont", "web/log"])?;
    log.await_stat("run")?;
    stage.tell(&["sv", "-w30", "down", "web/log"])?;
    stage.tell(&["sv", "status", "web"])?;
    service.file("log/down", "")?;
    stage.tell(&["sv", "status", "web"])?;
    stage.tell(&["sv", "-w30", "stop", "web"])?;
    stage.tell(&["sv", "-w30", "shutdown", "web"])?;
    runsv.ended()?;
    stage.tell(&["sv", "status", "web"])
}

fn commands_that_send_a_letter(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", NOTING)?;
    let _runsv = service.start()?;
    stage.await_line("run")?;
    let words = ["hup", "alarm", "interrupt", "quit", "1", "term", "h", "a", "i", "q", "t", "hubbub", "quick"];
    for (count, word) in (2..).zip(words) {
        stage.tell(&["sv", word, "web"])?;
        stage.await_lines(count)?;
    }
    stage.see_journal();
    for word in ["s", "sta", "stat", "sub", "status"] {
        stage.tell(&["sv", word, "web"])?;
    }
    for (word, stat) in [
        ("pause", "run, paused, got TERM"),
        ("cont", "run, got TERM"),
        ("once", "run, got TERM, want down"),
        ("up", "run, got TERM"),
        ("down", "run, got TERM, want down"),
        ("exit", "run, got TERM, want exit"),
        ("d", "run, got TERM, want exit"),
    ] {
        stage.tell(&["sv", word, "web"])?;
        service.see_stat(word, stat)?;
    }
    service.send("d")?;
    service.await_stat("run, got TERM, want down")?;
    stage.tell(&["sv", "kill", "web"])?;
    service.see_stat("kill", "down")?;
    stage.tell(&["sv", "once", "web"])?;
    service.see_stat("once", "run, want down")?;
    Ok(())
}

fn names(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", IDLE)?;
    let _runsv = service.start()?;
    service.await_stat("run")?;
    let absolute = service.path("");
    let absolute = absolute.to_string_lossy();
    for name in
        ["web", "service/web/", "./service/web", "web/", "./web", "../service/web", absolute.trim_end_matches('/'), ""]
    {
        stage.tell(&["sv", "status", name])?;
        stage.tell(&["sv", "-w30", "up", name])?;
    }
    stage.tell_as("SVDIR relative", stage.command(&["sv", "status", "web"]).env("SVDIR", SERVICES))?;
    stage.tell_as("SVDIR nowhere", stage.command(&["sv", "status", "web"]).env("SVDIR", "no/such"))?;
    stage.tell_as("a nested name", stage.command(&["sv", "status", "service/web"]).env("SVDIR", stage.path("")))
}

fn misuse(stage: &Stage) -> Result<()> {
    for words in [
        &["sv"][..],
        &["sv", "up"],
        &["sv", "-v"],
        &["sv", "-w"],
        &["sv", "-x", "up", "web"],
        &["sv", "-V"],
        &["sv", "rubbish", "web"],
        &["sv", "force-rubbish", "web"],
        &["sv", "frobnicate", "web"],
        &["sv", "", "web"],
        &["sv", "-w", "x", "status", "web"],
        &["sv", "zap", "web"],
        &["sv", "9", "web"],
    ] {
        stage.tell(words)?;
    }
    Ok(())
}

fn several_services(stage: &Stage) -> Result<()> {
    let services = ["one", "two", "three"].map(|name| Service::new(stage, name, IDLE));
    let mut running = Vec::new();
    for service in services.into_iter().take(2) {
        let service = service?;
        running.push(service.start()?);
        service.await_stat("run")?;
    }
    stage.tell(&["sv", "status", "one", "three", "two", "four"])?;
    // In the order in which they end.
    stage.shell("sv -w30 stop one three two four >lines; code=$?; sort lines; exit $code")?;
    stage.tell(&["sv", "down", "one", "three", "two"])?;
    stage.shell("sv -v -w30 up one two | sort")?;
    let many: Vec<String> = (0..120).map(|number| format!("none{number}")).collect();
    let words: Vec<&str> = ["sv", "status"].into_iter().chain(many.iter().map(String::as_str)).collect();
    stage.tell(&words)
}
