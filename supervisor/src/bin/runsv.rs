//! runsv: starts and supervises a service and its log service.
//!
//! The shell around two machines ([`Service`]): it waits for letters, signals and ended children, and gives them to the machines.
//! Its one law: start-up may be fatal, the loop never is. Implements runsv(8).
#![no_std]
#![no_main]

use core::ffi::CStr;
use machine::lifecycle::{Ending, Event, Pid, Role};
use protocol::control::{Control, Signal};
use protocol::paths;
use supervisor::adoption;
use supervisor::failure::{Failure, Object, Unable, cannot, give_up, need, news, warn};
use supervisor::oom;
use supervisor::service::{Pipe, Service, Shared, now};
use supervisor::service_dir::ServiceDir;
use sys::files::{self, CWD};
use sys::message::complain;
use sys::process::{self, Environment};
use sys::wait::{SignalSet, Signals};
use sys::{AsFd, Errno, OwnedFd};

rt::entry!(main);

/// Exit code of a call without a service directory.
const USAGE: u8 = 1;

#[cold]
fn main(start: rt::Start) -> u8 {
    let (Some(name), None) = (start.argument(1), start.argument(2)) else {
        complain(&[b"usage: ", start.argument(0).unwrap_or_default().to_bytes(), b" dir\n\n"]);
        return USAGE;
    };
    files::settle_descriptors();
    supervise(name, start.environment())
}

/// Prepares both service directories, and supervises them.
#[cold]
fn supervise(path: &CStr, environment: Environment) -> ! {
    let name = path.to_bytes();
    let signals = SignalSet::EMPTY.with(Signal::TERM.0).with(Signal::CHLD.0);
    let silenced = SignalSet::EMPTY.with(Signal::PIPE.0);
    let signals = Signals::take(signals, silenced);
    let signals = need(name, signals.map_err(cannot(Unable::Read, Object::Signals)));
    let stay = |error| cannot(Unable::ChangeDirectory, Object::Nothing)(error);
    let directory = need(name, files::open_directory(CWD, path).map_err(stay));
    if let Err(error) = process::change_directory_to(directory.as_fd()) {
        give_up(name, stay(error));
    }
    let log = need(name, open_log(name, &directory));
    let (now, has_log) = (now(), log.is_open());
    let mut service = Service::new(directory, if has_log { Role::Logged } else { Role::Alone }, now);
    let mut log = Service::new(log, Role::Log, now);
    let mut supervisor = Supervisor {
        services: [&mut service, &mut log],
        shared: Shared {
            name,
            environment,
            boot: adoption::UNTOLD,
            score: oom::protect(),
            pipe: Pipe::NONE,
            pipe_inode: 0,
            now,
            is_over: false,
        },
        signals,
    };
    adoption::read_boot(&mut supervisor.shared.boot);
    supervisor.prepare();
    supervisor.run()
}

struct Supervisor<'a> {
    shared: Shared<'a>,
    signals: Signals,
    /// The service and its log service; nothing happens to the one that is not there.
    services: [&'a mut Service; 2],
}

