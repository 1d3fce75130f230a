//! The plan: what is done to which service, drawn from a seed.
//!
//! Its one law: the seed decides what is done and in which order; only the moments are the machine's. Every service knows
//! what the plan wants of it, or that it wants nothing certain.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use protocol::status::Want;

use crate::calm::{BETWEEN_LOOKS, LONG};
use crate::logs::LogReader;
use crate::site::{Features, Site, signal};
use crate::{observer, processes};

/// Services at a time.
const SERVICES: usize = 28;
/// Those of them, the first, that are never taken away nor told to exit: their supervisors live as long as the soak.
pub(crate) const OLD_HANDS: usize = 18;
/// Actions that a service remembers.
const HISTORY: usize = 30;

const KINDS: [&str; 7] = ["steady", "short", "burst", "crash", "quiet", "forks", "deaf"];
/// What is done to any service; a word that is none of sv's is done by hand.
const ACTIONS: [&str; 21] = [
    "up",
    "up",
    "up",
    "down",
    "down",
    "once",
    "term",
    "term",
    "kill",
    "pause",
    "cont",
    "hup",
    "alarm",
    "restart",
    "script",
    "down file",
    "kill -9",
    "log: size",
    "log: hup",
    "log: alarm",
    "nothing",
];
/// What is done to the log of an old hand, which loses nothing by it: runsv holds the pipe.
const LOG_ACTIONS: [&str; 4] = ["down", "up", "term", "pause"];
/// What is done to the others.
const FINAL_ACTIONS: [&str; 5] = ["exit", "remove", "remake", "rename", "kill supervisor"];

/// One service, as long as its directory is the same.
pub(crate) struct Service {
    /// Its name in the services directory.
    pub(crate) entry: String,
    /// Its name for ever.
    pub(crate) id: String,
    /// Up, down, or nothing certain.
    pub(crate) wanted: Option<bool>,
    /// Taken out of the services directory.
    pub(crate) is_gone: bool,
    /// Told what is wanted again and again, in the calm.
    pub(crate) is_insisted: bool,
    pub(crate) log: Option<LogReader>,
    /// What was done to it last, for who has to find out what went wrong.
    pub(crate) history: VecDeque<String>,
    is_old_hand: bool,
    may_lose: bool,
}

impl Service {
    /// Remembers what was done.
    pub(crate) fn note(&mut self, action: String) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(action);
    }

    /// All is as wanted: reads its log, to the end if nothing more comes.
    pub(crate) fn end_calm(&mut self) -> Result<()> {
        self.note(format!("calm, wanted {:?}", self.wanted));
        self.is_insisted = false;
        match &mut self.log {
            Some(log) if self.is_gone => log.read_all(),
            Some(log) => log.read_old(),
            None => Ok(()),
        }
    }
}

pub(crate) struct Plan<'a> {
    site: &'a Site,
    pub(crate) rng: Rng,
    pub(crate) services: Vec<Service>,
    made: usize,
    pub(crate) actions: u64,
}

