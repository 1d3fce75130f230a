//! runsvdir: starts and supervises a runsv for each service directory.
//!
//! The shell around [`Scan`]: it looks at the services directory when something there has changed or a runsv has ended,
//! and starts or terminates what the machine says. Its one law: no look without a cause; only without inotify it looks
//! every five seconds. Implements runsvdir(8).
#![no_std]
#![no_main]

use core::ffi::CStr;
use core::mem;
use machine::lifecycle::Pid;
use machine::scan::{self, Scan, Seen};
use machine::time::{Instant, Milliseconds};
use protocol::control::Signal;
use supervisor::title_log::TitleLog;
use supervisor::way::Way;
use supervisor::{chain, folder, oom};
use sys::files::{self, CWD, Entry, Identity, Kind};
use sys::message::{complain, mention, reason};
use sys::process::{self, Command, Environment, Search};
use sys::wait::{SignalSet, Signals};
use sys::{AsFd, BorrowedFd, Errno, clock};

rt::entry!(main, Scan<SERVICES> = Scan::new());

/// How many services one runsvdir supervises; 42 bytes each, touched as they come.
const SERVICES: usize = 4_096;
/// Exit code of a call without a services directory.
const USAGE: u8 = 1;
/// Exit code of a failure at start, and of a child that cannot become runsv.
const FATAL: u8 = 100;
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
/// How our sentences begin.
const WHO: &[u8] = b"runsvdir ";

fn main(mut start: rt::Start, scan: &'static mut Scan<SERVICES>) -> u8 {
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
    let children = Children { path, search, environment, new_session, score: oom::protect() };
    match Directory::new(children, scan, log) {
        Ok(mut directory) => directory.run(),
        Err(error) => {
            complain(&[WHO, path.to_bytes(), b": fatal: unable to start: ", reason(error).as_bytes(), b"\n"]);
            FATAL
        }
    }
}

/// How a runsv is started.
struct Children<'a> {
    /// The services directory as it was given.
    path: &'a CStr,
    search: &'a CStr,
    environment: Environment<'a>,
    new_session: bool,
    /// What a runsv gets back, if we are spared by the out-of-memory killer.
    score: oom::Score,
}

impl Children<'_> {
    fn start(&self, directory: BorrowedFd, name: &CStr) -> Result<Pid, Errno> {
        let command = Command {
            program: c"runsv",
            search: Some(Search::along(self.search)),
            arguments: &[c"runsv", name],
            environment: self.environment,
            directory: Some(directory),
            standard: [None; 3],
            new_session: self.new_session,
        };
        process::start_prepared(
            &command,
            || oom::put_back(&self.score),
            |error| {
                let (name, why) = (name.to_bytes(), reason(error).as_bytes());
                let path = self.path.to_bytes();
                mention(&[WHO, path, b": fatal: unable to start runsv ", name, b": ", why, b"\n"]);
                FATAL
            },
        )
    }
}

struct Directory<'a> {
    children: Children<'a>,
    scan: &'static mut Scan<SERVICES>,
    signals: Signals,
    title: Option<TitleLog>,
    way: Way<'a>,
    /// When to look for no other reason than time.
    next_look: Instant,
    /// When to look because something has changed.
    next_look_at_change: Instant,
    /// Not before this, be there ever so many changes.
    earliest_look: Instant,
    /// When the wait ended last; read again where much time may have passed since.
    now: Instant,
    /// The look that is being done has no other cause than its time.
    is_repeated: bool,
}

fn now() -> Instant {
    Instant(clock::monotonic_milliseconds())
}

/// Tells a runsv to end. It fails only for one that has ended and waits to be reaped.
fn terminate(pid: Pid) {
    let _ = process::kill(pid, Signal::TERM.0);
}

