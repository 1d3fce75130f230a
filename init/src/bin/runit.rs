//! runit: process 1, which takes the system through its three stages.
//!
//! The shell around [`Stages`]: it waits for signals and for the deadline, and performs what the machine says. Its one
//! law: it never ends and never waits for anything but a signal. Implements runit(8).
#![no_std]
#![no_main]

use core::ffi::CStr;
use init::request;
use machine::lifecycle::Pid;
use machine::stages::{Effect, End, Ending, Event, Limits, Sentence, Stage, Stages};
use machine::time::{Instant, Milliseconds};
use protocol::control::Signal;
use protocol::paths::c::{CONSOLE, CTRLALTDEL, STAGE_1, STAGE_2, STAGE_3};
use sys::message::{complain, number, reason, write_all};
use sys::process::{self, Command, Environment};
use sys::system::{self, Reboot};
use sys::wait::{self, SignalSet};
use sys::{AsFd, Errno, OwnedFd, clock, files};

rt::entry!(main);

/// Exit code where this is not process 1.
const FATAL: u8 = 111;
/// Variables of the environment, so of the kernel's command line, that limit a stage: whole seconds, 0 for no limit.
const STAGE_1_LIMIT: &[u8] = b"RUNIT_STAGE1_LIMIT";
const STAGE_3_LIMIT: &[u8] = b"RUNIT_STAGE3_LIMIT";
/// What stage 3 gets if nothing is said: long enough for a database, short enough for somebody who waits.
const STAGE_3_DEFAULT: Milliseconds = Milliseconds(300_000);

/// How often a sentence is tried on a console that is busy: some hundredths of a second, longer than another writer takes
/// for a line; then the sentence is given up, for a stopped terminal must not stop process 1.
const CONSOLE_TRIES: u32 = 20_000;

fn main(start: rt::Start) -> u8 {
    if !process::is_first() {
        complain(&[b"- runit: fatal: must be run as process no 1.\n"]);
        return FATAL;
    }
    wait::block(SignalSet::ALL);
    sys::reset_dispositions();
    process::lead_session();
    files::settle_descriptors();
    // Where that is not for us to say (a container) nothing is lost: it has no keyboard.
    let _ = system::reboot(Reboot::SignalCtrlAltDel);
    let limits = Limits {
        stage_1: limit(&start, STAGE_1_LIMIT, None),
        stage_3: limit(&start, STAGE_3_LIMIT, Some(STAGE_3_DEFAULT)),
    };
    let mut first = First { stages: Stages::new(limits), environment: start.environment() };
    first.feed(Event::Boot);
    loop {
        first.wait();
    }
}

/// The limit of a stage, by the environment. A value that is no number is told and passed over.
fn limit(start: &rt::Start, variable: &[u8], default: Option<Milliseconds>) -> Option<Milliseconds> {
    let Some(value) = start.variable(variable) else { return default };
    match number(value.to_bytes()).and_then(|seconds| seconds.checked_mul(1000)) {
        Some(0) => None,
        Some(milliseconds) => Some(Milliseconds(milliseconds)),
        None => {
            say("warning: not a number of seconds, passed over: ", variable, "=", value.to_bytes());
            default
        }
    }
}

/// Process 1.
struct First {
    stages: Stages,
    environment: Environment<'static>,
}

fn now() -> Instant {
    Instant(clock::monotonic_milliseconds())
}

impl First {
    /// The one place where process 1 blocks. What has ended and what is due is looked at whatever signal came: signals of
    /// other numbers may come without end, and stand before CHLD and before the deadline.
    fn wait(&mut self) {
        let deadline = self.stages.deadline().map(|deadline| deadline.0);
        let signal = wait::wait_for_signal(SignalSet::ALL, deadline).map(protocol::control::Signal);
        match signal {
            Some(Signal::CONT) => self.feed(Event::Continue { stop: request::is_stop_asked() }),
            Some(Signal::INT) => self.feed(Event::Interrupt { has_script: request::has_ctrl_alt_del() }),
            Some(Signal::PWR) => self.feed(Event::PowerFail { stop: request::is_power_fail_heeded() }),
            Some(_) | None => {}
        }
        self.reap();
        self.feed(Event::Deadline);
    }

    /// Takes every ended child, orphans and all.
    fn reap(&mut self) {
        while let Some((pid, ending)) = process::reap() {
            let ending = if ending.code < 0 { Ending::Crashed } else { Ending::Exited(ending.code) };
            self.feed(Event::Exited(pid, ending));
        }
    }

