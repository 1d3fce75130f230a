//! The board command: `cargo boot [BOARD]`, `cargo image BOARD` and `cargo least-memory [BOARD]`.
//!
//! Its one law: standard output is the board's serial line, or the figure that was asked for; the exit code tells how the board's
//! life ended.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::console::{self, Ending};
use pilotlight_qemu_tests::image::Image;
use pilotlight_qemu_tests::{host, least_memory};

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
        /// Boots this kernel instead of Debian's.
        #[arg(long, value_name = "FILE")]
        kernel: Option<PathBuf>,
        /// Gives the board this memory, as QEMU's -m takes it, instead of its own.
        #[arg(long, value_name = "SIZE")]
        memory: Option<String>,
        /// Ends the board after so many seconds.
        #[arg(long, value_name = "SECONDS")]
        timeout: Option<u64>,
    },
    /// Writes the image of a board and says where it is.
    Image {
        /// The board: a file boards/BOARD.toml.
        board: String,
    },
    /// Finds the least memory with which a board reaches its services, to the mebibyte, and prints it.
    LeastMemory {
        /// The board: a file boards/BOARD.toml.
        #[arg(default_value = "x86_64")]
        board: String,
        /// Boots this kernel instead of Debian's.
        #[arg(long, value_name = "FILE")]
        kernel: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Verb::Boot { board, kernel, memory, timeout } => {
            boot(&board, kernel.as_deref(), memory, timeout.map(Duration::from_secs))
        }
        Verb::Image { board } => write_image(&board),
        Verb::LeastMemory { board, kernel } => print_least_memory(&board, kernel.as_deref()),
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
    if let Some(root) = &image.root {
        host::say(&format!("root: {}", root.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn print_least_memory(name: &str, kernel: Option<&Path>) -> Result<ExitCode> {
    let board = Board::load(name)?;
    let image = Image::prepare_for(&board, kernel)?;
    println!("{}M", least_memory::search(&board, &image)?);
    Ok(ExitCode::SUCCESS)
}

fn boot(name: &str, kernel: Option<&Path>, memory: Option<String>, limit: Option<Duration>) -> Result<ExitCode> {
    let mut board = Board::load(name)?.with_ports();
    board.qemu.memory = memory.unwrap_or(board.qemu.memory);
    let image = Image::prepare_for(&board, kernel)?;
    host::say(&format!("booting {name}: {}", board.description));
    host::say("try: sv status /service/*   init 6 (reboot)   init 0 (power off)   ctrl-a x (leave QEMU)");
    for ports in board.network.iter().flat_map(|card| &card.forward) {
        host::say(&format!("ports: 127.0.0.1:{}", ports.replace('-', " leads to the board's ")));
    }
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
