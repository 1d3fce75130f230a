//! A batch of lines on its way into every log: what each gets of it, and how far it has come.
//!
//! Its one law: a byte leaves the batch for a log once, in order, and only what the log took counts as delivered; after any
//! trouble the next call goes on at that byte. Source: svlogd(8).

use super::config::{Config, selects};
use super::directory::{Directory, Trouble};
use super::intake::Intake;
use super::processor::Processor;
use super::remote::Sender;
use super::speech::pausing;
use super::stamp::Stamp;
use machine::rotation::Place;
use memchr::memchr;
use sys::clock;

/// Bytes collected before they are written, so that a batch of stamped lines goes out in few calls.
const COLLECT: usize = 65_536;
/// Bytes shown on standard error at once, no more than a pipe takes undivided.
const SHOW: usize = 4096;
/// What stands before a line in the log that could not be sent.
const NOT_SENT: &[u8] = b"warning: failure sending through udp: ";

/// One argument of the command line: a log directory, if it could be opened, and what belongs to it.
#[derive(Default)]
pub(crate) struct Log {
    /// The directory.
    pub(crate) directory: Option<Directory>,
    /// Its processor, which goes on while the directory is closed and opened again.
    pub(crate) processor: Processor,
    /// Was the line selected whose beginning was delivered last?
    selected: bool,
    sender: Sender,
    /// Is `current` to be rotated, and could not be so far?
    rotation_due: bool,
    /// When rotation is tried again after the kernel refused it.
    again: Option<u64>,
}

impl Log {
    /// Rotates `current` if it has lines and is old enough, or was asked for, or was due before.
    pub(crate) fn rotate_if_due(&mut self, asked: bool, pause: u64) {
        let Some(directory) = &mut self.directory else { return };
        let is_over = |moment| moment <= clock::monotonic_milliseconds();
        self.rotation_due |= asked || directory.age_ends().is_some_and(is_over);
        if !self.rotation_due || self.again.is_some_and(|moment| !is_over(moment)) {
            return;
        }
        let rotated = directory
            .ensure_current()
            .and_then(|()| if directory.has_lines() { directory.rotate(&mut self.processor) } else { Ok(()) });
        self.rotation_due = rotated.is_err();
        self.again = None;
        if let Err(Trouble::Refused(what, refusal)) = rotated {
            self.again = Some(clock::monotonic_milliseconds() + pause);
            pausing(what, directory.name.to_bytes(), refusal.words());
        }
    }

    /// When `current` is to be rotated next. A rotation that waits for the processor needs no clock.
    pub(crate) fn rotation_deadline(&self) -> Option<u64> {
        if self.rotation_due { self.again } else { self.directory.as_ref().and_then(Directory::age_ends) }
    }
}

/// How far a batch has come.
pub(crate) struct Delivery {
    line: usize,
    log: usize,
    /// Bytes of the batch that the log has taken, or that are in `out`.
    cursor: usize,
    out: Vec<u8>,
    sent: usize,
    /// Is the log to be rotated once `out` is written?
    rotate: bool,
    shown: Vec<u8>,
    datagram: Vec<u8>,
}

impl Delivery {
    /// Delivers lines of which the first `line` bytes are looked at.
    pub(crate) fn new(line: usize) -> Delivery {
        let (out, shown, datagram) = (Vec::new(), Vec::new(), Vec::new());
        Delivery { line, log: 0, cursor: 0, out, sent: 0, rotate: false, shown, datagram }
    }

    /// The log that has its turn.
    pub(crate) fn log(&self) -> usize {
        self.log
    }

    /// Delivers what is left of the batch, until all logs have it or one cannot take more.
    pub(crate) fn run(&mut self, intake: &Intake, logs: &mut [Log], stamp: &Stamp) -> Result<(), Trouble> {
        while let Some(log) = logs.get_mut(self.log) {
            let done = self.deliver(intake, log, stamp.as_bytes());
            self.show();
            done?;
            self.log += 1;
            self.begin();
        }
        self.log = 0;
        Ok(())
    }

    fn begin(&mut self) {
        (self.cursor, self.sent, self.rotate) = (0, 0, false);
        self.out.clear();
    }

    fn deliver(&mut self, intake: &Intake, log: &mut Log, stamp: &[u8]) -> Result<(), Trouble> {
        let Some(directory) = &mut log.directory else { return Ok(()) };
        directory.ensure_current()?;
        loop {
            self.flush(directory)?;
            if self.rotate {
                directory.rotate(&mut log.processor)?;
                self.rotate = false;
            }
            let rest = intake.batch(self.cursor);
            if rest.is_empty() {
                return Ok(());
            }
            let mid_line = self.is_mid_line(intake);
            if stamp.is_empty() && directory.config.takes_lines_unseen() {
                self.pass(directory, rest, mid_line)?;
            } else {
                let (bounds, size) = directory.fill();
                let line = Line { config: &directory.config, stamp, length: self.line, bounds, size };
                self.render(rest, mid_line, &line, &mut log.selected, &mut log.sender);
            }
        }
    }

    fn is_mid_line(&self, intake: &Intake) -> bool {
        let before = self.cursor.checked_sub(1).and_then(|place| intake.batch(place).first());
        before.map_or(intake.batch_begins_mid_line(), |byte| *byte != b'\n')
    }

