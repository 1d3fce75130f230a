//! The calm between two parts of a plan: nothing more is done, and what is wanted must come about.
//!
//! Its one law: only what no supervisor could know is helped along: a service that ignores TERM is killed, a paused one goes
//! on, and one of which nothing certain was wanted is told now.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use protocol::status::{State, Want};

use crate::logs::LogReader;
use crate::observer;
use crate::plan::{Plan, Service};
use crate::processes::{self, Process};
use crate::site::{Site, signal};

/// Longer than anything here takes on a slow machine.
pub(crate) const LONG: Duration = Duration::from_secs(120);
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// Looks between two times that services are helped along.
const BETWEEN_HELPS: usize = 10;

/// Lets the plan rest until every service is as it is wanted, then reads the logs.
pub(crate) fn settle(site: &Site, plan: &mut Plan) -> Result<()> {
    plan.services.iter_mut().filter(|it| it.wanted.is_none() && !it.is_gone).for_each(|it| insist(site, it));
    let begin = Instant::now();
    let mut ran = BTreeSet::new();
    for look in 0.. {
        let all = processes::look()?;
        ran.extend(all.iter().filter_map(Process::service).map(str::to_owned));
        let mut unsettled = Vec::new();
        for service in &plan.services {
            unsettled.extend(fault(site, service, &all, &ran)?.map(|fault| (service, fault)));
        }
        if unsettled.is_empty() {
            break;
        }
        let tell = |(service, fault): &(&Service, _)| {
            format!("{} {fault}; {:?} was wanted, and done: {:?}", service.id, service.wanted, service.history)
        };
        let faults = || unsettled.iter().map(tell).collect::<Vec<_>>();
        ensure!(begin.elapsed() < LONG, "not as wanted after {LONG:?}: {:?}", faults());
        if look % BETWEEN_HELPS == 0 {
            for (service, _) in unsettled {
                help(site, service, &all)?;
            }
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    plan.services.iter_mut().try_for_each(Service::end_calm)?;
    plan.forget_gone();
    Ok(())
}

/// A service of which nothing certain is wanted is wanted up now.
fn insist(site: &Site, service: &mut Service) {
    service.wanted = Some(true);
    // Again and again while it is not so: the order may reach a runsv that is about to leave.
    service.is_insisted = true;
    // Behind the letters that may still be unread, whatever the status says meanwhile.
    site.send(&service.entry, b"u");
}

/// Waits until nothing runs any more, and reads the logs to their ends.
pub(crate) fn end(site: &Site, mut services: Vec<Service>) -> Result<()> {
    let begin = Instant::now();
    services.iter_mut().for_each(|service| service.is_gone = true);
    loop {
        let all = processes::look()?;
        let mut left = Vec::new();
        for service in &services {
            if let Some(fault) = fault(site, service, &all, &BTreeSet::new())? {
                left.push(format!("{} {fault}", service.id));
                help(site, service, &all)?;
            }
        }
        left.extend(site.inhabitants()?.into_iter().map(|process| format!("{:?}", process.words)));
        if left.is_empty() {
            break;
        }
        ensure!(begin.elapsed() < LONG, "still there after {LONG:?}: {left:?}");
        std::thread::sleep(BETWEEN_LOOKS);
    }
    services.iter_mut().filter_map(|service| service.log.as_mut()).try_for_each(LogReader::read_all)
}

/// What is not as wanted; `ran` are the services that were seen running since the plan rests.
fn fault(site: &Site, service: &Service, all: &[Process], ran: &BTreeSet<String>) -> Result<Option<&'static str>> {
    let number = site.number(&service.id).display().to_string();
    let logs = site.logs(&service.id);
    let runs = all.iter().any(|process| process.service() == Some(&number));
    let has_writer = all.iter().any(|process| process.writes_to(&logs));
    if service.is_gone {
        return Ok(match (runs, has_writer) {
            (true, _) => Some("is gone, and its process is not"),
            (_, true) => Some("is gone, and its log is not"),
            _ => None,
        });
    }
    let status = observer::status(&site.service(&service.entry).join("supervise/status"))?;
    let Some(status) = status else { return Ok(Some("is not supervised")) };
    let log = observer::status(&site.service(&service.entry).join("log/supervise/status"))?;
    let wants_up = service.wanted == Some(true);
    let is_down = status.state == State::Down && !runs;
    Ok(if (status.want == Want::Up) != wants_up {
        Some("has a status that wants otherwise")
    } else if wants_up && !ran.contains(&number) {
        Some("is wanted up, and does not run")
    } else if !wants_up && !is_down {
        Some("is wanted down, and is not down")
    } else if status.paused {
        Some("is paused")
    } else if service.log.is_some() && !has_writer {
        Some("has a log that is not written")
    } else if log.is_some_and(|log| log.paused || log.want != Want::Up) {
        Some("has a log that is paused or wanted down")
    } else {
        None
    })
}

fn help(site: &Site, service: &Service, all: &[Process]) -> Result<()> {
    let number = site.number(&service.id).display().to_string();
    let is_over = service.is_gone || service.wanted == Some(false) || service.is_insisted;
    let is_deaf = |process: &&Process| process.service() == Some(&number) && process.kind() == "deaf";
    if let Some(process) = all.iter().find(is_deaf).filter(|_| is_over) {
        signal(process.pid, "KILL")?;
    }
    if service.is_gone {
        return Ok(());
    }
    if service.is_insisted {
        site.sv("up", &service.entry)?;
    }
    site.sv("cont", &service.entry)?;
    if service.log.is_some() {
        site.sv("up", &format!("{}/log", service.entry))?;
        site.sv("cont", &format!("{}/log", service.entry))?;
    }
    Ok(())
}
