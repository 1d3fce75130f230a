//! sv: report on services and control them. Implements sv(8).
//!
//! The thin shell: [`plan`] says what to do, this does it service by service, and [`waiting`] waits for the effects. Its
//! one law: each service that something goes wrong with is named in a sentence and counts one in the exit code.

mod check;
mod command;
mod console;
mod json;
mod judge;
mod pending;
mod plan;
mod report;
mod service;
#[cfg(test)]
mod tests;
mod waiting;

use crate::environment::variable;
use crate::options::split;
use command::Order;
use console::Console;
use pending::Pending;
use plan::{Plan, plan};
use protocol::control::{Control, Signal};
use protocol::{paths, status::State};
use report::Trouble;
use service::Service;
use std::ffi::{CStr, CString};
use sys::files::{self, CWD, Kind, Room};
use sys::message::{complain, reason};
use sys::{AsFd, Errno, clock};
use waiting::Waiting;

/// The highest count of failed services that an exit code tells.
const MANY: u64 = 99;
/// Exit code of an init script whose service is down.
const LSB_DOWN: u8 = 3;
/// Exit code of an init script whose service's state cannot be told.
const LSB_UNKNOWN: u8 = 4;

/// The whole program; returns its exit code.
pub fn main(words: &[&CStr]) -> u8 {
    // A reader of ours that leaves should end us. For check scripts, [`sys::wait::Signals::take`] resets the others.
    sys::reset_disposition(Signal::PIPE.0);
    let (program, words) = split(words);
    match plan(program, words, variable("SVWAIT")) {
        Ok(plan) => run(&plan),
        Err(misused) => {
            complain(&[&misused.text]);
            misused.code
        }
    }
}

/// Carries out a plan; returns the exit code.
fn run(plan: &Plan) -> u8 {
    let here = match files::open_directory(CWD, c".") {
        Ok(here) => here,
        Err(error) => return fatal(plan, b"current directory", error),
    };
    let services = variable("SVDIR").filter(|directory| !directory.is_empty()).unwrap_or(paths::c::SERVICES);
    let listed = if plan.services().next().is_none() { list(services) } else { Ok(Vec::new()) };
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => return fatal(plan, services.to_bytes(), error),
    };
    let names = plan.services().chain(listed.iter().map(|name| name.to_bytes()));
    let found = names.map(|name| Service::find(here.as_fd(), services.to_bytes(), name));
    let mut console = Console::new();
    let mut code = None;
    let failed = if plan.order == Order::Status {
        found.map(|service| status(plan, service, &mut console, &mut code)).sum()
    } else {
        match command(plan, found, &mut console) {
            Ok(failed) => failed,
            Err(error) => return fatal(plan, b"signal descriptor", error),
        }
    };
    console.flush();
    match code {
        Some(code) => code,
        None if plan.lsb.is_some() => u8::from(failed > 0),
        None => u8::try_from(failed.min(MANY)).unwrap_or(u8::MAX),
    }
}

/// All directories in the services directory, sorted.
fn list(services: &CStr) -> Result<Vec<CString>, Errno> {
    let directory = files::open_directory(CWD, services)?;
    let mut names: Vec<CString> = Vec::new();
    files::each_entry(directory.as_fd(), &mut Room::empty(), |entry| {
        // A link that leads nowhere stays, for its owner wants to know of it.
        let is_directory = || files::facts(&directory, entry.name).map_or(true, |facts| facts.is_directory);
        if entry.kind == Kind::Directory || (entry.kind != Kind::Other && is_directory()) {
            names.push(entry.name.into());
        }
    })?;
    names.sort_unstable();
    Ok(names)
}

/// Reports on one service and its log; returns how many of the two could not be told. For an init script the state also
/// decides the exit code.
fn status(plan: &Plan, mut service: Service, console: &mut Console, code: &mut Option<u8>) -> u64 {
    let seen = service.observe();
    let log = if seen.is_ok() { service.log() } else { None };
    let log = log.map(|mut log| (log.observe_log(), log.name));
    if plan.json {
        console.status_json(&service.name, &seen, &log);
    } else {
        console.status(&service.name, &seen, &log);
    }
    if plan.lsb.is_some() {
        *code = Some(match &seen {
            Ok(seen) if seen.status.state == State::Down => LSB_DOWN,
            Ok(_) => 0,
            Err(trouble) if trouble.is_failure() => 1,
            Err(_) => LSB_UNKNOWN,
        });
    }
    u64::from(seen.is_err()) + u64::from(matches!(log, Some((Err(_), _))))
}

/// Sends a command to each service and waits for the effects; returns how many failed.
fn command<'a>(plan: &Plan, services: impl Iterator<Item = Service<'a>>, console: &mut Console) -> Result<u64, Errno> {
    let until = clock::monotonic_milliseconds().saturating_add(plan.wait.unwrap_or(0).saturating_mul(1000));
    let mut failed = 0;
    let mut waiting = plan.wait.map(|_| Waiting::new());
    for service in services {
        failed += u64::from(!send(&plan.order, service, waiting.as_mut(), console));
    }
    match waiting {
        Some(waiting) => Ok(failed + waiting.run(&plan.order, until, console)?),
        None => Ok(failed),
    }
}

/// Sends a command to one service, which then is waited for. Was all well? If not, that has been reported.
fn send<'a>(order: &Order, mut service: Service<'a>, waiting: Option<&mut Waiting<'a>>, console: &mut Console) -> bool {
    let name = service.name.clone();
    let result = service.observe().and_then(|seen| {
        let letters = order.letters();
        let letters: &[Control] = if judge::is_superfluous(letters, &seen.status) { &[] } else { letters };
        match waiting {
            Some(waiting) => waiting.send(Pending::new(service, seen), letters),
            None => service.send(letters),
        }
    });
    match result {
        Ok(()) => true,
        Err(Trouble::NotRunning) if order.wants_exit() => {
            console.say_gone(&name);
            true
        }
        Err(trouble) => {
            console.lament(&name, &trouble);
            false
        }
    }
}

/// Says why nothing can be done at all; returns the exit code for it.
fn fatal(plan: &Plan, what: &[u8], error: Errno) -> u8 {
    complain(&[b"fatal: unable to open ", what, b": ", reason(error).as_bytes(), b"\n"]);
    if plan.lsb.is_some() { 151 } else { 100 }
}
