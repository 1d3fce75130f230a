//! runsvdir: which services it starts, keeps and gives up, what its signals do, what it says.

use std::fs;

use anyhow::{Context, Result};
use protocol::control::Signal;

use crate::conformance::Scenario;
use crate::conformance::service::{IDLE, Service};
use crate::conformance::stage::{Running, SERVICES, Stage, read, until};

const BOTH: &[&str] = &["runsvdir", "runsv"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "runsvdir: services come and go", uses: BOTH, play: services_come_and_go },
    Scenario { name: "runsvdir: TERM and HUP", uses: BOTH, play: term_and_hup },
    Scenario { name: "runsvdir: sessions", uses: BOTH, play: sessions },
    Scenario { name: "runsvdir: the log argument", uses: BOTH, play: the_log_argument },
    Scenario { name: "runsvdir: what it refuses", uses: BOTH, play: what_it_refuses },
    Scenario { name: "runsvdir: sv on its services", uses: &["runsvdir", "runsv", "sv"], play: sv_on_its_services },
];

/// A service that says when it starts and ends.
fn noting<'stage>(stage: &'stage Stage, name: &str) -> Result<Service<'stage>> {
    let run = format!(
        "trap 'echo {name} ended >>$JOURNAL; exit 0' TERM; echo {name} started >>$JOURNAL; \
         while :; do sleep 1000 & wait; done"
    );
    Service::new(stage, name, &run)
}

fn start(stage: &Stage, options: &[&str]) -> Result<Running> {
    let words = [&["runsvdir"], options, &[SERVICES]].concat();
    stage.start(&mut stage.command(&words))
}

fn services_come_and_go(stage: &Stage) -> Result<()> {
    let one = noting(stage, "one")?;
    Service::new(stage, ".hidden", "echo hidden >>$JOURNAL; exec sleep 1000")?;
    stage.file(&format!("{SERVICES}/file"), "no directory", 0o755)?;
    stage.link(&format!("{SERVICES}/dangling"), "no/such")?;
    let _runsvdir = start(stage, &[])?;
    stage.await_line("one started")?;
    until("a warning", || stage.messages().contains("dangling"))?;
    let warning = stage.messages().lines().find(|line| line.contains("dangling")).unwrap_or_default().to_owned();
    stage.see("a link that leads nowhere", warning);
    let two = noting(stage, "two")?;
    stage.await_line("two started")?;
    // Two names of one directory are one service; another name for it does not restart it.
    let before = two.pid()?;
    fs::rename(two.path(""), stage.path("service/renamed")).context("unable to rename")?;
    stage.link(&format!("{SERVICES}/zwei"), "renamed")?;
    let three = noting(stage, "three")?;
    stage.await_line("three started")?;
    let renamed = Service::new(stage, "renamed", IDLE)?;
    stage.see("a renamed one goes on", (renamed.pid()? == before).to_string());
    fs::rename(one.path(""), stage.path("gone")).context("unable to move")?;
    stage.await_line("one ended")?;
    fs::remove_file(three.path("run")).context("unable to remove")?;
    fs::rename(three.path(""), stage.path("service/.three")).context("unable to move")?;
    stage.await_line("three ended")?;
    stage.see_journal();
    Ok(())
}

fn term_and_hup(stage: &Stage) -> Result<()> {
    let service = noting(stage, "one")?;
    let mut runsvdir = start(stage, &[])?;
    stage.await_line("one started")?;
    service.await_stat("run")?;
    runsvdir.signal(Signal::TERM);
    stage.see("TERM", runsvdir.ending()?);
    service.see_stat("its service", "run")?;
    service.send("x")?;
    stage.await_line("one ended")?;
    until("the end of its runsv", || service.is_alone())?;
    let mut runsvdir = start(stage, &[])?;
    stage.await_lines(3)?;
    service.await_stat("run")?;
    runsvdir.signal(Signal::HUP);
    stage.see("HUP", runsvdir.ending()?);
    stage.await_lines(4)?;
    until("the end of its runsv", || service.is_alone())?;
    service.see_stat("its service", "down")?;
    stage.see_journal();
    Ok(())
}