impl Plan<'_> {
    /// Makes the services.
    pub(crate) fn begin(site: &Site, seed: u64) -> Result<Plan<'_>> {
        let mut plan = Plan { site, rng: Rng::with_seed(seed), services: Vec::new(), made: 0, actions: 0 };
        for place in 0..SERVICES {
            plan.make(&format!("service-{place}"), place < OLD_HANDS, place)?;
        }
        Ok(plan)
    }

    /// Makes a service; which features it has follows from its place, so that the first ones have each of them.
    fn make(&mut self, entry: &str, is_old_hand: bool, place: usize) -> Result<()> {
        let id = format!("{entry}.{}", self.made);
        self.made += 1;
        let features = Features {
            has_log: place % 3 != 2,
            has_stamps: place.is_multiple_of(2),
            has_finish: place % 4 == 1,
            has_hook: place.is_multiple_of(5),
            is_link: place % 2 == 1,
        };
        let kind = KINDS[place % KINDS.len()];
        self.site.make(entry, &id, kind, &features)?;
        let may_lose = is_old_hand && place.is_multiple_of(4);
        let log = features.has_log.then(|| LogReader::new(&self.site.logs(&id), &self.site.number(&id), may_lose));
        let (entry, wanted, is_gone, is_insisted) = (entry.to_owned(), Some(true), false, false);
        let history = VecDeque::new();
        self.services.push(Service { entry, id, wanted, is_gone, is_insisted, log, history, is_old_hand, may_lose });
        Ok(())
    }

    /// Does the next thing.
    pub(crate) fn act(&mut self) -> Result<()> {
        let chosen = self.rng.usize(..SERVICES);
        // The youngest of its entry: the others are gone.
        let present: Vec<usize> = (0..self.services.len()).filter(|place| !self.services[*place].is_gone).collect();
        let chosen = present[chosen % present.len()];
        let is_special = self.rng.u8(..5) == 0;
        let word = self.rng.usize(..ACTIONS.len());
        self.actions += 1;
        let service = &mut self.services[chosen];
        let (action, is_old_hand) = match (is_special, service.is_old_hand) {
            (true, true) => (LOG_ACTIONS[word % LOG_ACTIONS.len()], true),
            (true, false) => (FINAL_ACTIONS[word % FINAL_ACTIONS.len()], false),
            (false, is_old_hand) => (ACTIONS[word], is_old_hand),
        };
        service.note(if is_special && is_old_hand { format!("log {action}") } else { action.to_owned() });
        match (is_special, is_old_hand) {
            (true, true) => self.act_on_log(chosen, action),
            (true, false) => self.act_finally(chosen, action),
            (false, _) => self.act_on(chosen, action),
        }
    }

    fn act_on(&mut self, chosen: usize, action: &str) -> Result<()> {
        let (number, kind) = (self.rng.u64(..), KINDS[self.rng.usize(..KINDS.len())]);
        let service = &mut self.services[chosen];
        let (site, entry, id) = (self.site, service.entry.as_str(), service.id.as_str());
        let log = format!("{entry}/log");
        match action {
            "nothing" => Ok(()),
            "script" => site.write_run(&site.service(entry), id, kind),
            "down file" => {
                let file = site.service(entry).join("down");
                // Its first supervisor may find the file: nothing certain is wanted then.
                if observer::status(&site.service(entry).join("supervise/status"))?.is_none() {
                    service.wanted = None;
                }
                let toggled = if file.exists() { fs::remove_file(&file) } else { File::create(&file).map(drop) };
                toggled.context("unable to make or remove a file `down`")
            }
            "kill -9" => kill_run(site, id),
            "log: hup" if service.log.is_some() => site.sv("hup", &log).map(drop),
            "log: alarm" if service.log.is_some() => site.sv("alarm", &log).map(drop),
            "log: size" if service.log.is_some() => {
                // A log's lines have 40 bytes: from a few lines a file to some hundreds, and ages of seconds.
                site.configure(id, 2_000 + number % 20_000, number % 3 * 5)?;
                site.sv("hup", &log).map(drop)
            }
            "log: hup" | "log: alarm" | "log: size" => Ok(()),
            _ => {
                let is_sent = site.sv(action, entry)?;
                service.wanted = match (action, service.wanted) {
                    ("once", _) => None,
                    // One that was not sent, for there is no supervisor yet, leaves nothing certain.
                    ("up" | "restart" | "down", Some(_)) => is_sent.then_some(action != "down"),
                    (_, before) => before,
                };
                let is_order = matches!(action, "up" | "restart" | "down");
                service.wanted.filter(|_| is_order).map_or(Ok(()), |wanted| self.await_order(chosen, wanted))
            }
        }
    }

    /// Waits until an order is heard: sv sends no letter that the status has already, so an order must not come before
    /// the last one is in the status.
    fn await_order(&self, chosen: usize, wanted: bool) -> Result<()> {
        let service = &self.services[chosen];
        let path = self.site.service(&service.entry).join("supervise/status");
        let begin = Instant::now();
        while observer::status(&path)?.is_none_or(|status| (status.want == Want::Up) != wanted) {
            ensure!(begin.elapsed() < LONG, "{} does not hear; done: {:?}", service.id, service.history);
            thread::sleep(BETWEEN_LOOKS);
        }
        Ok(())
    }

    fn act_on_log(&mut self, chosen: usize, action: &str) -> Result<()> {
        let service = &self.services[chosen];
        if service.log.is_none() {
            return Ok(());
        }
        if service.may_lose && action == "term" {
            let logs = self.site.logs(&service.id);
            let all = processes::look()?;
            let writer = all.iter().find(|process| process.writes_to(&logs));
            return writer.map_or(Ok(()), |writer| signal(writer.pid, "KILL"));
        }
        self.site.sv(action, &format!("{}/log", service.entry)).map(drop)
    }

    /// Kills a runsv, and waits for the one that takes over: without one, nobody would end what is removed next.
    fn kill_supervisor(&self, chosen: usize) -> Result<()> {
        let service = &self.services[chosen];
        // A service that ends by itself before the next runsv is there takes what is in the pipe along, unless its log runs.
        let stat = fs::read_to_string(self.site.service(&service.entry).join("log/supervise/stat"));
        if service.log.is_some() && stat.is_ok_and(|stat| stat != "run\n") {
            return Ok(());
        }
        let Some(killed) = self.site.supervisor(&service.entry)? else { return Ok(()) };
        signal(killed.pid, "KILL")?;
        let begin = Instant::now();
        while self.site.supervisor(&service.entry)?.is_none_or(|next| next.pid == killed.pid)
            || !self.site.send(&service.entry, b"")
        {
            ensure!(begin.elapsed() < LONG, "nobody takes {} over; done: {:?}", service.id, service.history);
            thread::sleep(BETWEEN_LOOKS);
        }
        Ok(())
    }

    /// Services that are gone and whose log is read are nothing to anybody.
    pub(crate) fn forget_gone(&mut self) {
        self.services.retain(|service| !service.is_gone);
    }

    fn act_finally(&mut self, chosen: usize, action: &str) -> Result<()> {
        let service = &mut self.services[chosen];
        let entry = service.entry.clone();
        match action {
            "exit" => {
                service.wanted = None;
                self.site.sv("exit", &entry).map(drop)
            }
            "kill supervisor" => {
                service.wanted = None;
                self.kill_supervisor(chosen)
            }
            "rename" => {
                let base = entry.strip_suffix("-moved");
                let renamed = base.map_or_else(|| format!("{entry}-moved"), str::to_owned);
                service.entry.clone_from(&renamed);
                let moved = fs::rename(self.site.service(&entry), self.site.service(&renamed));
                moved.with_context(|| format!("unable to rename {entry}"))
            }
            _ => {
                service.is_gone = true;
                self.site.remove(&entry, &service.id)?;
                let place = self.rng.usize(..KINDS.len() * 3);
                // Under the old name at once, or under another one.
                let name = if action == "remake" { entry } else { format!("service-{}-{place}", self.made) };
                self.make(&name, false, place)
            }
        }
    }
}

/// Kills the process of a service behind its supervisor's back.
fn kill_run(site: &Site, id: &str) -> Result<()> {
    let number = site.number(id).display().to_string();
    let all = processes::look()?;
    let run = all.iter().find(|process| process.service() == Some(&number));
    run.map_or(Ok(()), |run| signal(run.pid, "KILL"))
}
