//! The how-to pages, tried: what is typed in them is typed, and their files are used as they stand there.
//!
//! Its one law: nothing of a page is copied here.

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::conformance::stage::{Running, Stage, await_some, read, until};
use pilotlight_qemu_tests::debian::Debian;
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::reference;
use regex_lite::Regex;

use crate::{manuals, pages, tour};

/// The root of a small system on a stage.
const ROOT: &str = "root";
/// Applets of busybox that its scripts use.
const APPLETS: [&str; 4] = ["sh", "sleep", "init", "kill"];
/// A service that says when it begins, and when it is told to end.
const PROBE: &str = "trap 'echo down >>/journal; exit 0' TERM\necho up >>/journal\nwhile :; do sleep 1000 & wait; done";
/// USR2 powers off where busybox is init; PWR asks our runit for the same.
const POWER_OFF: u8 = 12;
const POWER_FAILS: u8 = 30;

/// The names of all pages.
fn names() -> Result<Vec<String>> {
    let entries = fs::read_dir(pages::directory()).context("there are no pages")?;
    let stems = entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()));
    Ok(stems.collect())
}

fn file(page_name: &str, name: &str) -> Result<String> {
    let found = pages::files(&pages::read(page_name)?).into_iter().find(|file| file.name == name);
    Ok(found.with_context(|| format!("{page_name}.md has no file {name}"))?.text)
}

#[test]
fn what_is_typed_in_a_page_shows_what_the_page_shows() -> Result<()> {
    let mut typed = 0;
    for name in names()? {
        let text = pages::read(&name)?;
        if text.contains("```console\n") {
            tour::replay(&text).with_context(|| format!("{name}.md"))?;
            typed += 1;
        }
    }
    ensure!(typed == 3, "{typed} pages are typed");
    Ok(())
}

#[test]
fn the_scripts_of_the_pages_are_scripts() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    let mut scripts = 0;
    for name in names()? {
        for file in pages::files(&pages::read(&name)?) {
            if file.language == "sh" {
                stage.file("script", file.text, 0o644)?;
                let answer = stage.answer(&mut stage.command(&["sh", "-n", "script"]))?;
                ensure!(answer == "exit 0", "{name}.md, {}: {answer}", file.name);
                scripts += 1;
            }
        }
    }
    ensure!(scripts > 4, "{scripts} scripts");
    Ok(())
}

#[test]
fn systemd_has_nothing_to_say_about_the_unit() -> Result<()> {
    let analyze = host::require("systemd-analyze", &["systemd"])?;
    let stage = Stage::new(&Programs::ours()?)?;
    // Verified where its program is; the manual is not installed.
    let place = format!("={}", stage.path("bin/runsvdir").display());
    let unit = file("other-init", "runsvdir.service")?.replace("=/bin/runsvdir", &place);
    stage.file("runsvdir.service", &unit, 0o644)?;
    let verify =
        |name: &str| stage.answer(&mut stage.command(&[&analyze.to_string_lossy(), "verify", "--man=no", name]));
    let answer = verify("./runsvdir.service")?;
    ensure!(answer == "exit 0", "{answer}");
    stage.file("wrong.service", unit.replace("KillMode", "KillMood"), 0o644)?;
    ensure!(verify("./wrong.service")?.contains("KillMood"), "a wrong unit is no failure");
    Ok(())
}

#[test]
fn the_links_of_a_read_only_root_lead_into_run() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    stage.file("links", file("read-only-root", "links")?, 0o755)?;
    let answer = stage.answer(&mut stage.command(&["sh", "./links", ROOT]))?;
    ensure!(answer == "exit 0", "{answer}");
    for name in ["stopit", "reboot"] {
        let link = fs::read_link(stage.path(ROOT).join("etc/runit").join(name)).context("no link")?;
        ensure!(link.starts_with("/run"), "{name} leads to {}", link.display());
    }
    Ok(())
}

/// A root with busybox, our programs and the service that tells of itself.
fn small_root(programs: &Programs) -> Result<Stage> {
    let stage = Stage::new(programs)?;
    let busybox = {
        let _lock = host::lock()?;
        Debian::new(reference::architecture()?)?.files_of("busybox-static", "./bin/busybox")?.join("bin/busybox")
    };
    let content = |path: &Path| fs::read(path).with_context(|| format!("unable to read {}", path.display()));
    stage.file(&format!("{ROOT}/bin/busybox"), content(&busybox)?, 0o755)?;
    for name in APPLETS {
        stage.link(&format!("{ROOT}/bin/{name}"), "busybox")?;
    }
    for name in ["runsvdir", "runsv", "sv", "runit"] {
        stage.file(&format!("{ROOT}/bin/{name}"), content(programs.file(name)?)?, 0o755)?;
    }
    // Made for the kernel's file to be mounted over it.
    stage.file(&format!("{ROOT}/dev/null"), "", 0o644)?;
    stage.script(&format!("{ROOT}/service/probe/run"), PROBE)?;
    Ok(stage)
}

