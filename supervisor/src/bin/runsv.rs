//! runsv: starts and supervises a service and its log service.
//!
//! The shell around two machines ([`Service`]): it waits for letters, signals and ended children, gives them to the machines and
//! performs what they ask. Its one law: start-up may be fatal, the loop never is. Implements runsv(8).
#![no_std]
#![no_main]

use core::ffi::CStr;
use core::mem::ManuallyDrop;
use machine::lifecycle::{Effect, Ending, Event, Pid, Role, Script};
use machine::time::{Instant, Now, earliest};
use protocol::control::{Control, Signal};
use protocol::paths;
use protocol::tai64n::Tai64n;
use supervisor::adoption::{self, Orphan, Standing};
use supervisor::child::{self, Surroundings};
use supervisor::failure::{FATAL, Failure, Object, Unable, WARNING, cannot, news, tell};
use supervisor::folder::{self, StateName};
use supervisor::oom;
use supervisor::service::{Service, Shared};
use sys::files::{self, CWD};
use sys::message::{complain, decimal, mention};
use sys::process::{self, Environment};
use sys::wait::{SignalSet, Signals};
use sys::{AsFd, Errno, OwnedFd, clock};

rt::entry!(main);

/// Exit code of a call without a service directory.
const USAGE: u8 = 1;
/// Exit code of a failure at start.
const FAILED: u8 = 111;
/// How a process ended that was not ours to reap: nobody can tell.
const UNKNOWN: Ending = Ending { code: -1, byte: 0 };

fn main(start: rt::Start) -> u8 {
    let (Some(name), None) = (start.argument(1), start.argument(2)) else {
        complain(&[b"usage: ", start.argument(0).unwrap_or_default().to_bytes(), b" dir\n\n"]);
        return USAGE;
    };
    files::settle_descriptors();
    match Supervisor::new(name, start.environment()) {
        // What is open is closed by the kernel.
        Ok(supervisor) => ManuallyDrop::new(supervisor).run(),
        Err(failure) => {
            tell(name.to_bytes(), FATAL, failure);
            FAILED
        }
    }
}

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Main,
    Log,
}

const BOTH: &[Which] = &[Which::Main, Which::Log];

struct Supervisor<'a> {
    shared: Shared<'a>,
    environment: Environment<'a>,
    signals: Signals,
    main: Service,
    log: Option<Service>,
    /// Reading and writing end of the pipe from the service to its log service.
    pipe: Option<(OwnedFd, OwnedFd)>,
    /// Its inode, 0 without one.
    pipe_inode: u64,
    /// When the wait ended last; read again where much time may have passed since.
    now: Now,
    is_over: bool,
}

fn now() -> Now {
    let (seconds, nanoseconds) = clock::wall();
    Now { instant: Instant(clock::monotonic_milliseconds()), stamp: Tai64n::from_unix(seconds, nanoseconds) }
}

