//! runsv: starts and supervises a service and its log service.
//!
//! The shell around two machines ([`Service`]): it waits for letters, signals and ended children, and gives them to the machines.
//! Its one law: start-up may be fatal, the loop never is. Implements runsv(8).
#![no_std]
#![no_main]

use core::ffi::CStr;
use machine::lifecycle::{Ending, Event, Role};
use machine::time::Instant;
use protocol::control::{Control, Signal};
use protocol::paths;
use supervisor::adoption::{self, Orphan};
use supervisor::failure::{FATAL, Failure, Object, Unable, WARNING, cannot, news, tell};
use supervisor::oom;
use supervisor::service::{Service, Shared, now};
use sys::files::{self, CWD};
use sys::message::complain;
use sys::process::{self, Environment};
use sys::wait::{SignalSet, Signals};
use sys::{AsFd, Errno, OwnedFd};

rt::entry!(main);

/// Exit code of a call without a service directory.
const USAGE: u8 = 1;
/// Exit code of a failure at start.
const FAILED: u8 = 111;
/// The service and its log service.
const SERVICES: usize = 2;
/// What is waited for of each: letters, and the end of a process that was taken over.
const DESCRIPTORS: usize = 2;

fn main(start: rt::Start) -> u8 {
    let (Some(name), None) = (start.argument(1), start.argument(2)) else {
        complain(&[b"usage: ", start.argument(0).unwrap_or_default().to_bytes(), b" dir\n\n"]);
        return USAGE;
    };
    files::settle_descriptors();
    supervise(name, start.environment())
}

/// What the start cannot do without.
fn need<T>(name: &[u8], answer: Result<T, Failure>) -> T {
    answer.unwrap_or_else(|failure| give_up(name, failure))
}

/// Ends the start. What is open is closed by the kernel.
#[inline(never)]
fn give_up(name: &[u8], failure: Failure) -> ! {
    tell(name, FATAL, failure);
    process::end(FAILED)
}

/// Prepares both service directories, and supervises them.
fn supervise(path: &CStr, environment: Environment) -> ! {
    let name = path.to_bytes();
    let signals = SignalSet::EMPTY.with(Signal::TERM.0).with(Signal::CHLD.0);
    let silenced = SignalSet::EMPTY.with(Signal::PIPE.0);
    let signals = Signals::take(signals, silenced);
    let signals = need(name, signals.map_err(cannot(Unable::Read, Object::Signals)));
    let directory = need(name, open_service(path).map_err(cannot(Unable::ChangeDirectory, Object::Nothing)));
    let log = need(name, open_log(name, &directory));
    let (boot, score, now) = (adoption::boot(), oom::protect(), now());
    let shared = Shared { name, environment, boot, score, pipe: None, pipe_inode: 0, now, is_over: false };
    let mut supervisor = Supervisor { shared, signals, services: [None, None] };
    need(name, supervisor.prepare(directory, log));
    supervisor.run()
}

struct Supervisor<'a> {
    shared: Shared<'a>,
    signals: Signals,
    /// The service, and its log service if there is one.
    services: [Option<Service>; SERVICES],
}

impl Supervisor<'_> {
    /// In the order that readers rely on: locks, control, status, and `ok` last.
    fn prepare(&mut self, directory: OwnedFd, log: Option<OwnedFd>) -> Result<(), Failure> {
        let role = if log.is_some() { Role::Logged } else { Role::Alone };
        let (shared, [main, second]) = (&mut self.shared, &mut self.services);
        Service::lock(main, directory, role, shared)?;
        if let Some(log) = log {
            Service::lock(second, log, Role::Log, shared)?;
            let pipe = find_pipe(&self.services, shared)?;
            shared.pipe_inode = files::facts_of(&pipe.0).map_or(0, |facts| facts.identity.inode);
            shared.pipe = Some(pipe);
        }
        self.each(Service::greet_orphan);
        self.services.iter_mut().flatten().try_for_each(|service| service.directory.open_control())?;
        self.each(Service::publish);
        self.services.iter_mut().flatten().try_for_each(|service| service.directory.open_ok())
    }

    /// Lets the service act, and then its log service.
    #[inline(never)]
    fn each(&mut self, act: fn(&mut Service, &mut Shared)) {
        for service in self.services.iter_mut().flatten() {
            act(service, &mut self.shared);
        }
    }

    fn run(&mut self) -> ! {
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
        let mut descriptors = [None; SERVICES * DESCRIPTORS];
        let mut deadline = Instant::NEVER;
        for (place, service) in descriptors.chunks_exact_mut(DESCRIPTORS).zip(self.services.iter().flatten()) {
            place.copy_from_slice(&[service.letters(), service.end()]);
            deadline = deadline.min(service.deadline());
        }
        let ready = self.signals.wait(descriptors, deadline.known().map(|deadline| deadline.0));
        let shared = &mut self.shared;
        shared.now = now();
        if ready.signals.has(Signal::CHLD.0) {
            while let Some((pid, ending)) = process::reap() {
                for service in self.services.iter_mut().flatten() {
                    service.ended(pid, Ending { code: ending.code, byte: ending.byte }, shared);
                }
            }
        }
        for (ready, service) in ready.readable.chunks_exact(DESCRIPTORS).zip(self.services.iter_mut().flatten()) {
            let [has_letter, has_ended] = *ready else { continue };
            if has_ended {
                service.orphan_ended(shared);
            }
            if has_letter {
                service.read_letter(shared);
            }
        }
        if let (true, [Some(service), _]) = (ready.signals.has(Signal::TERM.0), &mut self.services) {
            service.feed(Event::Control(Control::Exit), shared);
        }
    }
}

/// Goes to the service directory and opens it.
fn open_service(name: &CStr) -> Result<OwnedFd, Errno> {
    let directory = files::open_directory(CWD, name)?;
    process::change_directory_to(directory.as_fd())?;
    Ok(directory)
}

/// The pipe between the two services: the one that a process which was taken over still has, or a new one.
fn find_pipe(services: &[Option<Service>; SERVICES], shared: &Shared) -> Result<(OwnedFd, OwnedFd), Failure> {
    let orphans = || services.iter().rev().flatten().filter_map(|service| service.orphan.as_ref());
    if let Some(pipe) = orphans().find_map(Orphan::take_pipe) {
        return Ok(pipe);
    }
    if orphans().any(Orphan::has_pipe) {
        shared.warn(news(Unable::TakeOver, Object::LogPipe));
    }
    files::make_pipe().map_err(cannot(Unable::Create, Object::Pipe))
}

/// Opens the folder of the log service, if there is one.
fn open_log(name: &[u8], directory: &OwnedFd) -> Result<Option<OwnedFd>, Failure> {
    match files::open_directory(directory, paths::c::LOG) {
        Ok(log) => return Ok(Some(log)),
        Err(Errno::NOENT) => {}
        Err(Errno::NOTDIR) => tell(name, WARNING, news(Unable::Nothing, Object::LogNoFolder)),
        Err(error) => return Err(cannot(Unable::Open, Object::LogFolder)(error)),
    }
    Ok(None)
}
