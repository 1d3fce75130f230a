//! sv: the words that wait for their effect, check scripts, and sv as an init script.

use anyhow::Result;

use crate::conformance::Scenario;
use crate::conformance::service::{IDLE, Service};
use crate::conformance::stage::{Stage, until};

const BOTH: &[&str] = &["sv", "runsv"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "sv: words that wait", uses: BOTH, play: words_that_wait },
    Scenario { name: "sv: a service that does not listen", uses: BOTH, play: a_service_that_does_not_listen },
    Scenario { name: "sv: check scripts", uses: BOTH, play: check_scripts },
    Scenario { name: "sv: as an init script", uses: BOTH, play: as_an_init_script },
    Scenario { name: "sv: as an init script that is misused", uses: BOTH, play: as_an_init_script_misused },
];

fn words_that_wait(stage: &Stage) -> Result<()> {
    // CONT is ignored by the children of 2.1.2, so nothing here hears it.
    let service = Service::new(
        stage,
        "web",
        "trap 'echo TERM >>$JOURNAL; exit' TERM; trap 'echo HUP >>$JOURNAL' HUP; echo run >>$JOURNAL; \
         while :; do sleep 1000 & wait; done",
    )?;
    let mut runsv = service.start()?;
    stage.await_line("run")?;
    let words = [
        ("start", 1, "run"),
        ("stop", 2, "down"),
        ("stop", 2, "down"),
        ("start", 3, "run"),
        ("reload", 4, "run"),
        ("force-stop", 5, "down"),
        ("start", 6, "run"),
        ("force-reload", 8, "run"),
        ("try-restart", 10, "run"),
        ("restart", 12, "run"),
        ("down", 13, "down"),
        ("up", 14, "run"),
        ("force-restart", 16, "run"),
        ("check", 16, "run"),
    ];
    for (word, lines, stat) in words {
        stage.tell(&["sv", "-w30", word, "web"])?;
        stage.await_lines(lines)?;
        service.await_stat(stat)?;
    }
    stage.see_journal();
    stage.tell(&["sv", "-v", "status", "web"])?;
    stage.tell(&["sv", "-w30", "shutdown", "web"])?;
    stage.see("shutdown", runsv.ending()?);
    for word in ["shutdown", "force-shutdown", "stop", "start", "restart", "check", "status"] {
        stage.tell(&["sv", "-w30", word, "web"])?;
    }
    Ok(())
}

fn a_service_that_does_not_listen(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", "trap '' TERM; echo run >>$JOURNAL; while :; do sleep 1000 & wait; done")?;
    let mut runsv = service.start()?;
    stage.await_line("run")?;
    service.await_stat("run")?;
    stage.tell(&["sv", "-w1", "stop", "web"])?;
    service.send("u")?;
    service.see_stat("u", "run, got TERM")?;
    stage.tell(&["sv", "-w1", "force-stop", "web"])?;
    service.see_stat("afterwards", "down")?;
    stage.tell(&["sv", "-w30", "start", "web"])?;
    until("it runs", || stage.journal().len() == 2)?;
    stage.tell_as("SVWAIT=1 sv stop web", stage.command(&["sv", "stop", "web"]).env("SVWAIT", "1"))?;
    stage.tell(&["sv", "-w1", "exit", "web"])?;
    stage.tell(&["sv", "-w1", "force-shutdown", "web"])?;
    stage.see("force-shutdown", runsv.ending()?);
    Ok(())
}

fn check_scripts(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", IDLE)?;
    service.script("check", "pwd >&2; ls /proc/$$/fd | grep -c '^[02]$' >&2; echo $0 $# >&2; test -e well")?;
    let _runsv = service.start()?;
    service.await_stat("run")?;
    // How often it is asked is not compared.
    stage.shell("sv -w1 check web 2>&1 | sort -u")?;
    service.file("well", "")?;
    for word in ["check", "start", "up"] {
        stage.tell(&["sv", "-v", "-w30", word, "web"])?;
    }
    // A closed output and one that leads nowhere: for the original, printing is an error.
    service.script("check", "echo to its output 2>/dev/null || echo refused >&2; exit 0")?;
    stage.tell_as("a check that prints", &mut stage.command(&["sv", "-w30", "check", "web"]))?;
    stage.tell(&["sv", "status", "web"])?;
    stage.tell(&["sv", "-w30", "stop", "web"])?;
    stage.tell(&["sv", "-w1", "check", "web"])
}

/// Has a copy of sv, as a link, be the init script of a service.
fn init_script(stage: &Stage, name: &str) -> Result<()> {
    stage.link(&format!("init.d/{name}"), &stage.path("bin/sv").to_string_lossy())
}

/// Runs it; a remark tells steps of the same words apart.
fn as_init_script(stage: &Stage, name: &str, words: &[&str], remark: &str) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let script = stage.path(&format!("init.d/{name}"));
    let mut command = stage.command(&[&script.to_string_lossy()]);
    stage.tell_as(
        &format!("/etc/init.d/{name} {}{remark}", words.join(" ")),
        command.arg0(format!("/etc/init.d/{name}")).args(words),
    )
}

fn as_an_init_script(stage: &Stage) -> Result<()> {
    let service =
        Service::new(stage, "web", "trap 'exit 0' TERM HUP; echo run >>$JOURNAL; while :; do sleep 1000 & wait; done")?;
    service.script("log/run", "exec cat")?;
    init_script(stage, "web")?;
    let mut runsv = service.start()?;
    stage.await_line("run")?;
    service.await_stat("run")?;
    service.log().await_stat("run")?;
    for word in ["status", "start", "stop"] {
        as_init_script(stage, "web", &[word], "")?;
    }
    as_init_script(stage, "web", &["status"], " (down, its log runs)")?;
    for (word, stat) in
        [("stop", "down"), ("start", "run"), ("status", "run"), ("force-stop", "down"), ("start", "run")]
    {
        as_init_script(stage, "web", &[word], "")?;
        service.await_stat(stat)?;
    }
    service.log().send("d")?;
    service.log().await_stat("down")?;
    as_init_script(stage, "web", &["status"], " (it runs, its log is down)")?;
    as_init_script(stage, "web", &["shutdown"], "")?;
    runsv.ended()?;
    until("nobody", || service.is_alone())?;
    for word in ["status", "start", "stop"] {
        as_init_script(stage, "web", &[word], "")?;
    }
    Ok(())
}

fn as_an_init_script_misused(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", IDLE)?;
    for name in ["web", "none"] {
        init_script(stage, name)?;
    }
    let _runsv = service.start()?;
    service.await_stat("run")?;
    for words in [
        &[][..],
        &["rubbish"],
        &["up"],
        &["sometimes"],
        &["status", "web"],
        &["-v"],
        &["-w", "5"],
        &["-v", "status"],
        &["-x", "status"],
    ] {
        as_init_script(stage, "web", words, "")?;
    }
    for word in ["status", "start", "stop", "restart"] {
        as_init_script(stage, "none", &[word], "")?;
    }
    Ok(())
}
