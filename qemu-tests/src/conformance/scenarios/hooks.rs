//! runsv: the scripts in control/, their order among run and finish, and what they are given.

use anyhow::Result;
use protocol::control::Signal;

use crate::conformance::Scenario;
use crate::conformance::service::{NOTING, Service};
use crate::conformance::stage::{Stage, until};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "hooks: order of hooks and scripts", uses: &["runsv"], play: order_of_hooks_and_scripts },
    Scenario { name: "hooks: which of them replace a signal", uses: &["runsv"], play: which_replace_a_signal },
    Scenario { name: "hooks: what they are given", uses: &["runsv"], play: what_they_are_given },
];

fn order_of_hooks_and_scripts(stage: &Stage) -> Result<()> {
    let run = "trap 'echo TERM >>$JOURNAL; exit 0' TERM; echo run >>$JOURNAL; while :; do sleep 1000 & wait; done";
    let service = Service::new(stage, "web", run)?;
    service.script("finish", "echo finish >>$JOURNAL")?;
    for (letter, code) in [("u", 1), ("t", 0), ("d", 1), ("h", 0), ("1", 0), ("k", 1), ("x", 0)] {
        service.script(&format!("control/{letter}"), &format!("echo \"$0\" >>$JOURNAL; exit {code}"))?;
    }
    let mut runsv = service.start()?;
    stage.await_line("run")?;
    service.send("h1d")?;
    stage.await_line("control/d")?;
    service.send("k")?;
    service.see_stat("k", "down")?;
    service.send("htd")?;
    service.send("o")?;
    until("both runs", || stage.journal().iter().filter(|line| *line == "run").count() == 2)?;
    service.send("x")?;
    stage.await_line("control/x")?;
    // A letter would not do: after `k` the original leaves without having seen the end.
    service.signal(Signal::KILL)?;
    stage.see("x", runsv.ending()?);
    stage.see_journal();
    Ok(())
}

fn which_replace_a_signal(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", NOTING)?;
    for (letter, code) in [("h", 0), ("a", 1), ("q", 111), ("1", 0)] {
        service.script(&format!("control/{letter}"), &format!("echo hook {letter} >>$JOURNAL; exit {code}"))?;
    }
    // Without its owner's x bit it is no hook.
    stage.file(&service.name_of("control/i"), "#!/bin/sh\necho never >>$JOURNAL\n", 0o655)?;
    let _runsv = service.start()?;
    stage.await_line("run")?;
    for (letter, lines) in [("h", 2), ("a", 4), ("q", 6), ("1", 7), ("i", 8)] {
        service.send(letter)?;
        stage.await_lines(lines)?;
    }
    service.script("control/2", "echo gone >>$JOURNAL; kill -USR2 $(cat supervise/pid); exit 0")?;
    service.send("o2")?;
    service.see_stat("a hook that ends the service", "down")?;
    stage.see_journal();
    Ok(())
}

fn what_they_are_given(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", "echo run >>$JOURNAL; exec sleep 1000")?;
    service.script(
        "control/h",
        "{ echo $0; pwd; ls /proc/$$/fd | grep '^[012]$' | tr '\\n' ' '; echo; cat \
        supervise/stat; } >>$JOURNAL; echo to the log; echo a message >&2",
    )?;
    service.script("log/run", "while read -r line; do echo \"log: $line\" >>$JOURNAL; done")?;
    let mut runsv = service.start()?;
    stage.await_line("run")?;
    service.await_stat("run")?;
    service.send("h")?;
    stage.await_line("log: to the log")?;
    service.send("x")?;
    stage.see("x", runsv.ending()?);
    stage.see_journal();
    stage.see("messages", stage.messages());
    Ok(())
}
