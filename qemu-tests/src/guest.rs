//! A board under test: boots it, talks to its shell, waits for what it prints.
//!
//! Its one law: a wait has a deadline and names what did not come, with the end of what did.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use temp_dir::TempDir;

use crate::board::{self, Board};
use crate::console::{self, Console, Keyboard, PANIC, PROMPT, Piece};
use crate::image::Image;

/// How long any one thing may take. An emulated board on a loaded machine is slow; a test that passes never waits that long.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Of what was printed, so much is shown when something did not come.
const SHOWN: usize = 4000;

/// A booted board.
pub struct Guest {
    /// What it is.
    pub board: Board,
    /// What it booted from.
    pub image: Image,
    console: Console,
    /// What was printed and not yet waited for.
    pending: String,
    /// All that was printed.
    transcript: String,
    sockets: TempDir,
    /// How long any one thing may take.
    patience: Duration,
}

/// Plays a scenario on each board there is; the message of a failure names the board.
pub fn on_each_board(scenario: impl Fn(Board) -> Result<()>) -> Result<()> {
    for name in board::names()? {
        let board = Board::load(&name)?;
        scenario(board).with_context(|| format!("on the board {name}"))?;
    }
    Ok(())
}

/// As `on_each_board`, on one board for each target: what does not depend on the kind of the root file system.
pub fn on_each_target(scenario: impl Fn(Board) -> Result<()>) -> Result<()> {
    for board in board::of_each_target()? {
        let name = board.name.clone();
        scenario(board).with_context(|| format!("on the board {name}"))?;
    }
    Ok(())
}

impl Guest {
    /// Boots a board's own image; `words` are added to the kernel command line.
    pub fn boot(board: Board, words: &str) -> Result<Self> {
        let image = Image::prepare(&board)?;
        Self::boot_image(board, image, words, &[])
    }

    /// Boots a board's image with the files of `overlay` over it.
    pub fn boot_with(board: Board, overlay: &Path, words: &str) -> Result<Self> {
        let image = Image::prepare_with(&board, Some(overlay))?;
        Self::boot_image(board, image, words, &[])
    }

    /// Boots an image that is prepared already; `arguments` are added to QEMU's own.
    pub fn boot_image(board: Board, image: Image, words: &str, arguments: &[String]) -> Result<Self> {
        let sockets = TempDir::new().context("unable to make a temporary directory")?;
        let control = console::control_socket(&sockets.child("qmp"));
        let console = Console::start(&board, &image, words, &[&control, arguments].concat(), Keyboard::Pipe)?;
        Ok(Self {
            board,
            image,
            console,
            pending: String::new(),
            transcript: String::new(),
            sockets,
            patience: PATIENCE,
        })
    }

    /// From now on any one thing may take so long.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Waits until `text` is printed, and hands back what came before it.
    pub fn wait_for(&mut self, text: &str) -> Result<String> {
        let deadline = Some(Instant::now() + self.patience);
        loop {
            if let Some(start) = self.pending.find(text) {
                let rest = self.pending.split_off(start + text.len());
                let mut before = std::mem::replace(&mut self.pending, rest);
                before.truncate(start);
                return Ok(before);
            }
            match self.console.next(deadline) {
                Piece::Bytes(bytes) => self.take(&bytes),
                Piece::Deadline => {
                    bail!("{text:?} did not come within {:?}; the board printed\n{}", self.patience, self.tail())
                }
                Piece::End => bail!("QEMU ended before {text:?} came; the board printed\n{}", self.tail()),
            }
            ensure!(!self.pending.contains(PANIC), "the kernel gave up; the board printed\n{}", self.tail());
        }
    }

    /// Waits for the shell.
    pub fn wait_for_shell(&mut self) -> Result<()> {
        self.wait_for(PROMPT).map(drop)
    }

    /// Types a command line without waiting for anything.
    pub fn enter(&mut self, command: &str) -> Result<()> {
        self.console.type_text(&format!("{command}\n"))
    }

