//! runsvdir: starts and supervises a runsv for each service directory.
//!
//! The shell around [`Scan`]: it looks at the services directory when something there has changed or a runsv has ended,
//! and starts or terminates what the machine says. Its one law: no look without a cause; only without inotify it looks
//! every five seconds. Implements runsvdir(8).
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::ffi::CStr;
use core::mem;
use machine::lifecycle::Pid;
use machine::scan::{self, Mark, Place, Scan, Seen};
use machine::time::{Instant, Milliseconds};
use protocol::control::Signal;
use supervisor::oom;
use supervisor::starter::{FATAL, Starter, sentence};
use supervisor::title_log::TitleLog;
use supervisor::way::Way;
use sys::files::{self, CWD, Entry, Identity, Kind, Room};
use sys::message::{complain, mention, reason};
use sys::process;
use sys::wait::{SignalSet, Signals};
use sys::{AsFd, BorrowedFd, Errno, clock};

rt::entry!(main, Memory = Memory { room: Room::empty(), scan: Scan::new() });

/// How many services one runsvdir supervises; 40 bytes each, touched as they come.
const SERVICES: usize = 4_096;
/// Exit code of a call without a services directory.
const USAGE: u8 = 1;
/// Exit code after HUP.
const HUNG_UP: u8 = 111;
/// How often the directory is looked at where the kernel tells nothing, or where it cannot be opened.
const BETWEEN_LOOKS: Milliseconds = Milliseconds(5_000);
/// The least time between two looks that changes ask for: somebody who makes and removes files all the time must not take
/// the processor. The first change is looked at in the moment.
const BETWEEN_LOOKS_AT_CHANGES: Milliseconds = Milliseconds(100);
/// How long after a lock was found held it is looked at once more.
const AFTER_HELD_LOCK: Milliseconds = Milliseconds(1_000);
/// Where runsv is looked for if there is no PATH.
const DEFAULT_PATH: &CStr = c"/bin:/usr/bin";
/// What is said of a log argument that is too short, as far as the path in the second line.
const TOO_SHORT: &[u8] = b": warning: log must have at least seven characters.\nrunsvdir ";
/// The signals that are handled.
const HANDLED: SignalSet = SignalSet::EMPTY.with(Signal::TERM.0).with(Signal::HUP.0).with(Signal::CHLD.0);

/// What is outside of the stack. In this order: with few services all of it is one page.
#[repr(C)]
struct Memory {
    /// Where the entries of the directory are read.
    room: Room,
    scan: Scan<SERVICES>,
}

#[cold]
fn main(mut start: rt::Start, memory: &'static mut Memory) -> u8 {
    files::settle_descriptors();
    let new_session = start.argument(1) == Some(c"-P");
    let dashes = 1 + usize::from(new_session);
    let first = dashes + usize::from(start.argument(dashes) == Some(c"--"));
    let log = start.take_argument(first.saturating_add(1));
    let environment = start.environment();
    let search = start.variable(b"PATH").unwrap_or(DEFAULT_PATH);
    // As with the original, what follows the log is nobody's business.
    let Some(path) = start.argument(first) else {
        complain(&[b"usage: ", start.argument(0).unwrap_or_default().to_bytes(), b" [-P] dir\n\n"]);
        return USAGE;
    };
    let starter = Starter { path, search, environment, new_session, score: oom::protect() };
    let Err(error) = Directory::run(starter, memory, log);
    complain(&sentence(path, b": fatal: unable to start", b"", reason(error)));
    FATAL
}

// In this order: what is asked for most is reached by the shortest instructions.
#[repr(C)]
struct Directory<'a> {
    scan: &'static mut Scan<SERVICES>,
    /// When the wait ended last; read again where much time may have passed since.
    now: Instant,
    /// When to look for no other reason than time.
    next_look: Instant,
    /// When to look because something has changed.
    next_look_at_change: Instant,
    /// Not before this, be there ever so many changes.
    earliest_look: Instant,
    signals: Signals,
    /// The look that is being done has no other cause than its time.
    is_repeated: bool,
    title: TitleLog,
    starter: Starter<'a>,
    way: Way<'a>,
}

