//! The board command: `cargo boot [BOARD]` and `cargo image BOARD`.
//!
//! Its one law: standard output is the board's serial line; the exit code tells how the board's life ended.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::console::{self, Ending};
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::image::Image;

/// Builds and boots the boards of pilotlight under QEMU.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0 the board powered itself off, 1 a step failed, 2 misuse, 3 the kernel panicked, \
                        4 the time limit passed."
)]
struct Arguments {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Boots a board with its serial line on this terminal, or through pipes.
    Boot {
        /// The board: a file boards/BOARD.toml.
        #[arg(default_value = "x86_64")]
        board: String,
        /// Ends the board after so many seconds.
        #[arg(long, value_name = "SECONDS")]
        timeout: Option<u64>,
    },
    /// Writes the image of a board and says where it is.
    Image {
        /// The board: a file boards/BOARD.toml.
        board: String,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Verb::Boot { board, timeout } => boot(&board, timeout.map(Duration::from_secs)),
        Verb::Image { board } => write_image(&board),
    };
    result.unwrap_or_else(|error| {
        host::say(&format!("fatal: {error:#}"));
        ExitCode::FAILURE
    })
}

fn write_image(name: &str) -> Result<ExitCode> {
    let image = Image::prepare(&Board::load(name)?)?;
    let sizes = image.sizes()?;
    for (name, bytes) in &sizes {
        host::say(&format!("{bytes:>8} bytes  {name}"));
    }
    host::say(&format!("{:>8} bytes  together", sizes.iter().map(|(_, bytes)| bytes).sum::<u64>()));
    host::say(&format!("kernel: {}", image.kernel.display()));
    host::say(&format!("initramfs: {}", image.initramfs.display()));
    Ok(ExitCode::SUCCESS)
}

fn boot(name: &str, limit: Option<Duration>) -> Result<ExitCode> {
    let board = Board::load(name)?;
    let image = Image::prepare(&board)?;
    host::say(&format!("booting {name}: {}", board.description));
    host::say("try: sv status /service/*   init 6 (reboot)   init 0 (power off)   ctrl-a x (leave QEMU)");
    let ending = console::boot(&board, &image, limit)?;
    let (what, code) = match ending {
        Ending::PoweredOff => return Ok(ExitCode::SUCCESS),
        Ending::QemuFailed(status) => (format!("{} failed ({status})", board.qemu.program), 1),
        Ending::Panic => ("the kernel panicked: see the end of what it printed".to_owned(), 3),
        Ending::TimedOut => ("the time limit passed".to_owned(), 4),
    };
    host::say(&what);
    Ok(ExitCode::from(code))
}