    fn flush(&mut self, directory: &mut Directory) -> Result<(), Trouble> {
        while let Some(bytes) = self.out.get(self.sent..).filter(|bytes| !bytes.is_empty()) {
            self.sent += directory.write(bytes)?;
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    /// Lines that nobody looks at go from the buffer into the file as they are.
    fn pass(&mut self, directory: &mut Directory, rest: &[u8], mid_line: bool) -> Result<(), Trouble> {
        let (bounds, size) = directory.fill();
        let piece = bounds.piece(size, rest, mid_line);
        let bytes = rest.get(..piece.take).unwrap_or(rest);
        let written = if bytes.is_empty() { 0 } else { directory.write(bytes)? };
        self.cursor += written;
        self.rotate = piece.rotate && written == piece.take;
        Ok(())
    }

    /// Collects lines as the log wants them, until enough are there or the file is full.
    fn render(&mut self, batch: &[u8], mut mid_line: bool, line: &Line, selected: &mut bool, sender: &mut Sender) {
        let mut rest = batch;
        while !rest.is_empty() && !self.rotate && self.out.len() < COLLECT {
            let length = memchr(b'\n', rest).map_or(rest.len(), |place| place + 1);
            let text = rest.get(..length).unwrap_or(rest);
            let taken = if mid_line {
                self.go_on(text, line, *selected)
            } else {
                *selected = line.is_written(text);
                self.begin_line(text, line, *selected, sender)
            };
            let Some(taken) = taken else { return };
            mid_line = taken < length || !text.ends_with(b"\n");
            self.cursor += taken;
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// The rest of a line whose beginning is delivered; how many bytes of it the file takes.
    fn go_on(&mut self, text: &[u8], line: &Line, selected: bool) -> Option<usize> {
        if !selected {
            return Some(text.len());
        }
        let piece = line.bounds.piece(line.size + self.out.len() as u64, text, true);
        self.out.extend_from_slice(text.get(..piece.take).unwrap_or(text));
        self.rotate = piece.rotate;
        Some(piece.take)
    }

    /// A line from its beginning; how many bytes of it were taken, `None` if it waits for the next file.
    fn begin_line(&mut self, text: &[u8], line: &Line, selected: bool, sender: &mut Sender) -> Option<usize> {
        let header = line.stamp.len() + line.config.prefix.len();
        let place = if selected {
            let size = line.size + self.out.len() as u64;
            line.bounds.place(size, header + text.len(), text.ends_with(b"\n"))
        } else {
            Place::Fits
        };
        if place == Place::Next {
            self.rotate = true;
            return None;
        }
        if !line.config.shown.is_empty() && selects(&line.config.shown, line.head(text), false) {
            line.abridge(text, &mut self.shown);
            if self.shown.len() > SHOW {
                self.show();
            }
        }
        if line.is_sent(text) {
            self.send(text, line, sender);
        }
        if !selected {
            return Some(text.len());
        }
        line.push_header(&mut self.out);
        if place == Place::Cut {
            let taken = self.go_on(text, line, true)?;
            if taken > 0 {
                return Some(taken);
            }
            // What stands before the line fills the file: a byte goes with it, or the line would begin in every file anew.
            self.out.extend(text.first());
            return Some(1);
        }
        self.rotate = place == Place::Last;
        self.out.extend_from_slice(text);
        Some(text.len())
    }

    fn send(&mut self, text: &[u8], line: &Line, sender: &mut Sender) {
        let Some(remote) = line.config.remote else { return };
        self.datagram.clear();
        line.abridge(text, &mut self.datagram);
        if !sender.send(remote.address, &self.datagram) {
            self.out.extend_from_slice(NOT_SENT);
            self.out.extend_from_slice(&self.datagram);
        }
    }

    fn show(&mut self) {
        if !self.shown.is_empty() {
            sys::message::complain(&[&self.shown]);
            self.shown.clear();
        }
    }
}

/// What is the same for all lines that one call renders.
struct Line<'a> {
    config: &'a Config,
    stamp: &'a [u8],
    length: usize,
    bounds: machine::rotation::Bounds,
    size: u64,
}

impl Line<'_> {
    /// The part that patterns are matched against.
    fn head<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let content = text.strip_suffix(b"\n").unwrap_or(text);
        content.get(..self.length).unwrap_or(content)
    }

    fn is_selected(&self, text: &[u8]) -> bool {
        self.config.written.is_empty() || selects(&self.config.written, self.head(text), true)
    }

    fn is_written(&self, text: &[u8]) -> bool {
        self.config.remote.is_none_or(|remote| !remote.only) && self.is_selected(text)
    }

    fn is_sent(&self, text: &[u8]) -> bool {
        self.config.remote.is_some() && self.is_selected(text)
    }

    fn push_header(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.stamp);
        out.extend_from_slice(&self.config.prefix);
    }

    /// The line as it is shown and sent: its head, and dots if that has the full length.
    fn abridge(&self, text: &[u8], out: &mut Vec<u8>) {
        let head = self.head(text);
        self.push_header(out);
        out.extend_from_slice(head);
        out.extend_from_slice(if head.len() < self.length { b"\n" } else { b"...\n" });
    }
}
