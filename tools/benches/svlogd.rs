//! svlogd beside a reference svlogd: processor time and system calls for the same input, in one run.
//!
//! Prints a table. Its one law: both get the same bytes through a pipe, one after the other, on one file system. The reference
//! is `svlogd` in the directory that the first argument or PILOTLIGHT_REFERENCE names, or else Debian's, unpacked once below
//! target/reference. System calls are counted by strace; without it the column is empty.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use temp_dir::TempDir;

/// Lines of 100 bytes; 206 MB, as in design.md's table.
const LINES: usize = 2_060_000;
/// Lines under strace, which slows a program down that makes a system call a line.
const TRACED: usize = 100_000;
const MEGABYTE: f64 = 1_000_000.0;

/// One row of the table.
struct Case {
    name: &'static str,
    options: &'static [&'static str],
    config: String,
}

fn cases() -> Vec<Case> {
    let patterns = (0..10).map(|number| format!("-*x{number}*\n")).collect();
    let case = |name, options, config| Case { name, options, config };
    vec![
        case("default", &[], String::new()),
        case("-b 65536", &["-b", "65536"], String::new()),
        case("-tt", &["-tt"], String::new()),
        case("ten patterns", &[], patterns),
    ]
}

fn main() {
    let own = PathBuf::from(env!("CARGO_BIN_EXE_svlogd"));
    let reference = reference();
    if reference.is_none() {
        println!("no reference svlogd: give its directory as argument or in PILOTLIGHT_REFERENCE");
    }
    let input = lines(LINES);
    println!("{:14} {:>22} {:>22} {:>7}", "", "ours", "reference", "");
    println!("{:14} {:>10} {:>11} {:>10} {:>11} {:>7}", "206 MB", "CPU s", "calls/MB", "CPU s", "calls/MB", "CPU");
    for case in cases() {
        let (time, calls) = measure(&own, &case, &input);
        print!("{:14} {time:>10.2} {:>11}", case.name, shown(calls));
        match &reference {
            Some(reference) => {
                let (other, calls) = measure(reference, &case, &input);
                println!(" {other:>10.2} {:>11} {:>6.1}x", shown(calls), other / time);
            }
            None => println!(),
        }
    }
}

fn shown(calls: Option<f64>) -> String {
    calls.map_or(String::new(), |calls| format!("{calls:.0}"))
}

fn lines(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| format!("{number:099}\n").into_bytes()).collect()
}

/// Seconds of processor time for the whole input, and system calls a megabyte.
fn measure(program: &Path, case: &Case, input: &[u8]) -> (f64, Option<f64>) {
    let directory = directory(case);
    let mut command = Command::new("sh");
    // times(1) of the shell tells what its children used, to the hundredth of a second.
    command.args(["-c", "\"$@\"; times", "sh"]).arg(program).args(case.options).arg(directory.path());
    let output = feed(command, input);
    let text = String::from_utf8_lossy(&output);
    let time = text.lines().last().unwrap_or_default().split_whitespace().filter_map(seconds).sum();
    (time, count_calls(program, case))
}

/// `0m1.23s` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let (minutes, rest) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + rest.parse::<f64>().ok()?)
}

fn count_calls(program: &Path, case: &Case) -> Option<f64> {
    let directory = directory(case);
    let counts = directory.path().join("counts");
    let mut command = Command::new("strace");
    command.args(["-c", "-U", "calls", "-o"]).arg(&counts).arg(program).args(case.options).arg(directory.path());
    Command::new("strace").arg("-V").stdout(Stdio::null()).status().ok()?;
    feed(command, &lines(TRACED));
    let text = fs::read_to_string(counts).ok()?;
    let total = text.lines().find(|line| line.trim_end().ends_with("total"))?;
    let calls: f64 = total.split_whitespace().next()?.parse().ok()?;
    Some(calls / (TRACED as f64 * 100.0 / MEGABYTE))
}

fn directory(case: &Case) -> TempDir {
    let directory = TempDir::new().expect("a temporary directory can be made");
    fs::write(directory.path().join("config"), &case.config).expect("the configuration can be written");
    directory
}

fn feed(mut command: Command, input: &[u8]) -> Vec<u8> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = piped.spawn().expect("the program can be started");
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input).expect("the program reads its input");
    }
    child.wait_with_output().map(|output| output.stdout).unwrap_or_default()
}

/// The directory given, or Debian's runit; where that cannot be had, that is told.
fn reference() -> Option<PathBuf> {
    let given = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let given = given.or_else(|| std::env::var("PILOTLIGHT_REFERENCE").ok()).map(PathBuf::from);
    let debian = || pilotlight_qemu_tests::reference::root().map(|root| root.join("usr/bin"));
    let directory =
        given.map_or_else(debian, Ok).map_err(|reason| eprintln!("no original to compare with: {reason:#}"));
    Some(directory.ok()?.join("svlogd")).filter(|program| program.exists())
}
