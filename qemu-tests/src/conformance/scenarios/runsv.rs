//! runsv: letters, marks, the arguments of finish, the log service, what a service inherits, the files it leaves.

use anyhow::Result;
use protocol::control::Signal;

use crate::conformance::Scenario;
use crate::conformance::service::{IDLE, NOTING, Service};
use crate::conformance::stage::{Stage, read, until};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "runsv: letters and marks", uses: &["runsv"], play: letters_and_marks },
    Scenario { name: "runsv: letters that are signals", uses: &["runsv"], play: letters_that_are_signals },
    Scenario { name: "runsv: a service that is down", uses: &["runsv"], play: a_service_that_is_down },
    Scenario { name: "runsv: arguments of finish", uses: &["runsv"], play: arguments_of_finish },
    Scenario { name: "runsv: restart", uses: &["runsv"], play: restart },
    Scenario { name: "runsv: a service with its log", uses: &["runsv"], play: a_service_with_its_log },
    Scenario { name: "runsv: the end of runsv", uses: &["runsv"], play: the_end_of_runsv },
    Scenario { name: "runsv: what a service is given", uses: &["runsv"], play: what_a_service_is_given },
    Scenario { name: "runsv: files and modes", uses: &["runsv"], play: files_and_modes },
];

fn letters_and_marks(stage: &Stage) -> Result<()> {
    // CONT is ignored by the children of 2.1.2, so nothing here hears it.
    let service =
        Service::new(stage, "web", "trap '' TERM; echo ready >>$JOURNAL; while :; do sleep 1000 & wait; done")?;
    service.script("finish", "echo finish \"$@\" >>$JOURNAL")?;
    let _runsv = service.start()?;
    stage.await_line("ready")?;
    let letters = [
        ("p", "run, paused"),
        ("t", "run, paused, got TERM"),
        ("c", "run, got TERM"),
        ("o", "run, got TERM, want down"),
        ("u", "run, got TERM"),
        ("d", "run, got TERM, want down"),
        ("x", "run, got TERM, want exit"),
        ("p", "run, paused, got TERM, want exit"),
        ("c", "run, got TERM, want exit"),
        ("d", "run, got TERM, want down"),
        ("k", "down"),
    ];
    for (letter, stat) in letters {
        service.send(letter)?;
        service.see_stat(letter, stat)?;
    }
    stage.see_journal();
    Ok(())
}

fn letters_that_are_signals(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", NOTING)?;
    let _runsv = service.start()?;
    stage.await_line("run")?;
    for (count, letter) in (2..).zip(["h", "a", "i", "q", "1", "c", "t"]) {
        service.send(letter)?;
        stage.await_lines(count)?;
    }
    // A newline is no letter either.
    service.send("\nzZ0\u{1}")?;
    service.see_stat("letters that are none", "run, got TERM")?;
    service.send("o2")?;
    service.see_stat("2", "down")?;
    stage.see_journal();
    Ok(())
}

fn a_service_that_is_down(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", "echo run >>$JOURNAL; exec sleep 1000")?;
    service.script("finish", "echo finish >>$JOURNAL")?;
    service.file("down", "")?;
    let _runsv = service.start()?;
    service.see_stat("a file down", "down")?;
    service.send("tkh1dc")?;
    service.see_stat("letters without a process", "down")?;
    service.send("o")?;
    stage.await_line("run")?;
    service.see_stat("o", "run, want down")?;
    service.send("t")?;
    stage.await_line("finish")?;
    service.see_stat("t", "down")?;
    service.send("u")?;
    stage.await_lines(3)?;
    service.see_stat("u", "run")?;
    service.send("d")?;
    service.see_stat("d", "down")?;
    stage.see_journal();
    Ok(())
}

/// What `./finish` is told after this `run`.
fn told(stage: &Stage, number: usize, run: &str, mode: u32) -> Result<()> {
    let service = Service::new(stage, &format!("web{number}"), "")?;
    stage.file(&service.name_of("run"), format!("#!/bin/sh\n{run}\n"), mode)?;
    service.script("finish", "echo \"$#\" \"$0\" \"$@\" >told.new; mv told.new told")?;
    service.file("down", "")?;
    let _runsv = service.start()?;
    service.send("o")?;
    until("finish", || service.path("told").exists())?;
    stage.see(&format!("{run} {mode:o}"), read(service.path("told")));
    Ok(())
}

fn arguments_of_finish(stage: &Stage) -> Result<()> {
    let endings = ["exit 0", "exit 3", "exit 100", "exit 255", "kill -TERM $$", "kill -KILL $$", "kill -USR1 $$"];
    for (number, run) in endings.into_iter().enumerate() {
        told(stage, number, run, 0o755)?;
    }
    told(stage, 98, "", 0o644)?;
    let service = Service::new(stage, "unfinished", "echo run >>$JOURNAL; exit 0")?;
    stage.file(&service.name_of("finish"), "#!/bin/sh\n", 0o644)?;
    service.file("down", "")?;
    let _runsv = service.start()?;
    service.send("o")?;
    stage.await_line("run")?;
    until("the sentence", || stage.messages().contains("./finish"))?;
    service.see_stat("a finish that cannot be run", "down")?;
    stage.see("messages", stage.messages());
    Ok(())
}

fn restart(stage: &Stage) -> Result<()> {
    let service =
        Service::new(stage, "web", "echo run >>$JOURNAL; [ $(grep -c run $JOURNAL) -lt 3 ] || exec sleep 1000")?;
    service.script("finish", "echo finish $1 >>$JOURNAL")?;
    let _runsv = service.start()?;
    stage.await_lines(5)?;
    service.see_stat("the third start", "run")?;
    let before = service.pid()?;
    service.send("t")?;
    service.pid_after(before)?;
    stage.await_lines(7)?;
    stage.see_journal();
    Ok(())
}