    fn feed(&mut self, event: Event) {
        let effects = self.stages.step(event, now());
        for effect in &effects {
            self.perform(*effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Say(sentence) => say_sentence(sentence),
            Effect::Start(stage) => self.answer(start_stage(stage, self.environment)),
            // It fails only for a process that has ended and waits to be reaped, which is the next event.
            Effect::Signal(pid, signal) => {
                let _ = process::kill(pid, signal.0);
            }
            Effect::KillGroup(pid) => {
                let _ = process::kill_group(pid, Signal::KILL.0);
                let _ = process::kill(pid, Signal::KILL.0);
            }
            Effect::ClearStop => request::clear_stop(),
            Effect::AskStop => self.feed(Event::Continue { stop: request::is_stop_asked() }),
            // It fails only where there is nobody left.
            Effect::KillAll => {
                let _ = process::kill_all(Signal::KILL.0);
            }
            Effect::AskReboot => self.feed(Event::Reboot(request::is_reboot_asked())),
            Effect::Sync => self.answer(process::start_copy(|| {
                if request::is_sync_wanted() {
                    system::sync();
                }
            })),
            Effect::End(end) => end_machine(end),
        }
    }

    /// Tells the machine whether the process that it asked for was made.
    fn answer(&mut self, started: Result<Pid, Errno>) {
        match started {
            Ok(pid) => self.feed(Event::Started(pid)),
            Err(error) => {
                say("warning: unable to fork, sleeping: ", b"", "", reason(error).as_bytes());
                self.feed(Event::StartFailed);
            }
        }
    }
}

fn script(stage: Stage) -> &'static CStr {
    match stage {
        Stage::One => STAGE_1,
        Stage::Two => STAGE_2,
        Stage::Three => STAGE_3,
        Stage::CtrlAltDel => CTRLALTDEL,
    }
}

/// Starts a stage on the console. Stages 2 and 3 lead sessions of their own.
fn start_stage(stage: Stage, environment: Environment) -> Result<Pid, Errno> {
    let console = open_console();
    let console = console.as_ref().ok().map(AsFd::as_fd);
    let script = script(stage);
    let command = Command {
        program: script,
        search: None,
        arguments: &[script],
        environment,
        directory: None,
        standard: [console; 3],
        new_session: matches!(stage, Stage::Two | Stage::Three),
    };
    process::start(&command, |error| {
        let why = reason(error).as_bytes();
        say("fatal: unable to start child: ", script.to_bytes(), ": ", why);
        0
    })
}

/// Asks the kernel to end the machine, in a process of its own: the call may end its caller. Where none can be made, the
/// caller is us: there is nothing left to lose.
fn end_machine(end: End) {
    let command = match end {
        End::Restart => Reboot::Restart,
        End::PowerOff => Reboot::PowerOff,
        End::Halt => Reboot::Halt,
    };
    let ask = || {
        let _ = system::reboot(command);
    };
    if process::start_copy(ask).is_err() {
        ask();
    }
}

/// Opens the console for a stage: writes of its own wait for a slow line, opening does not.
fn open_console() -> Result<OwnedFd, Errno> {
    let console = files::open_device(CONSOLE)?;
    files::set_blocking(&console)?;
    Ok(console)
}

/// Lets our own standard error lead to the console. Writing there never waits: a stopped terminal must not stop process 1.
fn renew_console() {
    if let Ok(console) = files::open_device(CONSOLE) {
        let _ = process::redirect_standard_error(&console);
    }
}

/// Tells the console, opened anew each time: it may have been hung up, or a stage may have put another in its place.
#[inline(never)]
fn say(what: &str, object: &[u8], between: &str, why: &[u8]) {
    let sentence = [b"- runit: ", what.as_bytes(), object, between.as_bytes(), why, b"\n"];
    renew_console();
    // A terminal that another process is writing to answers AGAIN, be there ever so much room.
    for _ in 0..CONSOLE_TRIES {
        match write_all(sys::message::standard_error(), &sentence) {
            Err(Errno::AGAIN) => process::give_way(),
            Ok(()) | Err(_) => return,
        }
    }
}

fn say_sentence(sentence: Sentence) {
    let (what, stage) = match sentence {
        Sentence::Booting => (concat!("pilotlight ", env!("CARGO_PKG_VERSION"), ": booting."), None),
        Sentence::Enter(stage) => ("enter stage: ", Some(stage)),
        Sentence::Leave(stage) => ("leave stage: ", Some(stage)),
        Sentence::Failed(stage) => ("warning: child failed: ", Some(stage)),
        Sentence::Crashed(stage) => ("warning: child crashed: ", Some(stage)),
        Sentence::SkippingStage2 => ("warning: skipping stage 2...", None),
        Sentence::KillingStage2 => ("warning: killing all processes in stage 2...", None),
        Sentence::Restarting => ("warning: restarting.", None),
        Sentence::OnlyInStage2 => ("warning: signals only work in stage 2.", None),
        Sentence::CtrlAltDelRequest => ("ctrl-alt-del request...", None),
        Sentence::NotTerminated(Stage::One) => ("warning: stage 1 not terminated, sending sigkill...", None),
        Sentence::NotTerminated(Stage::Three) => ("warning: stage 3 not terminated, sending sigkill...", None),
        Sentence::NotTerminated(_) => ("warning: stage 2 not terminated, sending sigkill...", None),
        Sentence::KillingAll => ("sending KILL signal to all processes...", None),
        Sentence::SystemReboot => ("system reboot.", None),
        Sentence::PowerOff => ("power off...", None),
        Sentence::SystemHalt => ("system halt.", None),
    };
    say(what, stage.map(script).unwrap_or_default().to_bytes(), "", b"");
}
