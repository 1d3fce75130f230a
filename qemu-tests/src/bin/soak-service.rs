//! The service of the soak: it writes numbered lines, and lives and dies as its kind says.
//!
//! Its one law: a number is kept in its file after its line is written, and the next process goes on behind the number that
//! was kept. So no number is ever left out, and one is written twice only if its first writer was killed between the two.

use std::fs::{self, File};
use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::Duration;

/// Between two lines.
const PAUSE: Duration = Duration::from_millis(200);
/// How long one lives that does not go on for ever.
const SHORT_LIFE: u32 = 3;
/// Lines of one that writes many at once.
const BURST: u32 = 400;

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = std::env::args().collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "child"] => {
            sleep(PAUSE * SHORT_LIFE);
            Ok(ExitCode::SUCCESS)
        }
        [_, "run", kind, number] => live(kind, &mut Lines::go_on(number)?),
        _ => {
            writeln!(io::stderr(), "usage: soak-service run KIND NUMBER-FILE")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn live(kind: &str, lines: &mut Lines) -> io::Result<ExitCode> {
    match kind {
        "short" => lines.write(SHORT_LIFE, PAUSE)?,
        "burst" => {
            lines.write(BURST, Duration::ZERO)?;
            lines.write(SHORT_LIFE, PAUSE)?;
        }
        "crash" => {
            lines.write(SHORT_LIFE, PAUSE)?;
            std::process::abort();
        }
        "quiet" => loop {
            sleep(Duration::from_secs(1000));
        },
        "forks" => loop {
            let mut child = Command::new(std::env::current_exe()?).arg("child").spawn()?;
            lines.write(SHORT_LIFE, PAUSE)?;
            child.wait()?;
        },
        // A deaf one differs in what its script has told the kernel.
        "steady" | "deaf" => lines.write(u32::MAX, PAUSE)?,
        _ => return Ok(ExitCode::FAILURE),
    }
    Ok(ExitCode::FAILURE)
}

struct Lines {
    number: u64,
    file: String,
}

impl Lines {
    fn go_on(file: &str) -> io::Result<Lines> {
        let number = fs::read_to_string(file).unwrap_or_default().trim().parse().unwrap_or(0);
        Ok(Lines { number, file: file.to_owned() })
    }

    fn write(&mut self, count: u32, pause: Duration) -> io::Result<()> {
        for _ in 0..count {
            self.number += 1;
            // In one write, which a pipe takes undivided.
            let line = format!("line {} {}\n", self.number, std::process::id());
            io::stdout().write_all(line.as_bytes())?;
            self.keep()?;
            sleep(pause);
        }
        Ok(())
    }

    /// Keeps the number, in one write of always the same length over the one before.
    fn keep(&self) -> io::Result<()> {
        let mut file = File::options().write(true).create(true).truncate(false).open(&self.file)?;
        file.write_all(format!("{:020}\n", self.number).as_bytes())
    }
}