impl<'a> Supervisor<'a> {
    /// Prepares both service directories in the order that readers rely on: locks, control, status, and `ok` last.
    fn new(path: &'a CStr, environment: Environment<'a>) -> Result<Supervisor<'a>, Failure> {
        let signals = SignalSet::EMPTY.with(Signal::TERM.0).with(Signal::CHLD.0);
        let silenced = SignalSet::EMPTY.with(Signal::PIPE.0);
        let signals = Signals::take(signals, silenced).map_err(cannot(Unable::Read, Object::Signals))?;
        let name = path.to_bytes();
        let directory = open_service(path).map_err(cannot(Unable::ChangeDirectory, Object::Nothing))?;
        let log = open_log(name, &directory)?;
        let role = if log.is_some() { Role::Logged } else { Role::Alone };
        let mut buffer = [0; size_of::<StateName>()];
        let now = now();
        let shared = Shared { name, boot: adoption::boot(), score: oom::protect() };
        let main = Service::lock(directory, folder::state_name(name, "", &mut buffer), role, &shared, now)?;
        let log = match log {
            Some(log) => {
                let state_name = folder::state_name(name, paths::LOG_STATE, &mut buffer);
                Some(Service::lock(log, state_name, Role::Log, &shared, now)?)
            }
            None => None,
        };
        let pipe = log.as_ref().map_or(Ok(None), |log| find_pipe(name, &main, log).map(Some))?;
        let reader = pipe.as_ref().and_then(|(reader, _)| files::facts_of(reader).ok());
        let pipe_inode = reader.map_or(0, |facts| facts.identity.inode);
        let is_over = false;
        let mut supervisor = Supervisor { shared, environment, signals, main, log, pipe, pipe_inode, now, is_over };
        supervisor.announce()?;
        Ok(supervisor)
    }

    /// Lets readers and letters in.
    fn announce(&mut self) -> Result<(), Failure> {
        for which in BOTH {
            self.greet_orphan(*which);
        }
        for which in BOTH {
            if let Some(service) = self.service(*which) {
                service.directory.open_control()?;
            }
            self.publish(*which);
        }
        for which in BOTH {
            if let Some(service) = self.service(*which) {
                service.directory.open_ok()?;
            }
        }
        Ok(())
    }

    fn publish(&mut self, which: Which) {
        let (name, now) = (self.shared.name, self.now.instant);
        if let Some(service) = self.service(which) {
            service.publish(name, now);
        }
    }

    fn run(&mut self) -> u8 {
        loop {
            for which in BOTH {
                self.look_at_orphan(*which);
                self.feed(*which, Event::Deadline);
            }
            BOTH.iter().for_each(|which| self.publish(*which));
            if self.is_over {
                return 0;
            }
            self.wait();
        }
    }

    #[inline(never)]
    fn service(&mut self, which: Which) -> Option<&mut Service> {
        match which {
            Which::Main => Some(&mut self.main),
            Which::Log => self.log.as_mut(),
        }
    }

    /// The one place where runsv blocks; what ended comes before what is asked.
    #[inline(never)]
    fn wait(&mut self) {
        let (main, log) = (&self.main, self.log.as_ref());
        let fds = [main.letters(), log.and_then(Service::letters), main.end(), log.and_then(Service::end)];
        let deadline = earliest(&[main.deadline(), log.and_then(Service::deadline)]);
        let ready = self.signals.wait(fds, deadline.map(|deadline| deadline.0));
        self.now = now();
        if ready.signals.has(Signal::CHLD.0) {
            while let Some((pid, ending)) = process::reap() {
                self.ended(pid, Ending { code: ending.code, byte: ending.byte });
            }
        }
        let [main, log, main_ended, log_ended] = ready.readable;
        for (which, has_ended) in BOTH.iter().zip(&[main_ended, log_ended]) {
            if *has_ended {
                self.orphan_ended(*which);
            }
        }
        for (which, readable) in BOTH.iter().zip(&[main, log]) {
            if *readable {
                self.read_letter(*which);
            }
        }
        if ready.signals.has(Signal::TERM.0) {
            self.feed(Which::Main, Event::Control(Control::Exit));
        }
    }

    fn read_letter(&mut self, which: Which) {
        let letter = self.service(which).and_then(|service| service.directory.read_control());
        if let Some(control) = letter.and_then(Control::from_byte) {
            self.feed(which, Event::Control(control));
        }
    }

    /// Tells of a process that was taken over, and gives a `./finish` among them its time.
    #[inline(never)]
    fn greet_orphan(&mut self, which: Which) {
        let name = self.shared.name;
        let Some((service, orphan)) = self.service(which).and_then(|it| Some((&it.life, it.orphan.as_ref()?))) else {
            return;
        };
        let is_finish = !service.is_running();
        let how: [&[u8]; 2] = match (orphan.standing, orphan.end()) {
            (Standing::Proved, Some(_)) => [b" was left by another runsv, it is taken over", b"\n"],
            (Standing::Proved, None) => {
                [b" was left by another runsv, it is taken over", b", and looked at each second\n"]
            }
            (Standing::Unproved, _) => [b" may have been left by another runsv, its end is waited for", b"\n"],
            (Standing::Ended, _) => [b" was left by another runsv, and has ended", b"\n"],
        };
        mention(&[b"runsv ", name, WARNING, b"process ", decimal(orphan.pid.get()).as_bytes(), how[0], how[1]]);
        if is_finish {
            self.limit_finish(which);
        }
    }

    /// Looks whether a process has ended whose end nobody tells.
    fn look_at_orphan(&mut self, which: Which) {
        let now = self.now.instant;
        let orphan = self.service(which).and_then(|service| service.orphan.as_mut());
        if orphan.is_some_and(|orphan| orphan.is_found_ended(now)) {
            self.orphan_ended(which);
        }
    }

    fn orphan_ended(&mut self, which: Which) {
        if let Some(orphan) = self.service(which).and_then(|service| service.orphan.take()) {
            self.ended(orphan.pid, UNKNOWN);
        }
    }

    /// A child ended: a hook, a service, or a process that this one inherited and need not know.
    fn ended(&mut self, pid: Pid, ending: Ending) {
        for which in BOTH {
            let Some(service) = self.service(*which) else { continue };
            if service.hook == Some(pid) {
                service.hook = None;
                self.feed(*which, Event::HookAnswered { handled: ending.code == 0 });
            } else if service.life.pid() == Some(pid) {
                let has_finish = service.life.is_running() && child::has_finish(&service.directory);
                self.feed(*which, Event::Exited { ending, has_finish });
            }
        }
    }

    /// Gives an event to a machine and performs what it asks; the answers are events in turn.
    fn feed(&mut self, which: Which, event: Event) {
        let now = self.now;
        let Some(service) = self.service(which) else { return };
        for effect in &service.life.step(event, now) {
            self.perform(which, *effect);
        }
    }

    fn perform(&mut self, which: Which, effect: Effect) {
        match effect {
            Effect::Hook(control) => self.hook(which, control),
            Effect::Start(script) => {
                let answer = self.start(which, script);
                // Two starts are a second apart by the moments at which they were done.
                self.now.instant = Instant(clock::monotonic_milliseconds());
                self.feed(which, answer);
                if matches!(script, Script::Finish(_)) {
                    self.limit_finish(which);
                }
            }
            // It fails only for a process that has ended and waits to be reaped, which is the next event.
            Effect::Signal(pid, signal) => {
                let sent = self.service(which).map(|service| service.signal(pid, signal));
                if sent == Some(Err(Errno::PERM)) {
                    self.warn(cannot(Unable::Signal, Object::Nothing)(Errno::PERM));
                }
            }
            Effect::EndFinish(pid) => {
                self.warn(news(Unable::Nothing, Object::FinishOverLimit));
                self.perform(which, Effect::Signal(pid, Signal::KILL));
            }
            Effect::EndHook => {
                self.warn(news(Unable::Nothing, Object::HookOverLimit));
                if let Some(pid) = self.service(which).and_then(|service| service.hook.take()) {
                    let _ = process::kill(pid, Signal::KILL.0);
                }
            }
            Effect::Publish => {
                if let Some(service) = self.service(which) {
                    service.is_stale = true;
                }
            }
            Effect::CloseLogPipe => {
                self.pipe = None;
                self.feed(Which::Log, Event::InputClosed);
            }
            Effect::Leave => self.is_over = true,
        }
    }

    /// Starts the hook of a letter. Without one, or if it cannot be made, the letter goes its way.
    fn hook(&mut self, which: Which, control: Control) {
        let Some(service) = self.service(which) else { return };
        let pid = service.life.pid();
        let around = self.surroundings(which);
        let started = around.as_ref().and_then(|around| child::start_hook(around, control, pid));
        match started {
            Some(Ok(pid)) => {
                let name = self.shared.name;
                let Some(service) = self.service(which) else { return };
                service.hook = Some(pid);
                if let Some(limit) = child::hook_limit(&service.directory, name) {
                    self.feed(which, Event::HookLimit(limit));
                }
                return;
            }
            Some(Err(error)) => self.warn(cannot(Unable::ForkFor, Object::Hook)(error)),
            None => {}
        }
        self.feed(which, Event::HookAnswered { handled: false });
    }

    /// Gives `./finish` its time.
    fn limit_finish(&mut self, which: Which) {
        let name = self.shared.name;
        let limit = self.service(which).and_then(|service| child::finish_limit(&service.directory, name));
        if let Some(limit) = limit {
            self.feed(which, Event::FinishLimit(limit));
        }
    }

    fn warn(&self, failure: Failure) {
        tell(self.shared.name, WARNING, failure);
    }

    fn start(&self, which: Which, script: Script) -> Event {
        let around = self.surroundings(which);
        let Some(around) = &around else { return Event::StartFailed };
        let started = match script {
            Script::Run => child::start_run(around, which == Which::Log),
            Script::Finish(ending) => child::start_finish(around, ending),
        };
        match started {
            Ok(pid) => Event::Started(pid),
            Err(error) => {
                self.warn(cannot(Unable::ForkForService, Object::Nothing)(error));
                Event::StartFailed
            }
        }
    }

    fn surroundings(&self, which: Which) -> Option<Surroundings<'_>> {
        let pipe = self.pipe.as_ref();
        let (service, input, output) = match which {
            Which::Main => (&self.main, None, pipe.map(|(_, writer)| writer.as_fd())),
            Which::Log => (self.log.as_ref()?, pipe.map(|(reader, _)| reader.as_fd()), None),
        };
        let (shared, environment, pipe) = (&self.shared, self.environment, self.pipe_inode);
        Some(Surroundings { shared, directory: &service.directory, input, output, pipe, environment })
    }
}