    /// Runs a command in the board's shell and hands back what it printed; it must succeed.
    pub fn run(&mut self, command: &str) -> Result<String> {
        let (output, code) = self.try_run(command)?;
        ensure!(code == 0, "`{command}` ended with {code} and printed\n{output}\nthe board printed\n{}", self.tail());
        Ok(output)
    }

    /// Runs a command in the board's shell; hands back what it printed and its exit code.
    pub fn try_run(&mut self, command: &str) -> Result<(String, i32)> {
        // The terminal echoes the line, with `$?` in it; only the answer has a number between the marks.
        self.enter(&format!("echo '<<'; {command}; echo \"<$?>>\""))?;
        self.wait_for("\n<<\r\n")?;
        let output = self.wait_for(">>\r\n")?;
        let (output, code) = output.rsplit_once('<').context("the board's shell gave no exit code")?;
        let code = code.parse().with_context(|| format!("the board's shell gave the exit code {code:?}"))?;
        self.wait_for_shell()?;
        Ok((output.replace("\r\n", "\n").trim_end().to_owned(), code))
    }

    /// Waits in the board until the command `condition` succeeds.
    pub fn wait_until(&mut self, condition: &str) -> Result<()> {
        let reason = format!("waiting until `{condition}`");
        self.run(&format!("until {condition}; do usleep 50000; done")).context(reason).map(drop)
    }

    /// Waits until QEMU ends, which must be by the board powering itself off.
    pub fn wait_for_power_off(mut self) -> Result<String> {
        let deadline = Some(Instant::now() + self.patience);
        loop {
            match self.console.next(deadline) {
                Piece::Bytes(bytes) => self.take(&bytes),
                Piece::Deadline => bail!("no power-off within {:?}; the board printed\n{}", self.patience, self.tail()),
                Piece::End => break,
            }
        }
        let status = self.console.wait()?;
        ensure!(status.success(), "QEMU ended with {status}; the board printed\n{}", self.tail());
        Ok(self.transcript)
    }

    /// Takes the power away: QEMU is killed. Hands back all that the board printed up to then.
    pub fn cut_power(mut self) -> Result<String> {
        self.console.kill()?;
        let deadline = Some(Instant::now() + self.patience);
        while let Piece::Bytes(bytes) = self.console.next(deadline) {
            self.take(&bytes);
        }
        Ok(self.transcript)
    }

    /// Presses ctrl-alt-del where the board has a keyboard; else does what the kernel does then: SIGINT to process 1.
    pub fn press_ctrl_alt_del(&mut self) -> Result<()> {
        if !self.board.qemu.keyboard {
            return self.enter("kill -INT 1");
        }
        let keys = ["ctrl", "alt", "delete"].map(|key| format!(r#"{{"type":"qcode","data":"{key}"}}"#)).join(",");
        let command = format!(r#"{{"execute":"send-key","arguments":{{"keys":[{keys}]}}}}"#);
        self.control(&[r#"{"execute":"qmp_capabilities"}"#, &command])
    }

    /// Sends commands to QEMU's control socket (QMP: one JSON object a line) and waits for the answer to each.
    fn control(&self, commands: &[&str]) -> Result<()> {
        let mut socket =
            UnixStream::connect(self.sockets.child("qmp")).context("unable to reach QEMU's control socket")?;
        let mut lines = BufReader::new(socket.try_clone().context("unable to read QEMU's control socket")?).lines();
        for command in commands {
            writeln!(socket, "{command}").context("unable to write to QEMU's control socket")?;
            // Between them come a greeting and events.
            let answer = lines.find(|line| {
                line.as_ref().map_or(true, |line| line.contains("\"return\"") || line.contains("\"error\""))
            });
            let answer =
                answer.context("QEMU closed its control socket")?.context("unable to read QEMU's control socket")?;
            ensure!(answer.contains("\"return\""), "QEMU answered {answer} to {command}");
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        self.pending.push_str(&text);
        self.transcript.push_str(&text);
    }

    fn tail(&self) -> String {
        let start = self.transcript.len().saturating_sub(SHOWN);
        String::from_utf8_lossy(&self.transcript.as_bytes()[start..]).into_owned()
    }
}
