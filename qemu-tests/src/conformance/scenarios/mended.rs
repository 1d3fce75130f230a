//! Defects of the original that are mended, where they are seen in a moment: each step stands in the table of differences.

use anyhow::Result;

use super::svlogd::{directory, log_all};
use crate::conformance::Scenario;
use crate::conformance::service::{IDLE, NOTING, Service};
use crate::conformance::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "mended: runsv", uses: &["runsv"], play: runsv },
    Scenario { name: "mended: sv", uses: &["sv", "runsv"], play: sv },
    Scenario { name: "mended: svlogd", uses: &["svlogd"], play: svlogd },
    Scenario { name: "mended: chpst", uses: &["chpst"], play: chpst },
];

fn runsv(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", NOTING)?;
    // A hook that is killed, then one that tells that runsv has gone on.
    service.script("control/h", "kill -KILL $$")?;
    service.script("control/1", "echo hook >>$JOURNAL; exit 0")?;
    let _runsv = service.start()?;
    stage.await_line("run")?;
    service.send("h1a")?;
    stage.await_line("ALRM")?;
    stage.see("a hook that is killed", stage.journal().iter().filter(|line| *line == "HUP").count().to_string());
    Ok(())
}

fn sv(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", IDLE)?;
    let _runsv = service.start()?;
    service.await_stat("run")?;
    stage.tell(&["sv", "status"])?;
    stage.tell(&["sv", "--rubbish", "status", "web"])?;
    service.script("check", "kill -KILL $$")?;
    stage.tell(&["sv", "-w1", "check", "web"])?;
    let status = service.path("supervise/status");
    let longer = [std::fs::read(&status)?, vec![0]].concat();
    std::fs::write(status, longer)?;
    stage.tell(&["sv", "status", "web"])
}

fn svlogd(stage: &Stage) -> Result<()> {
    directory(stage, "end", "")?;
    log_all(stage, &[], &["end"], "a line\nno end")?;
    directory(stage, "junk", "s1000x\njunk\nt\n")?;
    log_all(stage, &[], &["junk"], "a line\n")?;
    directory(stage, "bytes", "")?;
    log_all(stage, &["-l", "10", "-r", "_"], &["bytes"], "012345678\t\tabc\t\n")
}

fn chpst(stage: &Stage) -> Result<()> {
    stage.file("env/NAME=x", "y", 0o644)?;
    for line in [
        "chpst -U ::1 env | grep UID=",
        "chpst -U :4294967296:1 env | grep UID=",
        "chpst -e env env | grep NAME",
        "chpst -m '' true 2>/dev/null",
    ] {
        stage.shell(line)?;
    }
    Ok(())
}
