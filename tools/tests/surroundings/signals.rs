//! Every signal, 1 to 64, at each tool while it waits for something: what svlogd handles, and the default action of all others.

use crate::bench::{Log, Running, until};
use crate::fixture::{Services, down, run};
use pilotlight_qemu_tests::signals::{self, Fate};
use protocol::control::Signal;
use std::fs::{self, File};
use std::num::NonZeroU32;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use temp_dir::TempDir;

fn send(pid: u32, number: u8) {
    sys::process::kill(NonZeroU32::new(pid).expect("not 0"), number).expect("it lives");
}

fn ended(child: &mut Child) -> ExitStatus {
    until("its end", || child.try_wait().expect("a child").is_some());
    child.wait().expect("a child")
}

/// Sends a signal to a tool that handles some; whether it lives on. One that is stopped is told to go on.
fn outlives(child: &mut Child, number: u8, handled: &[Signal]) -> bool {
    let is_handled = handled.contains(&Signal(number));
    let fate = if is_handled { Fate::Lives } else { signals::by_default(child.id(), number) };
    send(child.id(), number);
    match fate {
        Fate::Lives => {}
        Fate::Stops => {
            until("a stop", || signals::is_stopped(child.id()));
            send(child.id(), Signal::CONT.0);
        }
        Fate::Dies => assert_eq!(ended(child).signal(), Some(number.into())),
    }
    fate != Fate::Dies
}

#[test]
fn at_svlogd() {
    for number in signals::ALL {
        let log = Log::new("");
        let mut svlogd = Running::on(&log, &[]);
        svlogd.write(b"before\n");
        until("the first line", || log.current() == "before\n");
        if number == Signal::TERM.0 {
            svlogd.signal(number);
            assert!(svlogd.ended().status.success());
        } else if outlives(&mut svlogd.child, number, &[Signal::HUP, Signal::ALRM, Signal::CHLD, Signal::PIPE]) {
            svlogd.write(b"after\n");
            assert!(svlogd.end().status.success(), "signal {number}");
            assert_eq!(log.all(), "before\nafter\n", "signal {number}");
        } else {
            assert_eq!(log.all(), "before\n", "what was read is logged");
        }
    }
}

#[test]
fn at_sv_that_waits() {
    for number in signals::ALL {
        let services = Services::new();
        let web = services.add("web", run(500));
        let mut sv = services
            .command(&["-w60", "down", "web"])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("sv runs");
        web.expect_letters("d");
        if outlives(&mut sv, number, &[]) {
            web.publish(down(500));
            assert!(ended(&mut sv).success(), "signal {number}");
        }
    }
}

/// Waits until a process waits for a lock.
fn until_it_waits_for_a_lock(pid: u32) {
    let waiting = format!(" {pid} ");
    until("it waits", || fs::read_to_string("/proc/locks").unwrap_or_default().contains(&waiting));
}

#[test]
fn at_chpst_that_waits_for_a_lock() {
    for number in signals::ALL {
        let directory = TempDir::new().expect("a temporary directory");
        let lock = directory.child("lock");
        let holder = File::create(&lock).expect("a lock");
        holder.lock().expect("nobody has it");
        let mut command = Command::new(env!("CARGO_BIN_EXE_chpst"));
        let mut chpst = command.arg("-l").arg(&lock).arg("true").process_group(0).spawn().expect("chpst runs");
        until_it_waits_for_a_lock(chpst.id());
        if outlives(&mut chpst, number, &[]) {
            drop(holder);
            assert!(ended(&mut chpst).success(), "signal {number}");
        }
    }
}

#[test]
fn at_utmpset_that_waits_for_a_lock() {
    let script = "mount --bind \"$1\" /run && exec \"$2\" tty1";
    for number in signals::ALL {
        let directory = TempDir::new().expect("a temporary directory");
        let holder = File::create(directory.child("utmp")).expect("accounting");
        holder.lock().expect("nobody has it");
        let mut unshare = Command::new("unshare");
        unshare.args(["-rm", "sh", "-c", script, "sh"]).arg(directory.path()).arg(env!("CARGO_BIN_EXE_utmpset"));
        let mut utmpset = unshare.stderr(Stdio::null()).process_group(0).spawn().expect("unshare of util-linux runs");
        until_it_waits_for_a_lock(utmpset.id());
        if outlives(&mut utmpset, number, &[]) {
            drop(holder);
            // Nobody is logged in.
            assert_eq!(ended(&mut utmpset).code(), Some(111), "signal {number}");
        }
    }
}