fn sessions(stage: &Stage) -> Result<()> {
    let tell = "read -r all </proc/$$/stat; set -- ${all##*) }; read -r all </proc/$2/stat; own=$2; set -- ${all##*) }; \
        [ $3 = $own ] && group=leads || group=; [ $4 = $own ] && session=leads || session=; \
        echo group $group session $session $(tr '\\0' ' ' </proc/$own/cmdline) $(readlink /proc/$own/cwd) >>$JOURNAL; \
        exec sleep 1000";
    let service = Service::new(stage, "one", tell)?;
    for (lines, options) in [(1, &[][..]), (2, &["-P"])] {
        let mut runsvdir = start(stage, options)?;
        stage.await_lines(lines)?;
        service.await_stat("run")?;
        runsvdir.signal(Signal::HUP);
        runsvdir.ended()?;
        until("the end of its runsv", || service.is_alone())?;
    }
    stage.see_journal();
    Ok(())
}

fn the_log_argument(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "one", "echo something is wrong here >&2; echo run >>$JOURNAL; exec sleep 1000")?;
    let log = format!("log: {}", ".".repeat(40));
    let mut command = stage.command(&["runsvdir", SERVICES, &log]);
    let mut runsvdir = stage.start(&mut command)?;
    stage.await_line("run")?;
    let title = format!("/proc/{}/cmdline", runsvdir.child().id());
    until("the message in the title", || read(&title).contains("something is wrong here"))?;
    stage.see("the title", read(&title).trim_end_matches('\0').replace('\0', " "));
    service.await_stat("run")?;
    runsvdir.signal(Signal::HUP);
    runsvdir.ended()?;
    until("the end of its runsv", || service.is_alone())?;
    let mut command = stage.command(&["runsvdir", SERVICES, "short"]);
    let mut runsvdir = stage.start(&mut command)?;
    stage.await_lines(2)?;
    service.await_stat("run")?;
    runsvdir.signal(Signal::HUP);
    runsvdir.ended()?;
    let own = stage.messages();
    stage.see("a short argument", own.lines().filter(|line| line.contains("runsvdir")).collect::<Vec<_>>().join("\n"));
    Ok(())
}

fn what_it_refuses(stage: &Stage) -> Result<()> {
    stage.make_dir("empty")?;
    for words in [&["runsvdir"][..], &["runsvdir", "-P"], &["runsvdir", "--"]] {
        stage.tell(words)?;
    }
    // A directory that is none may come: it says so at each look, and goes on.
    for words in [&["no/such"][..], &["-x"], &["--", "no/such/other"], &["-P", "input"]] {
        stage.file("input", "a file", 0o644)?;
        let mut runsvdir = stage.start(&mut stage.command(&[&["runsvdir"], words].concat()))?;
        until("a sentence", || stage.messages().lines().count() >= 1)?;
        stage.see(&words.join(" "), stage.messages().lines().next().unwrap_or_default());
        runsvdir.signal(Signal::TERM);
        stage.see("TERM", runsvdir.ending()?);
        fs::remove_file(stage.path("messages")).context("it was there")?;
    }
    let service = noting(stage, "one")?;
    let mut command = stage.command(&["runsvdir", SERVICES]);
    let _runsvdir = stage.start(command.env("PATH", stage.path("empty")))?;
    until("a sentence", || stage.messages().lines().count() >= 1)?;
    stage.see("without a runsv in PATH", stage.messages().lines().next().unwrap_or_default());
    stage.see("nobody is there", service.is_alone().to_string());
    Ok(())
}

fn sv_on_its_services(stage: &Stage) -> Result<()> {
    let (one, two) = (noting(stage, "one")?, noting(stage, "two")?);
    two.file("down", "")?;
    let mut runsvdir = start(stage, &[])?;
    stage.await_line("one started")?;
    one.await_stat("run")?;
    two.await_runsv()?;
    two.await_stat("down")?;
    stage.tell(&["sv", "status", "one", "two"])?;
    stage.tell(&["sv", "-w30", "start", "two"])?;
    stage.await_line("two started")?;
    // In the order in which they end.
    stage.shell("sv -w30 stop one two | sort")?;
    stage.tell(&["sv", "exit", "one"])?;
    // It is started again, as every runsv that ends.
    until("one again", || stage.journal().iter().filter(|line| *line == "one started").count() == 2)?;
    one.await_stat("run")?;
    stage.tell(&["sv", "status", "one", "two"])?;
    runsvdir.signal(Signal::HUP);
    stage.see("HUP", runsvdir.ending()?);
    until("the end", || one.is_alone() && two.is_alone())?;
    stage.tell(&["sv", "status", "one", "two"])
}
