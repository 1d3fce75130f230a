//! The completion of sv, asked by bash itself.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::host;
use temp_dir::TempDir;

/// What is offered for the last of these words.
fn offered(services: &TempDir, words: &[&str]) -> Result<Vec<String>> {
    let script = "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _sv; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new(host::require("bash", &["bash"])?);
    bash.args(["--norc", "-c", script]).arg(host::root().join("doc/completions/sv")).args(words);
    let text = host::output(bash.env("SVDIR", services.path()).current_dir("/"))?;
    Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn services() -> Result<TempDir> {
    let services = TempDir::new().context("unable to make a temporary directory")?;
    for name in ["web", "web-admin", "ntp"] {
        fs::create_dir(services.child(name)).context("unable to make a service")?;
    }
    fs::write(services.child("weird"), "").context("unable to write a file")?;
    Ok(services)
}

#[test]
fn commands_options_services_and_paths_are_completed() -> Result<()> {
    let services = services()?;
    for (words, wanted) in [
        (&["sv", "sta"][..], &["status", "start"][..]),
        (&["sv", "-w", "5", "sta"], &["status", "start"]),
        (&["sv", "--j"], &["--json"]),
        (&["sv", "-w", ""], &[]),
        (&["sv", "status", "web"], &["web", "web-admin"]),
        (&["sv", "-v", "up", "ntp", "web-"], &["web-admin"]),
        (&["sv", "up", "/us"], &["/usr"]),
    ] {
        let mut found = offered(&services, words)?;
        found.sort();
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        ensure!(found == wanted, "{words:?}: {found:?} instead of {wanted:?}");
    }
    Ok(())
}

#[test]
fn every_command_of_the_manual_is_offered() -> Result<()> {
    let offered = offered(&services()?, &["sv", ""])?;
    let manual = fs::read_to_string(host::root().join("doc/man/sv.8")).context("unable to read sv.8")?;
    let (_, commands) = manual.split_once(".Ss Commands\n").context("sv.8 has no section of commands")?;
    let (commands, _) = commands.split_once("\n.Sh ").context("sv.8 ends with its commands")?;
    let words = commands.lines().filter_map(|line| line.strip_prefix(".It Cm ")).flat_map(|line| line.split(" , "));
    let words: Vec<_> = words.flat_map(|word| word.split(", ")).collect();
    ensure!(words.len() > 15, "the commands of sv.8 are not found: {words:?}");
    let missing: Vec<_> = words.iter().filter(|word| !offered.iter().any(|offer| offer == *word)).collect();
    ensure!(missing.is_empty(), "not offered: {missing:?}");
    Ok(())
}
