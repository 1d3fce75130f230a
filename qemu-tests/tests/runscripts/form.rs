//! The form of the collection: which files a directory has, that shells can read them, that shellcheck finds nothing, and that the
//! table of README.md is true.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use pilotlight_qemu_tests::debian::Debian;
use pilotlight_qemu_tests::{host, reference};

use crate::table::{self, CONF, KEEPER, Row};

/// What a directory may hold.
const SCRIPTS: &[&str] = &["run", "log/run", "finish", "check", "control/t", "control/h"];

/// Everything in the collection that a shell reads, and the script that makes the room of the daemons.
fn scripts() -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for row in table::rows()? {
        table::list(&table::directory().join(row.service), &mut paths)?;
    }
    paths.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runscripts/room.sh"));
    Ok(paths)
}

/// The variables with the lines that set them, before conf is read; capitals are the environment.
fn settings(text: &str) -> Vec<(&str, &str)> {
    let Some((head, _)) = text.split_once(CONF) else { return Vec::new() };
    let names = head.lines().filter_map(|line| Some((line.split_once('=')?.0, line)));
    names.filter(|(name, _)| name.chars().all(|it| it.is_ascii_lowercase())).collect()
}

#[test]
fn the_table_lists_each_directory_and_nothing_else() -> Result<()> {
    let rows = table::rows()?;
    let listed: Vec<_> = rows.iter().map(|row| row.service.clone()).collect();
    let entries = fs::read_dir(table::directory())?.flatten().filter(|entry| entry.path().is_dir());
    let there: BTreeSet<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    ensure!(there.into_iter().eq(listed), "README.md lists not each directory once, in their order");
    ensure!(rows.len() >= 40, "only {} services", rows.len());
    Ok(())
}

#[test]
fn a_directory_has_run_and_log_run_and_no_unknown_file() -> Result<()> {
    for row in table::rows()? {
        let scripts = row.scripts()?;
        for name in ["run", "log/run"] {
            ensure!(scripts.iter().any(|(path, _)| path == name), "{} has no {name}", row.service);
        }
        for (path, text) in scripts {
            ensure!(SCRIPTS.contains(&path.as_str()), "{}/{path} is not a script of runsv", row.service);
            ensure!(text.starts_with("#!/bin/sh\n"), "{}/{path} is not for /bin/sh", row.service);
            let mode = fs::metadata(table::directory().join(&row.service).join(&path))?.permissions().mode();
            ensure!(mode & 0o777 == 0o755, "{}/{path} has the mode {mode:o}", row.service);
        }
    }
    Ok(())
}

#[test]
fn the_log_scripts_are_one_text() -> Result<()> {
    let mut texts = BTreeSet::new();
    for row in table::rows()? {
        texts.extend(row.scripts()?.into_iter().filter(|(path, _)| path == "log/run").map(|(_, text)| text));
    }
    ensure!(texts.len() == 1, "there are {} different log/run", texts.len());
    Ok(())
}

#[test]
fn the_table_says_what_check_and_conf_are_for() -> Result<()> {
    for row in table::rows()? {
        let scripts = row.scripts()?;
        let text = |name: &str| scripts.iter().find(|(path, _)| path == name).map(|(_, text)| text.as_str());
        let Row { service, check, conf, .. } = &row;
        ensure!(text("check").is_some() == (check != "-"), "{service}: check is {check:?} in the table");
        let run = text("run").unwrap_or_default();
        let takes_words = run.contains("\"$@\"") || run.contains(&format!("exec {KEEPER} "));
        ensure!(run.contains(CONF) && takes_words, "{service}/run ignores its conf");
        let names: Vec<_> = settings(run).into_iter().map(|(name, _)| name).collect();
        ensure!(names.iter().eq(conf), "{service}/run: conf may set {names:?}, {conf:?} in the table");
        for (path, text) in scripts.iter().filter(|(path, _)| path != "log/run") {
            let strange = settings(text).into_iter().find(|setting| !settings(run).contains(setting));
            ensure!(strange.is_none(), "{service}/{path} sets {strange:?}, which is not so in run");
        }
    }
    Ok(())
}

#[test]
fn dash_and_busybox_can_read_each_script() -> Result<()> {
    let (dash, busybox) = {
        let _lock = host::lock()?;
        let debian = Debian::new(reference::architecture()?)?;
        let busybox = debian.files_of("busybox-static", "./bin/busybox")?.join("bin/busybox");
        (host::require("dash", &["dash"])?, busybox)
    };
    for script in scripts()? {
        host::run(Command::new(&dash).arg("-n").arg(&script))?;
        host::run(Command::new(&busybox).args(["sh", "-n"]).arg(&script))?;
    }
    Ok(())
}

#[test]
fn shellcheck_finds_nothing() -> Result<()> {
    let shellcheck = {
        let _lock = host::lock()?;
        host::require("shellcheck", &["shellcheck"])?
    };
    host::run(Command::new(shellcheck).args(scripts()?))
}
