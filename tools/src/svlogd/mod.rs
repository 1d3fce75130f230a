//! svlogd: reads lines from standard input, selects among them, and keeps them in automatically rotated logs.
//!
//! The shell around the other files: wait for input, signals and deadlines, deliver what was read, wait again. Its one
//! law: it blocks in one place, and reads no more while a batch is not in every log. Source: svlogd(8).

mod config;
mod delivery;
mod directory;
mod intake;
/// The way of a line without the loop around it, for the fuzz target whose file it is.
#[cfg(fuzzing)]
#[path = "../../../fuzz/src/line_path.rs"]
pub mod line_path;
mod mend;
mod old;
mod options;
mod pattern;
mod place;
mod processor;
mod remote;
mod settings;
mod speech;
mod stamp;

use delivery::{Delivery, Log};
use directory::{Directory, Trouble};
use intake::Intake;
use options::Settings;
use place::Refusal;
use protocol::control::Signal;
use speech::{fatal, pausing, reason};
use stamp::{Form, Stamp};
use std::ffi::{CStr, CString};
use sys::wait::{SignalSet, Signals};
use sys::{Errno, clock, files, process, stream};

/// Milliseconds before something is tried again that the kernel refused, as in the original.
const PAUSE: u64 = 3000;
/// The exit code of misuse and of failure.
const FAILED: u8 = 111;
const HEARD: SignalSet =
    SignalSet::EMPTY.with(Signal::TERM.0).with(Signal::HUP.0).with(Signal::ALRM.0).with(Signal::CHLD.0);

struct Svlogd {
    names: Vec<CString>,
    settings: Settings,
    logs: Vec<Log>,
    intake: Intake,
    delivery: Delivery,
    /// When the batch under way was read.
    stamp: Stamp,
    /// What keeps the batch from being delivered, as it was last told.
    trouble: Option<Trouble>,
    /// When to try again.
    again: Option<u64>,
    /// Asked by TERM to leave at the end of the line.
    leaving: bool,
    /// Nothing more comes.
    ended: bool,
    /// Asked to rotate what has lines.
    rotation_asked: bool,
}

/// The whole program; returns its exit code.
pub fn main(words: &[&CStr]) -> u8 {
    sys::reset_dispositions();
    let (settings, names) = match options::read(words) {
        Ok(read) => read,
        Err(misuse) => {
            sys::message::complain(&[&misuse.text(b"svlogd", &[options::USAGE.as_bytes()])]);
            return FAILED;
        }
    };
    // Standard error may be a pipe whose reader is gone.
    match Signals::take(HEARD, SignalSet::EMPTY.with(Signal::PIPE.0)) {
        Ok(signals) => Svlogd::new(settings, names).run(&signals),
        Err(error) => {
            fatal(&[b"unable to receive signals: ", reason(error).as_bytes()]);
            FAILED
        }
    }
}

impl Svlogd {
    fn new(mut settings: Settings, names: Vec<CString>) -> Svlogd {
        let line = settings.common.line;
        Svlogd {
            intake: Intake::new(settings.buffer, line, settings.replacements.take()),
            delivery: Delivery::new(line),
            stamp: Stamp::new(settings.stamp, (0, 0)),
            logs: names.iter().map(|_| Log::default()).collect(),
            names,
            settings,
            trouble: None,
            again: None,
            leaving: false,
            ended: false,
            rotation_asked: false,
        }
    }

    fn run(mut self, signals: &Signals) -> u8 {
        if !self.open() {
            return FAILED;
        }
        loop {
            self.deliver();
            self.rotate();
            if self.is_done() {
                self.close();
                return 0;
            }
            let reading = !self.intake.has_batch() && !self.is_ending();
            let ready = signals.wait([reading.then(stream::standard_input)], self.deadline());
            if ready.signals.has(Signal::CHLD.0) {
                self.reap();
            }
            self.restart_processors();
            if ready.signals.has(Signal::TERM.0) {
                self.settings.common.voice.info(&[b"sigterm received."]);
                self.leaving = true;
            }
            if ready.signals.has(Signal::ALRM.0) {
                self.settings.common.voice.info(&[b"sigalarm received."]);
                self.rotation_asked = true;
            }
            if ready.signals.has(Signal::HUP.0) {
                self.settings.common.voice.info(&[b"sighangup received."]);
                self.close();
                if !self.open() {
                    return FAILED;
                }
                self.again = None;
            }
            // What is asked by a signal concerns the lines that were there when it came.
            self.rotate();
            if ready.readable == [true] && !self.is_ending() {
                self.read();
            }
        }
    }

