//! Ansible's module community.general.runit, from PyPI, in a virtual environment below `target/boards`.
//!
//! The module looks for `sv` in PATH, and is told its two directories: where runsvdir looks, and where services are defined.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::conformance::service::Service;
use pilotlight_qemu_tests::conformance::stage::{SERVICES, Stage, read, until};
use pilotlight_qemu_tests::python;

/// What PyPI is asked for: Ansible with its collections, community.general 9.5 among them.
const RELEASE: &str = "ansible==10.7.0";
/// A service that notes what it hears in the journal.
const RUN: &str = "trap 'echo HUP >>$JOURNAL' HUP; trap 'echo TERM >>$JOURNAL; exit 0' TERM; echo run >>$JOURNAL; \
    while :; do sleep 1000 & wait; done";

/// A stage on which Ansible plays.
struct Play {
    stage: Stage,
    ansible: PathBuf,
    /// Seconds that sv waits for an effect.
    patience: &'static str,
}

impl Play {
    fn new() -> Result<Self> {
        let ansible = python::programs_of(RELEASE)?;
        let stage = Stage::new(&Programs::ours()?)?;
        stage.make_dir("sv")?;
        stage.file("ansible.cfg", "", 0o644)?;
        Ok(Self { stage, ansible, patience: "30" })
    }

    /// Has the module bring the service `web` into a state; what it reports.
    fn module(&self, arguments: &str) -> Result<String> {
        let directories = format!(
            "service_dir={} service_src={}",
            self.stage.path(SERVICES).display(),
            self.stage.path("sv").display()
        );
        let words = format!("name=web {arguments} {directories}");
        let program = self.ansible.join("ansible");
        let mut command = self.stage.command(&[&program.to_string_lossy()]);
        command.args([
            "localhost",
            "-i",
            "localhost,",
            "-c",
            "local",
            "-o",
            "-m",
            "community.general.runit",
            "-a",
            &words,
        ]);
        let python = self.ansible.join("python3");
        command.args(["-e", &format!("ansible_python_interpreter={}", python.display())]);
        // What it keeps goes to the stage, and a user's configuration is not read.
        command
            .env("HOME", self.stage.path(""))
            .env("ANSIBLE_CONFIG", self.stage.path("ansible.cfg"))
            .env("LC_ALL", "C.UTF-8");
        let answer = self.stage.answer(command.env("SVWAIT", self.patience))?;
        ensure!(answer.contains("SUCCESS =>") || answer.contains("CHANGED =>"), "{arguments}: {answer}");
        Ok(answer)
    }

    /// The same, which must change something or nothing, and report this state.
    fn expect(&self, arguments: &str, changes: bool, state: &str) -> Result<()> {
        let answer = self.module(arguments)?;
        let verdict = if changes { "CHANGED" } else { "SUCCESS" };
        let (verdict, state) = (format!("| {verdict} =>"), format!("\"state\": \"{state}\""));
        ensure!(answer.contains(&verdict) && answer.contains(&state), "{arguments}: {verdict} {state} in {answer}");
        Ok(())
    }

    fn expect_journal(&self, lines: &[&str]) -> Result<()> {
        until(&format!("{lines:?}, last seen {:?}", self.stage.journal()), || self.stage.journal() == lines)
    }
}

#[test]
fn ansible_starts_stops_restarts_and_reloads() -> Result<()> {
    let play = Play::new()?;
    let service = Service::new(&play.stage, "web", RUN)?;
    let _runsvdir = play.stage.start(&mut play.stage.command(&["runsvdir", SERVICES]))?;
    play.expect_journal(&["run"])?;
    service.await_stat("run")?;
    let first = service.pid()?;

    play.expect("state=started", false, "started")?;
    ensure!(service.pid()? == first, "a service that runs was started again");
    play.expect("state=reloaded", true, "started")?;
    play.expect_journal(&["run", "HUP"])?;
    ensure!(service.pid()? == first, "reloading ended the service");
    play.expect("state=restarted", true, "started")?;
    let second = service.pid_after(first)?;
    play.expect_journal(&["run", "HUP", "TERM", "run"])?;
    play.expect("state=stopped", true, "stopped")?;
    play.expect_journal(&["run", "HUP", "TERM", "run", "TERM"])?;
    service.await_stat("down")?;
    play.expect("state=stopped", false, "stopped")?;
    play.expect("state=started", true, "started")?;
    play.expect_journal(&["run", "HUP", "TERM", "run", "TERM", "run"])?;
    ensure!(service.pid_after(second)? != first, "an old process is there again");
    Ok(())
}

#[test]
fn ansible_kills() -> Result<()> {
    let play = Play::new()?;
    let service = Service::new(&play.stage, "web", RUN)?;
    service.script("finish", "echo finish \"$@\" >>$JOURNAL")?;
    let _runsvdir = play.stage.start(&mut play.stage.command(&["runsvdir", SERVICES]))?;
    play.expect_journal(&["run"])?;
    service.await_stat("run")?;
    // To kill is `sv force-stop`: TERM is enough for one that listens.
    play.expect("state=killed", true, "stopped")?;
    play.expect_journal(&["run", "TERM", "finish 0 0"])?;
    service.await_stat("down")
}

#[test]
fn ansible_kills_what_does_not_listen() -> Result<()> {
    let play = Play { patience: "1", ..Play::new()? };
    let deaf = "trap '' TERM; echo run >>$JOURNAL; while :; do sleep 1000 & wait; done";
    let service = Service::new(&play.stage, "web", deaf)?;
    service.script("finish", "echo finish \"$@\" >>$JOURNAL")?;
    let _runsvdir = play.stage.start(&mut play.stage.command(&["runsvdir", SERVICES]))?;
    play.expect_journal(&["run"])?;
    service.await_stat("run")?;
    play.module("state=killed")?;
    play.expect_journal(&["run", "finish -1 9"])?;
    service.await_stat("down")
}

#[test]
fn ansible_enables_and_disables() -> Result<()> {
    let play = Play::new()?;
    play.stage.script("sv/web/run", RUN)?;
    let _runsvdir = play.stage.start(&mut play.stage.command(&["runsvdir", SERVICES]))?;
    play.module("enabled=yes")?;
    play.expect_journal(&["run"])?;
    play.module("enabled=no")?;
    play.expect_journal(&["run", "TERM"])?;
    ensure!(!play.stage.path("service/web").exists(), "the link is still there");
    until("the end of it", || read(play.stage.path("sv/web/supervise/stat")) == "down\n")
}