/// Starts a program of the root as process 1 of a process namespace.
fn start_as_1(stage: &Stage, program: &str) -> Result<Running> {
    let script = format!("mount --bind /dev/null {ROOT}/dev/null && exec chroot {ROOT} {program}");
    let words = ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", &script];
    stage.start(&mut stage.command(&words))
}

/// Sends a signal to process 1 of the namespace.
fn signal_1(running: &mut Running, signal: u8) -> Result<()> {
    let pgrep = host::require("pgrep", &["procps"])?;
    let children = host::output(Command::new(pgrep).args(["-P", &running.child().id().to_string()]))?;
    let first: NonZeroU32 = children.trim().parse().with_context(|| format!("process 1 is {children:?}"))?;
    sys::process::kill(first, signal).ok().context("unable to send a signal")
}

/// The service of the root comes up; then process 1 gets a signal, and everything ends in order.
fn live(stage: &Stage, program: &str, signal: u8) -> Result<()> {
    let journal = stage.path(ROOT).join("journal");
    let mut running = start_as_1(stage, program)?;
    let up = until("the service", || read(&journal) == "up\n");
    up.with_context(|| stage.messages())?;
    signal_1(&mut running, signal)?;
    until("the end of the service", || read(&journal) == "up\ndown\n").with_context(|| stage.messages())?;
    await_some("the end of process 1", || running.child().try_wait().ok().flatten()).map(drop)
}

#[test]
fn busybox_init_starts_the_services_by_the_line_of_the_page_and_ends_them() -> Result<()> {
    let stage = small_root(&Programs::ours()?)?;
    stage.file(&format!("{ROOT}/etc/inittab"), file("other-init", "inittab")?, 0o644)?;
    live(&stage, "/bin/init", POWER_OFF)
}

#[test]
fn a_container_lives_and_ends_with_the_stages_of_the_page() -> Result<()> {
    let stage = small_root(&Programs::ours()?)?;
    for number in 1..=3 {
        stage.file(&format!("{ROOT}/etc/runit/{number}"), file("other-init", &format!("stage{number}"))?, 0o755)?;
    }
    stage.file(&format!("{ROOT}/etc/runit/pwrfail"), "", 0o100)?;
    live(&stage, "/bin/runit", POWER_FAILS)
}

/// What stands between backquotes and begins with the name of a program.
#[test]
fn the_pages_name_options_and_commands_that_exist() -> Result<()> {
    let stage = Stage::new(&Programs::ours()?)?;
    let code = Regex::new(r"`(sv|chpst) ([^`]*)`")?;
    let option = Regex::new(r"(?:^| )-([^- ])")?;
    let [of_sv, of_chpst] = [manuals::options_of(&stage, "sv")?, manuals::options_of(&stage, "chpst")?];
    let mut seen = 0;
    for name in names()? {
        for found in code.captures_iter(&pages::read(&name)?) {
            let (program, words) = (&found[1], &found[2]);
            let known = if program == "sv" { &of_sv } else { &of_chpst };
            for letter in option.captures_iter(words).map(|it| it[1].to_owned()) {
                ensure!(known.contains(&letter), "{name}.md: {program} has no option -{letter}");
            }
            let mut words =
                words.split(' ').filter(|word| !word.starts_with('-') && word.parse::<u8>().map_or(true, |it| it < 3));
            if let Some(command) = words.next().filter(|_| program == "sv") {
                ensure!(manuals::is_command(&stage, command)?, "{name}.md: sv has no command {command}");
            }
            seen += 1;
        }
    }
    ensure!(seen > 40, "{seen} places only: this test looks for the wrong thing");
    Ok(())
}

#[test]
fn the_tests_that_hold_what_fails_exist() -> Result<()> {
    let page = pages::read("limits")?;
    let (_, table) = page.split_once("held by the test").context("no table")?;
    let names = Regex::new(r"\| `([a-z-]+)` ([a-z0-9_]+) \|")?;
    let packages = [
        ("machine", "lib/machine"),
        ("supervisor", "supervisor"),
        ("tools", "tools"),
        ("init", "init"),
        ("qemu-tests", "qemu-tests"),
    ];
    let mut seen = 0;
    for found in names.captures_iter(table) {
        let (_, package) = packages.iter().find(|(name, _)| *name == &found[1]).context("an unknown package")?;
        let pattern = format!("fn {}(", &found[2]);
        let tests = host::root().join(package).join("tests");
        let status = Command::new("grep").args(["-rqF", &pattern]).arg(tests).status().context("unable to run grep")?;
        ensure!(status.success(), "{package} has no test {}", &found[2]);
        seen += 1;
    }
    ensure!(seen > 9, "{seen} tests only");
    Ok(())
}
