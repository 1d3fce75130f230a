//! The paths that a build's environment sets: wrong ones end the build, and programs go where they were told.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::dist::{Dist, Places};
use pilotlight_qemu_tests::host;
use temp_dir::TempDir;

/// cargo for a build of its own, so that other builds are not made anew.
fn cargo(words: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(words).current_dir(host::root()).env("CARGO_TARGET_DIR", host::work_dir().join("paths"));
    cargo
}

#[test]
fn what_is_no_path_ends_the_build_with_the_name_of_the_variable() -> Result<()> {
    let long = format!("/{}", "x".repeat(255));
    for (variable, value) in [
        ("PILOTLIGHT_SERVICES", ""),
        ("PILOTLIGHT_ETC", "etc/runit"),
        ("PILOTLIGHT_STATE", "/run/runit/"),
        ("PILOTLIGHT_STOPIT", "/"),
        ("PILOTLIGHT_RUNIT", &long),
    ] {
        let output = cargo(&["check", "--package", "pilotlight-protocol"]).env(variable, value).output();
        let output = output.context("unable to run cargo")?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(!output.status.success(), "{variable}={value:?} was taken");
        ensure!(text.contains(&format!("{variable}: not an absolute path")), "{variable}={value:?}: {text}");
    }
    Ok(())
}

#[test]
fn the_longest_path_is_taken() -> Result<()> {
    let longest = format!("/{}", "x".repeat(254));
    host::run(cargo(&["check", "--package", "pilotlight-protocol"]).env("PILOTLIGHT_STATE", longest))
}

#[test]
fn programs_go_where_the_build_says() -> Result<()> {
    let elsewhere = TempDir::new().context("unable to make a temporary directory")?;
    let services = elsewhere.child("services");
    host::make_dir(services.join("web"))?;
    let mut build = cargo(&["build", "--package", "pilotlight-tools", "--package", "pilotlight-init"]);
    build.args(["--bin", "sv", "--bin", "runit", "--bin", "runit-init"]);
    build.env("PILOTLIGHT_SERVICES", &services).env("PILOTLIGHT_ETC", "/opt/pilot").env("PILOTLIGHT_NOSYNC", "/run/no");
    host::run(&mut build)?;
    let programs = host::work_dir().join("paths/debug");
    // `web` is found there: it lacks a supervisor, not its directory.
    let sv = Command::new(programs.join("sv")).args(["status", "web"]).env_remove("SVDIR").output();
    let said = String::from_utf8_lossy(&sv.context("unable to run sv")?.stdout).into_owned();
    ensure!(said.contains("unable to open supervise/ok"), "sv says: {said}");
    for (program, path) in [
        ("runit", "/opt/pilot/1\0"),
        ("runit", "/opt/pilot/ctrlaltdel\0"),
        ("runit", "/run/no\0"),
        ("runit-init", "/opt/pilot/stopit\0"),
    ] {
        let bytes = fs::read(programs.join(program)).with_context(|| format!("unable to read {program}"))?;
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        ensure!(holds(path), "{program} does not know {path}");
        ensure!(!holds("/etc/runit/stopit"), "{program} knows the path of the original");
    }
    Ok(())
}

#[test]
fn the_tree_of_a_build_with_other_paths_follows_them() -> Result<()> {
    let mut places = Places { services: "/var/service", etc: "/etc/pilot", stopit: "/etc/stop", ..Places::BUILT };
    places.runlevels = "/etc/pilot/levels";
    places.reboot = "/etc/pilot/reboot";
    places.stages = ["/etc/pilot/1", "/etc/pilot/2", "/lib/stage-3", "/etc/pilot/ctrlaltdel"];
    let texts: BTreeMap<_, _> = Dist::here().texts(&places)?.into_iter().collect();
    for (path, text) in [
        ("etc/pilot/2", "runsvdir -P /var/service "),
        ("etc/pilot/2.d/10-runlevel", "/etc/pilot/levels/$word"),
        ("lib/stage-3", "/etc/pilot/fragments /etc/pilot/3.d"),
        ("etc/pilot/ctrlaltdel.d/10-reboot", "in /etc/stop /etc/pilot/reboot"),
        ("etc/stop", "/run/runit/stopit"),
        ("var/service", "/etc/pilot/levels/current"),
        ("usr/share/bash-completion/completions/sv", "/var/service"),
        ("usr/share/man/man8/sv.8", ".Pa /var/service"),
    ] {
        let found = texts.get(path).with_context(|| format!("{path} is missing"))?;
        ensure!(found.contains(text), "{path} lacks {text}: {found}");
    }
    let left = |path: &&String| path.starts_with("etc/runit") || path.starts_with("service");
    ensure!(!texts.keys().any(|path| left(&path)), "files are at the old places");
    Ok(())
}

#[test]
fn every_variable_is_documented() -> Result<()> {
    let read = |path: &str| fs::read_to_string(host::root().join(path)).with_context(|| format!("no {path}"));
    let (source, page) = (read("lib/protocol/src/paths.rs")?, read("doc/packaging.md")?);
    let variables: Vec<_> = source.split('"').filter(|word| word.starts_with("PILOTLIGHT_")).collect();
    ensure!(variables.len() > 10, "no variables in paths.rs: this test looks in the wrong place");
    let missing: Vec<_> = variables.into_iter().filter(|name| !page.contains(&format!("| `{name}` |"))).collect();
    ensure!(missing.is_empty(), "doc/packaging.md lacks {missing:?}");
    Ok(())
}
