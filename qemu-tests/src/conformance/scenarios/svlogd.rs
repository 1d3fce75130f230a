//! svlogd: files, their modes and contents, rotation, signals, what it says and refuses.

use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result};
use protocol::control::Signal;

use crate::conformance::Scenario;
use crate::conformance::stage::{Running, Stage, read, until};

const ALONE: &[&str] = &["svlogd"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "svlogd: rotation", uses: ALONE, play: rotation },
    Scenario { name: "svlogd: signals", uses: ALONE, play: signals },
    Scenario { name: "svlogd: an unclean current", uses: ALONE, play: an_unclean_current },
    Scenario { name: "svlogd: a processor", uses: ALONE, play: a_processor },
    Scenario { name: "svlogd: refusals", uses: ALONE, play: refusals },
    Scenario {
        name: "svlogd: as the log of a service",
        uses: &["svlogd", "runsv", "sv"],
        play: as_the_log_of_a_service,
    },
];

/// Runs svlogd with these options over the whole input; notes what it said, and all files with their contents.
pub(super) fn log_all(stage: &Stage, options: &[&str], directories: &[&str], input: &str) -> Result<()> {
    stage.file("input", input, 0o644)?;
    let words = [&["svlogd"], options, directories].concat();
    let mut command = stage.command(&words);
    let input = std::fs::File::open(stage.path("input")).context("unable to open the input")?;
    stage.tell_as(&words.join(" "), command.stdin(input))?;
    directories.iter().try_for_each(|directory| see_logs(stage, directory))
}

/// Notes the files of a log directory, old ones in their order, with modes and contents.
pub(super) fn see_logs(stage: &Stage, directory: &str) -> Result<()> {
    stage.see_files(directory)?;
    let entries = std::fs::read_dir(stage.path(directory)).with_context(|| format!("unable to read {directory}"))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let show =
        |path: &std::path::PathBuf| format!("-- {}\n{}", path.file_name().unwrap_or_default().display(), read(path));
    stage.see(&format!("the contents of {directory}"), paths.iter().map(show).collect::<String>());
    Ok(())
}

/// `count` numbered lines of 20 bytes.
fn lines(count: usize) -> String {
    (0..count).map(|number| format!("line {number:014}\n")).collect()
}

/// A log directory with this configuration.
pub(super) fn directory(stage: &Stage, name: &str, config: &str) -> Result<()> {
    stage.file(&format!("{name}/config"), config, 0o644)
}

fn rotation(stage: &Stage) -> Result<()> {
    for (name, config, options) in [
        ("plain", "", &["-v"][..]),
        ("sized", "s2000\n", &["-v"]),
        ("few", "s2000\nn2\n", &["-v"]),
        ("none", "s2000\nn0\n", &["-vv"]),
        ("kilo", "s2k\nn3\n", &[]),
        ("never", "s0\n", &[]),
        ("short", "s500\n", &["-l", "100"]),
    ] {
        directory(stage, name, config)?;
        log_all(stage, options, &[name], &lines(250))?;
    }
    stage.make_dir("unconfigured")?;
    log_all(stage, &[], &["unconfigured"], &lines(3))?;
    // What was left is gone on with.
    log_all(stage, &["-v"], &["unconfigured"], &lines(2))?;
    log_all(stage, &[], &["plain", "unconfigured"], "both\n")?;
    log_all(stage, &[], &["unconfigured"], "")
}

/// Starts svlogd with its input open.
fn start(stage: &Stage, words: &[&str]) -> Result<Running> {
    let mut running = stage.start(stage.command(words).stdin(Stdio::piped()))?;
    // It is there when it has closed and opened what it has to.
    write(&mut running, "first\n")?;
    until("the first line", || read(stage.path("log/current")) == "first\n")?;
    Ok(running)
}

fn write(running: &mut Running, text: &str) -> Result<()> {
    running.child().stdin.as_mut().context("no pipe")?.write_all(text.as_bytes()).context("unable to write")
}