fn a_service_with_its_log(stage: &Stage) -> Result<()> {
    let run = "trap 'echo last; exit 0' TERM; echo first; while :; do sleep 1000 >&2 & wait; done";
    let service = Service::new(stage, "web", run)?;
    service.script("finish", "echo of finish")?;
    service.script("control/h", "echo of a hook")?;
    service.script("log/run", "while read -r line; do echo \"$line\" >>lines; done; echo end >>lines")?;
    let mut runsv = service.start()?;
    let (log, lines) = (service.log(), || read(service.path("log/lines")));
    until("the first line", || lines().lines().count() == 1)?;
    service.send("h")?;
    until("the hook's line", || lines().lines().count() == 2)?;
    log.send("x")?;
    log.send("p")?;
    log.see_stat("x, p for the log", "run, paused")?;
    log.send("c")?;
    log.see_stat("c for the log", "run")?;
    log.send("d")?;
    log.see_stat("d for the log", "down")?;
    log.send("u")?;
    log.see_stat("u for the log", "run")?;
    service.send("x")?;
    stage.see("x", runsv.ending()?);
    stage.see("the lines", lines());
    stage.see("stat", service.stat() + "; log: " + &log.stat());
    stage.see("messages", stage.messages());
    Ok(())
}

fn the_end_of_runsv(stage: &Stage) -> Result<()> {
    for (name, finish) in [("one", false), ("two", true)] {
        let service = Service::new(stage, name, IDLE)?;
        if finish {
            service.script("finish", "echo finish \"$@\" >>$JOURNAL")?;
        }
        let mut runsv = service.start()?;
        service.await_stat("run")?;
        runsv.signal(Signal::TERM);
        stage.see(&format!("TERM for the runsv of {name}"), runsv.ending()?);
        service.see_stat(&format!("{name} afterwards"), "down")?;
    }
    let service = Service::new(stage, "three", IDLE)?;
    let mut runsv = service.start()?;
    service.await_stat("run")?;
    runsv.signal(Signal::INT);
    stage.see("INT for runsv", runsv.ending()?);
    let service = Service::new(stage, "four", IDLE)?;
    service.file("down", "")?;
    let mut runsv = service.start()?;
    service.send("x")?;
    stage.see("x for a service that is down", runsv.ending()?);
    service.see_stat("it afterwards", "down")?;
    stage.see_journal();
    Ok(())
}

fn what_a_service_is_given(stage: &Stage) -> Result<()> {
    let facts = "{ echo \"$0\" $#; pwd; ls /proc/$$/fd | grep '^[012]$' | tr '\\n' ' '; echo; \
        grep -E '^Sig(Blk|Ign)' /proc/self/status; readlink /proc/$$/fd/0; umask; echo $GIVEN; } >facts.new";
    let own = "read -r all </proc/$$/stat; set -- ${all##*) }; [ $3 = $$ ] && echo group leader >>facts.new; \
        [ $4 = $$ ] && echo session leader >>facts.new; mv facts.new facts; exec sleep 1000";
    let service = Service::new(stage, "web", &format!("{facts}\n{own}"))?;
    service.script("log/run", &format!("{facts}\n{own}"))?;
    let mut command = stage.command(&["runsv", "./web/"]);
    let services = stage.path(crate::conformance::stage::SERVICES);
    let _runsv = stage.start(command.env("GIVEN", "given").current_dir(services))?;
    for name in ["facts", "log/facts"] {
        until("facts", || service.path(name).exists())?;
        let facts = read(service.path(name));
        let pipes = regex_lite::Regex::new(r"pipe:\[\d+\]")?;
        let (signals, others): (Vec<_>, Vec<_>) = facts.lines().partition(|line| line.starts_with("Sig"));
        stage.see(name, pipes.replace_all(&others.join("\n"), "a pipe"));
        stage.see(&format!("signals of {name}"), classic(&signals.join("\n")));
    }
    let service =
        Service::new(stage, "deaf", "grep SigIgn /proc/self/status >facts.new; mv facts.new facts; exec sleep 1000")?;
    let mut command = stage.command(&["sh", "-c", "trap '' USR1; exec runsv service/deaf"]);
    let _runsv = stage.start(&mut command)?;
    until("facts", || service.path("facts").exists())?;
    stage.see("what runsv was told to ignore", classic(&read(service.path("facts"))));
    Ok(())
}

/// Masks of signals without those beyond the 31 of old, which a test may have inherited.
fn classic(masks: &str) -> String {
    let low = |line: &str| {
        let (name, mask) = line.split_once(":\t")?;
        Some(format!("{name} {:x}", u64::from_str_radix(mask.trim(), 16).ok()? & 0x7fff_ffff))
    };
    masks.lines().map(|line| low(line).unwrap_or_else(|| line.to_owned())).collect::<Vec<_>>().join("\n")
}

fn files_and_modes(stage: &Stage) -> Result<()> {
    let service = Service::new(stage, "web", IDLE)?;
    service.script("log/run", "exec cat >/dev/null")?;
    let mut runsv = service.start()?;
    service.await_stat("run")?;
    service.log().await_stat("run")?;
    let pids = || [&service, &service.log()].map(|it| read(it.path("supervise/pid")).len());
    until("pids", || pids().iter().all(|length| *length > 1))?;
    // The length of a process id is not runsv's.
    stage.see("pid has a line", format!("{:?}", pids().map(|length| length > 1)));
    service.send("d")?;
    service.await_stat("down")?;
    service.log().send("d")?;
    service.log().await_stat("down")?;
    stage.see_supervised("service/web")?;
    service.send("x")?;
    stage.see("x", runsv.ending()?);
    stage.see_supervised("service/web")
}