/// Goes to the service directory and opens it.
fn open_service(name: &CStr) -> Result<OwnedFd, Errno> {
    let directory = files::open_directory(CWD, name)?;
    process::change_directory_to(directory.as_fd())?;
    Ok(directory)
}

/// The pipe between the two services: the one that a process which was taken over still has, or a new one.
fn find_pipe(name: &[u8], main: &Service, log: &Service) -> Result<(OwnedFd, OwnedFd), Failure> {
    let orphans = || [log, main].into_iter().filter_map(|service| service.orphan.as_ref());
    if let Some(pipe) = orphans().find_map(Orphan::take_pipe) {
        return Ok(pipe);
    }
    if orphans().any(Orphan::has_pipe) {
        tell(name, WARNING, news(Unable::TakeOver, Object::LogPipe));
    }
    files::make_pipe().map_err(cannot(Unable::Create, Object::Pipe))
}

/// Opens the folder of the log service, if there is one.
fn open_log(name: &[u8], directory: &OwnedFd) -> Result<Option<OwnedFd>, Failure> {
    match files::open_directory(directory, paths::c::LOG) {
        Ok(log) => Ok(Some(log)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::NOTDIR) => {
            tell(name, WARNING, news(Unable::Nothing, Object::LogNoFolder));
            Ok(None)
        }
        Err(error) => Err(cannot(Unable::Open, Object::LogFolder)(error)),
    }
}
