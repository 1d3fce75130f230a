//! The completion scripts know the commands that sv knows, and the services that are there.

use crate::fixture::{Services, answer, down};
use std::process::Command;

/// The commands of sv(8).
const COMMANDS: [&str; 26] = [
    "status",
    "up",
    "down",
    "once",
    "pause",
    "cont",
    "hup",
    "alarm",
    "interrupt",
    "quit",
    "1",
    "2",
    "term",
    "kill",
    "exit",
    "start",
    "stop",
    "reload",
    "restart",
    "shutdown",
    "force-stop",
    "force-reload",
    "force-restart",
    "force-shutdown",
    "try-restart",
    "check",
];

/// What bash offers at the end of a line.
fn offered(services: &Services, line: &str) -> Vec<String> {
    let script = r#"source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sv; printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.args(["-c", script, concat!(env!("CARGO_MANIFEST_DIR"), "/completions/sv.bash")]).args(line.split(' '));
    let told = answer(bash.env("SVDIR", services.path()));
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    told.out.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_then_services() {
    let services = Services::new();
    let _kept = ["web", "db", "dns one"].map(|name| services.add(name, down(500)));
    std::fs::write(services.path().join("data"), "a file is no service").unwrap();
    assert_eq!(offered(&services, "sv "), COMMANDS);
    assert_eq!(offered(&services, "sv -w 5 force-s"), ["force-stop", "force-shutdown"]);
    assert_eq!(offered(&services, "sv -w "), [""; 0]);
    assert_eq!(offered(&services, "sv restart web d"), ["db", r"dns\ one"]);
    assert_eq!(offered(&services, "sv status --"), ["--json"]);
    assert_eq!(offered(&services, "sv status x"), [""; 0]);
}

#[test]
fn zsh_and_fish_know_every_command() {
    let (zsh, fish) = (include_str!("../../completions/_sv"), include_str!("../../completions/sv.fish"));
    for command in COMMANDS {
        assert!(zsh.contains(&format!("\n        '{command}:")), "zsh: {command}");
        assert!(fish.contains(&format!("-a {command} -d ")), "fish: {command}");
    }
}