impl<'a> Directory<'a> {
    fn new(
        children: Children<'a>,
        scan: &'static mut Scan<SERVICES>,
        log: Option<&'static mut [u8]>,
    ) -> Result<Directory<'a>, Errno> {
        let handled = [Signal::TERM, Signal::HUP, Signal::CHLD];
        let handled = handled.iter().fold(SignalSet::EMPTY, |set, signal| set.with(signal.0));
        let signals = Signals::take(handled, SignalSet::EMPTY.with(Signal::PIPE.0))?;
        let title = match log.map(|log| TitleLog::open(log, now())).transpose()? {
            Some(None) => {
                let path = children.path.to_bytes();
                let (why, what) =
                    (b": warning: log must have at least seven characters.\n", b": warning: log service disabled.\n");
                complain(&[WHO, path, why, WHO, path, what]);
                None
            }
            title => title.flatten(),
        };
        let (way, now) = (Way::new(children.path), now());
        Ok(Directory {
            children,
            scan,
            signals,
            title,
            way,
            next_look: now,
            next_look_at_change: Instant::NEVER,
            earliest_look: now,
            now,
            is_repeated: false,
        })
    }

    fn run(&mut self) -> u8 {
        loop {
            if self.look_deadline() <= self.now {
                self.look();
            }
            let title = self.title.as_ref();
            let deadline = self.look_deadline().min(title.map_or(Instant::NEVER, TitleLog::deadline));
            // What has changed already needs no second notice.
            let changes = self.way.changes().filter(|_| self.next_look_at_change == Instant::NEVER);
            let fds = [changes, title.map(AsFd::as_fd)];
            let ready = self.signals.wait(fds, deadline.known().map(|deadline| deadline.0));
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
            if let Some(title) = &mut self.title {
                title.scroll(spoken, self.now);
            }
            if ready.signals.has(Signal::TERM.0) {
                return 0;
            }
            if ready.signals.has(Signal::HUP.0) {
                self.scan.running().for_each(terminate);
                return HUNG_UP;
            }
        }
    }

    /// When a look is due: by time, for a change, or by the machine unless the directory cannot be looked at for now.
    fn look_deadline(&self) -> Instant {
        let asked = self.next_look.min(self.next_look_at_change);
        if self.way.identity().is_some() { asked.min(self.scan.deadline()) } else { asked }
    }

    /// Looks at the directory. If that fails nothing is terminated; it is looked at again when something changes, or after
    /// a time where no change would tell.
    fn look(&mut self) {
        let is_due = self.next_look.take_if_come(self.now);
        self.is_repeated = mem::replace(&mut self.next_look_at_change, Instant::NEVER) == Instant::NEVER && is_due;
        self.next_look = Instant::NEVER;
        let answer = self.way.open().and_then(|(directory, device)| self.see_all(directory.as_fd(), device));
        self.earliest_look = now().plus(BETWEEN_LOOKS_AT_CHANGES);
        if let Err(error) = answer {
            self.way.lose();
            self.tell_failed_look(error);
        }
        let change_will_tell = matches!(answer, Ok(()) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP));
        if !change_will_tell || !self.way.is_watched() {
            self.next_look = self.now.plus(BETWEEN_LOOKS);
        }
    }

    fn tell_failed_look(&mut self, error: Errno) {
        let path = self.children.path;
        // What is there and is no directory, or is closed to us, is told otherwise than what is not there.
        let is_there = matches!(error, Errno::NOTDIR | Errno::ACCESS) && files::facts(CWD, path).is_ok();
        self.warn(if is_there { b"change directory to " } else { b"stat " }, path, reason(error));
    }

    fn see_all(&mut self, directory: BorrowedFd, device: u64) -> Result<(), Errno> {
        self.scan.begin();
        let mut trouble = None;
        files::each_entry(directory, |entry| {
            if let Err(error) = self.see(directory, device, &entry) {
                trouble = Some(error);
            }
        })?;
        // Somebody who could not be asked might be there still.
        if let Some(error) = trouble {
            return Err(error);
        }
        self.scan.end(terminate);
        Ok(())
    }

    /// Looks at one entry of a directory on that device. An error tells that it is not known whether there is a service.
    #[inline(never)]
    fn see(&mut self, directory: BorrowedFd, device: u64, entry: &Entry) -> Result<(), Errno> {
        let name = entry.name;
        let told = scan::Identity { device, inode: entry.inode };
        let is_known = entry.kind == Kind::Directory && self.scan.is_known(told, name.to_bytes());
        let found = if is_known { Some(told) } else { self.ask(directory, entry)? };
        let Some(identity) = found else { return Ok(()) };
        let own_name = Some(name.to_bytes()).filter(|_| entry.kind == Kind::Directory && identity == told);
        match self.scan.see(identity, own_name, self.now) {
            Seen::Keep => {}
            Seen::Full => self.warn(b"start runsv ", name, "too many services."),
            Seen::Start if self.is_held(name, identity) => {
                let is_news = self.scan.held(identity);
                if is_news {
                    self.warn(b"start runsv ", name, "another runsv has its lock; waiting.");
                }
                // The kernel tells of the closed file a moment before it gives the lock back.
                if is_news || !self.is_repeated {
                    self.next_look = self.now.plus(AFTER_HELD_LOCK);
                }
            }
            Seen::Start => match self.children.start(directory, name) {
                Ok(pid) => self.scan.started(identity, pid, now()),
                Err(error) => {
                    self.scan.start_failed(identity, now());
                    self.warn(b"fork for ", name, reason(error));
                }
            },
        }
        Ok(())
    }

    /// Which directory an entry is or leads to, if any. What a link leads to is watched; where that cannot be, the directory is
    /// looked at from time to time.
    fn ask(&mut self, directory: BorrowedFd, entry: &Entry) -> Result<Option<scan::Identity>, Errno> {
        let name = entry.name;
        if entry.kind == Kind::Other {
            return Ok(None);
        }
        if entry.kind != Kind::Directory && !self.way.watch_target(directory, name) {
            self.next_look = self.now.plus(BETWEEN_LOOKS);
        }
        match files::facts(directory, name) {
            Ok(facts) => {
                let identity = scan::Identity { device: facts.identity.device, inode: facts.identity.inode };
                Ok(Some(identity).filter(|_| facts.is_directory))
            }
            Err(error) => {
                self.warn(b"stat ", name, reason(error));
                let is_gone =
                    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS | Errno::NAMETOOLONG);
                if is_gone { Ok(None) } else { Err(error) }
            }
        }
    }

    /// Has a runsv that is not ours the lock of the service, or a child that is about to become it? The lock is watched then;
    /// where that cannot be, the directory is looked at from time to time.
    #[inline(never)]
    fn is_held(&mut self, name: &CStr, identity: scan::Identity) -> bool {
        let identity = Identity { device: identity.device, inode: identity.inode };
        let mut path = chain::Path::new();
        let found = folder::find_lock(self.children.path.to_bytes(), name, identity, &mut path);
        let Some((path, lock)) = found else { return false };
        if !folder::is_held(&lock) {
            return false;
        }
        let watched = self.way.watch_lock(path);
        // It may have been given back before it was watched.
        if !folder::is_held(&lock) {
            return false;
        }
        if !watched {
            self.next_look = self.now.plus(BETWEEN_LOOKS);
        }
        true
    }

    /// Says a sentence of our own. It does not go through the pipe: nobody but us reads that, and it may be full.
    #[inline(never)]
    fn warn(&mut self, unable: &[u8], name: &CStr, why: &str) {
        let path = self.children.path.to_bytes();
        let (what, name, why) = (b": warning: unable to ", name.to_bytes(), why.as_bytes());
        let sentence: [&[u8]; _] = [WHO, path, what, unable, name, b": ", why, b"\n"];
        match &mut self.title {
            Some(title) => sentence.iter().for_each(|piece| title.push(piece)),
            None => mention(&sentence),
        }
    }
}
