//! Processes: what the stages inherit, orphans, and process 1 at rest.

use crate::ours;
use crate::process::{children, stat, wait_until};
use crate::system::{Ended, System};
use protocol::control::Signal;
use std::fs::{self, OpenOptions};
use std::num::NonZeroU32;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than the original's 14 seconds between two looks.
const REST: Duration = Duration::from_secs(15);

/// One line of what the kernel tells of a process.
fn status(pid: NonZeroU32, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t").map(str::to_owned));
    line.expect("the kernel tells it")
}

/// The stage that runs: the one child of process 1, once it is `cat`.
fn stage(system: &System) -> NonZeroU32 {
    wait_until("a stage", || {
        let pid = children(system.first()).first().copied()?;
        (fs::read_to_string(format!("/proc/{pid}/comm")).ok()? == "cat\n").then_some(pid)
    })
}

/// Empty masks, and nothing open but the console.
fn assert_clean(pid: NonZeroU32) {
    for mask in ["SigBlk", "SigIgn", "SigCgt", "SigPnd"] {
        assert_eq!(status(pid, mask), "0000000000000000", "{mask}");
    }
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors").flatten();
    let mut numbers: Vec<String> = descriptors.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    numbers.sort();
    assert_eq!(numbers, ["0", "1", "2"]);
    for number in numbers {
        let target = fs::read_link(format!("/proc/{pid}/fd/{number}")).expect("a target");
        assert!(target.ends_with("dev/console"), "{number}: {target:?}");
    }
}

#[test]
fn stages_start_clean_whatever_process_1_inherits_and_2_and_3_lead_sessions() {
    let waiting = |name: &str| format!("echo stage $0; exec cat /tmp/{name}");
    let setup = ours().stage("1", &waiting("1")).stage("2", &waiting("2")).stage("3", &waiting("3"));
    for fifo in ["tmp/1", "tmp/2", "tmp/3"] {
        setup.fifo(fifo);
    }
    let mut system = setup.with_rubbish().boot();
    for (name, leads) in [("1", false), ("2", true), ("3", true)] {
        system.wait_for(&format!("stage /etc/runit/{name}"));
        let pid = stage(&system);
        assert_clean(pid);
        let stat = stat(pid).expect("it lives");
        let leader = if leads { pid } else { system.first() };
        assert_eq!((stat.session, stat.group), (leader.get(), leader.get()), "{name}");
        // cat reads the end of the file, and ends.
        drop(OpenOptions::new().write(true).open(system.path(&format!("tmp/{name}"))).expect("a fifo"));
    }
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn ctrlaltdel_starts_clean_whatever_process_1_inherits() {
    let setup = ours().stage("2", "echo two; exec sleep 1000").stage("ctrlaltdel", "echo cad; exec cat /tmp/cad");
    setup.fifo("tmp/cad");
    let mut system = setup.with_rubbish().boot();
    system.wait_for("two");
    system.signal(Signal::INT);
    system.wait_for("cad");
    let pid = wait_until("the script", || {
        let is_cat =
            |pid: &NonZeroU32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "cat\n");
        children(system.first()).into_iter().find(is_cat)
    });
    assert_clean(pid);
    drop(OpenOptions::new().write(true).open(system.path("tmp/cad")).expect("a fifo"));
    system.wait_for("leave stage: /etc/runit/ctrlaltdel");
}

#[test]
fn stages_get_the_words_of_the_kernels_command_line() {
    let mut system = ours().environment("quiet_flame", "a b=c").stage("2", "echo \"<$quiet_flame>\" $#").boot();
    system.wait_for("<a b=c> 0");
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn a_zombie_is_reaped_whoever_left_it() {
    let script = "sh -c 'sleep 0.2 & echo $! >/tmp/orphan'; echo two; exec cat /tmp/2";
    let setup = ours().stage("2", script);
    setup.fifo("tmp/2");
    let mut system = setup.boot();
    system.wait_for("two");
    wait_until("the end of the orphan", || (children(system.first()).len() == 1).then_some(()));
    assert!(children(system.first()).iter().all(|pid| stat(*pid).is_some_and(|stat| !stat.is_zombie)));
}

#[test]
fn nothing_wakes_an_idle_runit() {
    let mut system = ours().boot();
    system.wait_for("two");
    system.settle();
    let first = system.first();
    let wakeups = || status(first, "voluntary_ctxt_switches");
    let before = wakeups();
    // A time, for once: that nothing happens is the state.
    let start = Instant::now();
    while start.elapsed() < REST {
        sleep(Duration::from_millis(500));
        assert_eq!(wakeups(), before, "after {:?}", start.elapsed());
    }
}