    /// Opens every directory; whether there is one to write to.
    fn open(&mut self) -> bool {
        for (log, name) in self.logs.iter_mut().zip(&self.names) {
            log.directory = Directory::open(name, self.settings.common);
            if let Some(directory) = &log.directory {
                directory.begin(&mut log.processor);
            }
        }
        let any = self.logs.iter().any(|log| log.directory.is_some());
        if !any {
            fatal(&[b"no functional log directories."]);
        }
        any
    }

    fn close(&mut self) {
        self.logs.iter_mut().filter_map(|log| log.directory.take()).for_each(Directory::close);
    }

    /// No more is read: the input ended, or TERM came and no line is half read.
    fn is_ending(&self) -> bool {
        self.ended || (self.leaving && !self.intake.is_mid_line())
    }

    fn is_done(&self) -> bool {
        self.is_ending() && !self.intake.has_batch() && !self.logs.iter().any(|log| log.processor.is_running())
    }

    fn read(&mut self) {
        // Behind a TERM only the line is read whose beginning is here: the rest belongs to the next svlogd.
        let limit = if self.leaving { 1 } else { usize::MAX };
        match files::read(stream::standard_input(), self.intake.room(limit)) {
            Ok(0) => {
                self.ended = true;
                self.intake.finish();
            }
            Ok(length) => self.intake.take(length),
            Err(Errno::AGAIN | Errno::INTR) => return,
            Err(error) => {
                speech::warning(&[b"unable to read standard input: ", reason(error).as_bytes()]);
                self.ended = true;
                self.intake.finish();
            }
        }
        if self.settings.stamp != Form::None {
            self.stamp = Stamp::new(self.settings.stamp, clock::wall());
        }
    }

    /// Delivers the batch under way, as far as the logs take it and the time to try again has come.
    fn deliver(&mut self) {
        while self.intake.has_batch() && self.again.is_none_or(|moment| moment <= clock::monotonic_milliseconds()) {
            match self.delivery.run(&self.intake, &mut self.logs, &self.stamp) {
                Ok(()) => {
                    self.intake.batch_done();
                    (self.trouble, self.again) = (None, None);
                }
                Err(Trouble::Busy) => return,
                Err(trouble) => {
                    let log = self.delivery.log();
                    if !self.make_room(log, trouble) {
                        self.again = Some(clock::monotonic_milliseconds() + PAUSE);
                        self.tell(log, trouble);
                    }
                }
            }
        }
    }

    fn make_room(&self, log: usize, trouble: Trouble) -> bool {
        let full = matches!(trouble, Trouble::Refused(_, Refusal::Kernel(Errno::NOSPC | Errno::DQUOT)));
        let log = self.logs.get(log).filter(|_| full);
        log.is_some_and(|log| log.directory.as_ref().is_some_and(|directory| directory.make_room(&log.processor)))
    }

    /// Says what keeps a log from being written, once as long as it stays the same.
    fn tell(&mut self, log: usize, trouble: Trouble) {
        let name = self.names.get(log).map(|name| name.to_bytes()).unwrap_or_default();
        if let Trouble::Refused(what, refusal) = trouble
            && self.trouble != Some(trouble)
        {
            pausing(what, name, refusal.words());
        }
        self.trouble = Some(trouble);
    }

    /// Rotates what is old enough, or all if ALRM asked for it; not within a line, and not while a batch is under way.
    fn rotate(&mut self) {
        if self.intake.has_batch() || self.intake.batch_begins_mid_line() {
            return;
        }
        for log in &mut self.logs {
            log.rotate_if_due(self.rotation_asked, PAUSE);
        }
        self.rotation_asked = false;
    }

    fn reap(&mut self) {
        while let Some((pid, ending)) = process::reap() {
            for log in &mut self.logs {
                match &log.directory {
                    Some(directory) => directory.child_ended(&mut log.processor, pid, ending),
                    None => log.processor.forget(pid),
                }
            }
        }
    }

    fn restart_processors(&mut self) {
        let due = |moment| moment <= clock::monotonic_milliseconds();
        for log in self.logs.iter_mut().filter(|log| log.processor.deadline().is_some_and(due)) {
            match &log.directory {
                Some(directory) => directory.process(&mut log.processor),
                None => log.processor = processor::Processor::Idle,
            }
        }
    }

    /// When something is to be done though nothing comes.
    fn deadline(&self) -> Option<u64> {
        let restarts = self.logs.iter().filter_map(|log| log.processor.deadline());
        let settled = !self.intake.has_batch() && !self.intake.batch_begins_mid_line();
        let ages = self.logs.iter().filter(|_| settled).filter_map(Log::rotation_deadline);
        restarts.chain(ages).chain(self.again).min()
    }
}