impl Supervisor<'_> {
    /// In the order that readers rely on: locks, control, status, and `ok` last; who finds the service finds its log service.
    #[cold]
    fn prepare(&mut self) {
        self.each_needs(ServiceDir::lock);
        self.each(Service::take_over);
        let [_, log] = &self.services;
        if log.is_there() {
            self.find_pipe();
        }
        self.each(Service::greet_orphan);
        self.each_needs(|directory, _| directory.open_control());
        for service in self.services.iter_mut().rev() {
            if service.is_there() {
                service.publish(&mut self.shared);
                let answer = service.directory.open_ok();
                need_of(service, answer, self.shared.name);
            }
        }
    }

    /// What neither the service nor its log service can do without.
    #[cold]
    fn each_needs(&mut self, step: fn(&mut ServiceDir, &[u8]) -> Result<(), Failure>) {
        for service in &mut self.services {
            if service.is_there() {
                let answer = step(&mut service.directory, self.shared.name);
                need_of(service, answer, self.shared.name);
            }
        }
    }

    /// The pipe between the two services: the one that a process which was taken over still has, or a new one.
    #[cold]
    fn find_pipe(&mut self) {
        self.each(Service::offer_pipe);
        let shared = &mut self.shared;
        if !shared.pipe.is_open() {
            if shared.pipe_inode != 0 {
                shared.warn(news(Unable::TakeOver, Object::LogPipe));
            }
            let (reader, writer) = need(shared.name, files::make_pipe().map_err(cannot(Unable::Create, Object::Pipe)));
            shared.pipe = Pipe { reader, writer };
        }
        shared.pipe_inode = files::facts_of(&shared.pipe.reader).map_or(0, |facts| facts.identity.inode);
    }

    /// Lets the service act, and then its log service.
    #[inline(never)]
    fn each(&mut self, act: fn(&mut Service, &mut Shared)) {
        for service in &mut self.services {
            if service.is_there() {
                act(service, &mut self.shared);
            }
        }
    }

    /// Tells both services that a child ended.
    fn ended(&mut self, pid: Pid, ending: Ending) {
        for service in &mut self.services {
            service.ended(pid, ending, &mut self.shared);
        }
    }

    /// The loop. It is not cold, and no part of what gives the cold code back.
    #[inline(never)]
    fn run(&mut self) -> ! {
        rt::give_back_cold_code();
        loop {
            self.each(Service::look);
            self.each(Service::publish);
            if self.shared.is_over {
                process::end(0);
            }
            self.wait();
        }
    }

    /// The one place where runsv blocks; what ended comes before what is asked.
    #[inline(never)]
    fn wait(&mut self) {
        let [main, log] = &self.services;
        let deadline = main.deadline().min(log.deadline()).known().map(|deadline| deadline.0);
        let asked = [Some(main.letters()), Some(main.end()), Some(log.letters()), Some(log.end())];
        let ready = self.signals.wait(asked, deadline);
        self.shared.now = now();
        if ready.signals.has(Signal::CHLD.0) {
            while let Some((pid, ending)) = process::reap() {
                self.ended(pid, Ending { code: u8::try_from(ending.code).ok(), byte: ending.byte });
            }
        }
        let (shared, [main, log]) = (&mut self.shared, &mut self.services);
        let [has_letter, has_ended, log_has_letter, log_has_ended] = ready.readable;
        hear(main, has_letter, has_ended, shared);
        hear(log, log_has_letter, log_has_ended, shared);
        if ready.signals.has(Signal::TERM.0) {
            main.feed(Event::Control(Control::Exit), shared);
        }
    }
}

/// What the start cannot do without, of one of the two services.
#[cold]
fn need_of(service: &Service, answer: Result<(), Failure>, name: &[u8]) {
    if let Err(failure) = answer {
        give_up(name, failure.of(service.directory.whose()));
    }
}

/// Answers what was waited for.
#[inline(never)]
fn hear(service: &mut Service, has_letter: bool, has_ended: bool, shared: &mut Shared) {
    if has_ended {
        service.orphan_ended(shared);
    }
    if has_letter {
        service.read_letter(shared);
    }
}

/// Opens the folder of the log service, if there is one.
#[cold]
fn open_log(name: &[u8], directory: &OwnedFd) -> Result<OwnedFd, Failure> {
    match files::open_directory(directory, paths::c::LOG) {
        Ok(log) => return Ok(log),
        Err(Errno::NOENT) => {}
        Err(Errno::NOTDIR) => warn(name, news(Unable::Nothing, Object::LogNoFolder)),
        Err(error) => return Err(cannot(Unable::Open, Object::LogFolder)(error)),
    }
    Ok(OwnedFd::NONE)
}
