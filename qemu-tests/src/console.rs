//! A running QEMU and its serial line: bytes in, bytes out, and the end.
//!
//! Its one law: it adds nothing to what the board prints, and it waits for bytes or for a deadline, never for time to pass.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::board::Board;
use crate::image::Image;

/// The prompt of the board's shell (boards/rootfs/etc/profile).
pub const PROMPT: &str = "pilotlight# ";

/// What the kernel prints when it gives up.
pub const PANIC: &str = "Kernel panic - not syncing";

/// How long the rest of a panic's text, or QEMU's own end, may take.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How a board's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The board powered itself off (or the user left QEMU).
    PoweredOff,
    /// QEMU itself failed.
    QemuFailed(ExitStatus),
    /// The kernel gave up.
    Panic,
    /// The time limit passed.
    TimedOut,
}

/// One piece of what the board printed, or why there is none.
pub enum Piece {
    /// Bytes of the board.
    Bytes(Vec<u8>),
    /// The deadline passed.
    Deadline,
    /// QEMU closed the line.
    End,
}

/// A running QEMU.
pub struct Console {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
}

impl Console {
    /// Starts QEMU for `board`. `words` are added to the kernel command line; `arguments` to QEMU's own. `serial` is QEMU's
    /// `-serial`, and `stdin` where it reads what is typed.
    pub fn start(board: &Board, image: &Image, words: &str, arguments: &[String], stdin: Keyboard) -> Result<Self> {
        let (qemu, kernel) = (&board.qemu, &board.kernel);
        let append = format!("console={} {} {words}", kernel.console, kernel.command_line);
        let mut command = Command::new(&qemu.program);
        // TCG: /dev/kvm may exist and yet hang a guest.
        command.args(["-accel", "tcg", "-nodefaults", "-no-user-config", "-display", "none"]);
        command.args(["-M", &qemu.machine, "-cpu", &qemu.cpu, "-m", &qemu.memory, "-append", append.trim()]);
        command.arg("-kernel").arg(&image.kernel).arg("-initrd").arg(&image.initramfs);
        command.args(drive_and_cards(board, image)).args(arguments);
        match stdin {
            Keyboard::Terminal => command.args(["-serial", "mon:stdio"]).stdin(Stdio::inherit()),
            Keyboard::Pipe => command.args(["-serial", "stdio"]).stdin(Stdio::piped()),
        };
        let mut child =
            command.stdout(Stdio::piped()).spawn().with_context(|| format!("unable to run {}", qemu.program))?;
        let stdout = child.stdout.take().context("QEMU has no output")?;
        let (sender, output) = mpsc::channel();
        thread::spawn(move || read_all(stdout, &sender));
        Ok(Self { input: child.stdin.take(), child, output })
    }

    /// What the board prints next.
    pub fn next(&self, deadline: Option<Instant>) -> Piece {
        let result = match deadline {
            Some(deadline) => self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())),
            None => self.output.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match result {
            Ok(bytes) => Piece::Bytes(bytes),
            Err(RecvTimeoutError::Timeout) => Piece::Deadline,
            Err(RecvTimeoutError::Disconnected) => Piece::End,
        }
    }

    /// Types something.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        let input = self.input.as_mut().context("the board's console is on the terminal")?;
        input.write_all(text.as_bytes()).and_then(|()| input.flush()).context("unable to write to the board's console")
    }

    /// QEMU's exit status, after its line was closed.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().context("unable to wait for QEMU")
    }

    /// Ends QEMU at once; what it has printed can still be read.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).context("unable to kill QEMU")
    }

    /// Ends QEMU in a way that lets it restore the terminal.
    fn terminate(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let deadline = Some(Instant::now() + LAST_WORDS);
        while matches!(self.next(deadline), Piece::Bytes(_)) {}
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// QEMU's arguments for the drive of the root file system, and for the network cards.
fn drive_and_cards(board: &Board, image: &Image) -> Vec<String> {
    let mut arguments = Vec::new();
    if let (Some(root), Some(file)) = (&board.root, &image.root) {
        let node = serde_json::json!({
            "driver": "raw", "node-name": "root", "read-only": true,
            "file": { "driver": "file", "filename": file, "read-only": true },
        });
        arguments.extend([
            "-blockdev".into(),
            node.to_string(),
            "-device".into(),
            format!("{},drive=root", root.device),
        ]);
    }
    for (number, card) in board.network.iter().enumerate() {
        let (netdev, device) =
            (format!("{},id=net{number}", card.netdev), format!("{},netdev=net{number}", card.device));
        arguments.extend(["-netdev".into(), netdev, "-device".into(), device]);
    }
    arguments
}

/// Where QEMU reads what is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keyboard {
    /// The terminal itself, which QEMU makes raw; ctrl-a x leaves QEMU.
    Terminal,
    /// A pipe from this program.
    Pipe,
}

fn read_all(mut stdout: impl Read, sender: &Sender<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length) = stdout.read(&mut buffer) {
        if length == 0 || sender.send(buffer[..length].to_vec()).is_err() {
            break;
        }
    }
}

/// Boots a board with its serial line on standard input and output, until it ends or `limit` has passed.
pub fn boot(board: &Board, image: &Image, limit: Option<Duration>) -> Result<Ending> {
    let deadline = limit.map(|limit| Instant::now() + limit);
    let keyboard = if std::io::stdin().is_terminal() { Keyboard::Terminal } else { Keyboard::Pipe };
    let mut console = Console::start(board, image, "", &[], keyboard)?;
    let mut gate = console.input.take().map(relay_input);
    let mut tail = Vec::new();
    loop {
        let bytes = match console.next(deadline) {
            Piece::Bytes(bytes) => bytes,
            Piece::Deadline => {
                console.terminate();
                return Ok(Ending::TimedOut);
            }
            Piece::End => {
                let status = console.wait()?;
                return Ok(if status.success() { Ending::PoweredOff } else { Ending::QemuFailed(status) });
            }
        };
        show(&bytes)?;
        tail.extend(&bytes);
        if contains(&tail, PROMPT)
            && let Some(gate) = gate.take()
        {
            let _ = gate.send(());
        }
        if contains(&tail, PANIC) {
            let last_words = Some(Instant::now() + LAST_WORDS);
            while let Piece::Bytes(bytes) = console.next(last_words) {
                show(&bytes)?;
            }
            console.terminate();
            return Ok(Ending::Panic);
        }
        tail.drain(..tail.len().saturating_sub(PANIC.len().max(PROMPT.len())));
    }
}

/// Hands standard input on to the board once the returned sender was sent to: what a script pipes in before there is a shell
/// would be lost when the kernel opens the serial line.
fn relay_input(mut input: ChildStdin) -> Sender<()> {
    let (gate, opened) = mpsc::channel();
    thread::spawn(move || {
        if opened.recv().is_ok() {
            // The board may be gone before its input ends: nobody is left to be told.
            let _ = std::io::copy(&mut std::io::stdin(), &mut input);
        }
    });
    gate
}

fn show(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).context("unable to write what the board printed")
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The arguments that give QEMU a control socket (QMP) at `path`.
pub fn control_socket(path: &Path) -> Vec<String> {
    vec!["-qmp".to_owned(), format!("unix:{},server=on,wait=off", path.display())]
}