fn signals(stage: &Stage) -> Result<()> {
    directory(stage, "log", "")?;
    let mut running = start(stage, &["svlogd", "-v", "log"])?;
    stage.see_files("log")?;
    running.signal(Signal::ALRM);
    until("a rotation", || stage.messages().contains("rename:"))?;
    write(&mut running, "second\n")?;
    until("the second line", || read(stage.path("log/current")) == "second\n")?;
    directory(stage, "log", "pnew: \n")?;
    running.signal(Signal::HUP);
    until("the configuration", || stage.messages().contains("append:"))?;
    write(&mut running, "third\n")?;
    until("the third line", || read(stage.path("log/current")).ends_with("new: third\n"))?;
    running.signal(Signal::TERM);
    // The original looks at TERM when there is something to read.
    until("TERM is seen", || stage.messages().contains("sigterm"))?;
    let _ = write(&mut running, "");
    drop(running.child().stdin.take());
    stage.see("TERM", running.ending()?);
    stage.see("messages", stage.messages());
    see_logs(stage, "log")?;
    let mut running = stage.start(stage.command(&["svlogd", "log"]).stdin(Stdio::piped()))?;
    write(&mut running, "fourth\n")?;
    until("the fourth line", || read(stage.path("log/current")).ends_with("fourth\n"))?;
    running.signal(Signal::INT);
    stage.see("INT", running.ending()?);
    see_logs(stage, "log")
}

fn an_unclean_current(stage: &Stage) -> Result<()> {
    directory(stage, "log", "n0\n")?;
    stage.file("log/current", "left behind\n", 0o644)?;
    log_all(stage, &["-v"], &["log"], "new\n")?;
    directory(stage, "empty", "")?;
    stage.file("empty/current", "", 0o644)?;
    log_all(stage, &["-v"], &["empty"], "new\n")?;
    directory(stage, "clean", "")?;
    stage.file("clean/current", "left in order\n", 0o744)?;
    log_all(stage, &["-v"], &["clean"], "new\n")
}

fn a_processor(stage: &Stage) -> Result<()> {
    let facts =
        "cat >&2; readlink /proc/self/cwd; ls /proc/$$/fd | grep '^[01245]$' | tr '\\n' ' '; cat <&4; echo state >&5";
    directory(stage, "log", &format!("s2000\nn0\n!{facts}\n"))?;
    log_all(stage, &["-v"], &["log"], &lines(60))?;
    log_all(stage, &["-v"], &["log"], &lines(60))
}

fn refusals(stage: &Stage) -> Result<()> {
    directory(stage, "log", "")?;
    stage.file("plain", "", 0o644)?;
    for words in [
        &["svlogd"][..],
        &["svlogd", "-V"],
        &["svlogd", "-x", "log"],
        &["svlogd", "-l"],
        &["svlogd", "-l", "x", "log"],
        &["svlogd", "-l", "1000", "-b", "1000", "log"],
        &["svlogd", "-b", "5", "log"],
        &["svlogd", "-r", "ab", "log"],
        &["svlogd", "-r", "", "log"],
        &["svlogd", "no/such"],
        &["svlogd", "plain"],
        &["svlogd", "no/such", "log"],
        &["svlogd", ""],
    ] {
        stage.tell(words)?;
    }
    let _held = start(stage, &["svlogd", "log"])?;
    stage.tell(&["svlogd", "log"])?;
    stage.tell(&["svlogd", "-v", "log", "no/such"])?;
    stage.see_files("log")
}

fn as_the_log_of_a_service(stage: &Stage) -> Result<()> {
    use crate::conformance::service::Service;
    let service = Service::new(stage, "web", "echo one line; echo another; exec sleep 1000")?;
    service.script("log/run", "exec svlogd -t main")?;
    stage.make_dir(&service.name_of("log/main"))?;
    let mut runsv = service.start()?;
    until("both lines", || read(service.path("log/main/current")).lines().count() == 2)?;
    service.await_stat("run")?;
    service.log().await_stat("run")?;
    stage.tell(&["sv", "status", "web"])?;
    stage.tell(&["sv", "alarm", "web/log"])?;
    let rotated = || {
        std::fs::read_dir(service.path("log/main"))
            .is_ok_and(|all| all.flatten().any(|it| it.file_name().to_string_lossy().starts_with('@')))
    };
    until("a rotation", rotated)?;
    stage.tell(&["sv", "-w30", "restart", "web"])?;
    until("the next lines", || read(service.path("log/main/current")).lines().count() == 2)?;
    stage.tell(&["sv", "-w30", "exit", "web"])?;
    stage.see("exit", runsv.ending()?);
    see_logs(stage, &service.name_of("log/main"))
}