fn now() -> Instant {
    Instant(clock::monotonic_milliseconds())
}

/// Tells a runsv to end. It fails only for one that has ended and waits to be reaped.
fn terminate(pid: Pid) {
    let _ = process::kill(pid, Signal::TERM.0);
}

impl Directory<'_> {
    /// Looks when there is a cause, until a signal ends it. Returns what it cannot start without.
    fn run(starter: Starter, memory: &'static mut Memory, log: Option<&'static mut [u8]>) -> Result<Infallible, Errno> {
        let (signals, now, path) =
            (Signals::take(HANDLED, SignalSet::EMPTY.with(Signal::PIPE.0))?, now(), starter.path);
        let mut directory = Directory {
            scan: &mut memory.scan,
            now,
            next_look: now,
            next_look_at_change: Instant::NEVER,
            earliest_look: now,
            signals,
            is_repeated: false,
            title: TitleLog::none(),
            starter,
            way: Way::new(path),
        };
        if let Some(log) = log
            && !directory.title.open(log, now)?
        {
            complain(&sentence(path, TOO_SHORT, path.to_bytes(), "warning: log service disabled."));
        }
        loop {
            if directory.look_deadline() <= directory.now {
                directory.look(&mut memory.room);
            }
            directory.wait();
        }
    }

    /// Waits for something to do, and does all but a look.
    // Neither this nor a look is a part of its caller, so that the stack of one is not below that of the other.
    #[inline(never)]
    fn wait(&mut self) {
        let deadline = self.look_deadline().min(self.title.deadline());
        // What has changed already needs no second notice.
        let changes = Some(self.way.changes()).filter(|_| self.next_look_at_change == Instant::NEVER);
        let ready = self.signals.wait([changes, Some(self.title.as_fd())], deadline.known().map(|deadline| deadline.0));
        self.now = now();
        if ready.signals.has(Signal::CHLD.0) {
            while let Some((pid, _)) = process::reap() {
                self.scan.reaped(pid, self.now);
            }
        }
        let [changed, spoken] = ready.readable;
        if changed {
            self.next_look_at_change = self.earliest_look.max(self.now);
        }
        self.title.scroll(spoken, self.now);
        if ready.signals.has(Signal::TERM.0) {
            process::end(0);
        }
        if ready.signals.has(Signal::HUP.0) {
            // As if no service were there any more.
            self.scan.begin(false);
            self.scan.end(terminate);
            process::end(HUNG_UP);
        }
    }

    /// When a look is due: by time, for a change, or by the machine unless the directory cannot be looked at for now.
    #[inline(never)]
    fn look_deadline(&self) -> Instant {
        let asked = self.next_look.min(self.next_look_at_change);
        if self.way.is_found() { asked.min(self.scan.deadline()) } else { asked }
    }

    /// Looks at the directory. If that fails nothing is terminated; it is looked at again when something changes, or after
    /// a time where no change would tell.
    #[inline(never)]
    fn look(&mut self, room: &mut Room) {
        let is_due = self.next_look.take_if_come(self.now);
        self.is_repeated = mem::replace(&mut self.next_look_at_change, Instant::NEVER) == Instant::NEVER && is_due;
        self.next_look = Instant::NEVER;
        let answer = self.way.open().and_then(|directory| self.see_all(directory.as_fd(), room));
        self.earliest_look = now().plus(BETWEEN_LOOKS_AT_CHANGES);
        if let Err(error) = answer {
            self.way.lose();
            self.tell_failed_look(error);
        }
        let change_will_tell = matches!(answer, Ok(()) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP));
        if !change_will_tell || !self.way.is_watched() {
            self.next_look = self.next_look.min(self.now.plus(BETWEEN_LOOKS));
        }
    }

    fn tell_failed_look(&mut self, error: Errno) {
        let path = self.starter.path;
        // What is there and is no directory, or is closed to us, is told otherwise than what is not there.
        let is_there = matches!(error, Errno::NOTDIR | Errno::ACCESS) && files::facts(CWD, path).is_ok();
        self.warn(
            if is_there { b": warning: unable to change directory to " } else { b": warning: unable to stat " },
            path,
            reason(error),
        );
    }

    // Not a part of its caller, whose stack then is not that deep while the way is walked.
    #[inline(never)]
    fn see_all(&mut self, directory: BorrowedFd, room: &mut Room) -> Result<(), Errno> {
        self.scan.begin(self.way.links_hold());
        let mut answer = Ok(());
        files::each_entry(directory, room, |entry| {
            // Somebody who could not be asked might be there still.
            if let Err(error) = self.see(directory, &entry) {
                answer = Err(error);
            }
        })?;
        answer?;
        self.scan.end(terminate);
        Ok(())
    }

    /// Looks at one entry of the directory. An error tells that it is not known whether there is a service.
    #[inline(never)]
    fn see(&mut self, directory: BorrowedFd, entry: &Entry) -> Result<(), Errno> {
        let told = Identity { device: self.way.device(), inode: entry.inode };
        let mark = match entry.kind {
            Kind::Other => return Ok(()),
            Kind::Untold => Mark::NONE,
            Kind::Directory | Kind::Link => Mark::of(entry.name.to_bytes(), entry.inode, entry.kind == Kind::Link),
        };
        let (identity, place) = match self.scan.recognize(machines(told), mark) {
            Some(place) => (told, place),
            None => {
                let Some(identity) = self.ask(directory, entry)? else { return Ok(()) };
                (identity, self.scan.find_place(machines(identity), mark, self.now))
            }
        };
        match self.scan.see(place, self.now) {
            Seen::Keep => {}
            Seen::Full => self.warn(b": warning: unable to start runsv ", entry.name, "too many services."),
            Seen::Start => self.start(directory, entry.name, identity, place),
        }
        Ok(())
    }

    /// Which directory an entry is or leads to, if any. What a link leads to is watched.
    fn ask(&mut self, directory: BorrowedFd, entry: &Entry) -> Result<Option<Identity>, Errno> {
        let name = entry.name;
        if entry.kind != Kind::Directory {
            self.way.watch_target(name);
        }
        match files::facts(directory, name) {
            Ok(facts) => Ok(Some(facts.identity).filter(|_| facts.is_directory)),
            Err(error) => {
                self.warn(b": warning: unable to stat ", name, reason(error));
                let is_gone =
                    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS | Errno::NAMETOOLONG);
                if is_gone { Ok(None) } else { Err(error) }
            }
        }
    }

    /// Starts the runsv of a service, unless somebody else's has its lock.
    fn start(&mut self, directory: BorrowedFd, name: &CStr, identity: Identity, place: Place) {
        if self.way.is_held(name, identity) {
            let is_news = self.scan.held(place);
            if is_news {
                self.warn(b": warning: unable to start runsv ", name, "another runsv has its lock; waiting.");
            }
            // The kernel tells of the closed file a moment before it gives the lock back.
            if is_news || !self.is_repeated {
                self.next_look = self.now.plus(AFTER_HELD_LOCK);
            }
            return;
        }
        let answer = self.starter.start(directory, name);
        self.scan.started(place, answer.ok(), now());
        if let Err(error) = answer {
            self.warn(b": warning: unable to fork for ", name, reason(error));
        }
    }

    /// Says a sentence of our own. It does not go through the pipe: nobody but us reads that, and it may be full.
    #[inline(never)]
    fn warn(&mut self, unable: &[u8], name: &CStr, why: &str) {
        let sentence = sentence(self.starter.path, unable, name.to_bytes(), why);
        if self.title.is_open() {
            sentence.iter().for_each(|piece| self.title.push(piece));
        } else {
            mention(&sentence);
        }
    }
}

/// As the machine calls a directory.
fn machines(directory: Identity) -> scan::Identity {
    scan::Identity { device: directory.device, inode: directory.inode }
}
