//! The console: missing, coming later, made anew, full.

use crate::ours;
use crate::process::wait_until;
use crate::setup::UNTIL_GO;
use crate::system::Ended;
use std::fs;

/// A console that appears while stage 2 runs shows the rest.
fn a_console_that_comes_later_is_used(has_descriptors: bool) {
    let setup = ours().without("dev/console").unread().stage("2", &format!(": >/tmp/two; {UNTIL_GO}"));
    let mut system = if has_descriptors { setup } else { setup.without_descriptors() }.boot();
    let two = system.path("tmp/two");
    wait_until("stage 2", || two.exists().then_some(()));
    system.setup().fifo("dev/console");
    system.read_console();
    system.setup().go();
    assert_eq!(system.end(), Ended::Off);
    let expected = [
        "- runit: leave stage: /etc/runit/2",
        "- runit: enter stage: /etc/runit/3",
        "three",
        "- runit: leave stage: /etc/runit/3",
        "- runit: sending KILL signal to all processes...",
        "- runit: power off...",
    ];
    assert_eq!(system.lines(), expected);
}

#[test]
fn a_missing_console_is_passed_over_and_used_when_it_comes() {
    a_console_that_comes_later_is_used(true);
}

#[test]
fn a_missing_console_is_passed_over_even_where_the_kernel_left_no_descriptor() {
    a_console_that_comes_later_is_used(false);
}

#[test]
fn without_dev_the_machine_still_runs_and_ends() {
    let mut system = ours().without("dev/console").unread().without_descriptors().stage("2", ": >/tmp/two").boot();
    assert_eq!(system.end(), Ended::Off);
    assert!(system.path("tmp/two").exists());
}

#[test]
fn a_console_that_is_made_anew_is_used_again() {
    let mut system = ours().stage("1", &format!("echo one; {UNTIL_GO}")).stage("2", "echo two").boot();
    system.wait_for("one");
    fs::remove_file(system.path("dev/console")).expect("it was there");
    system.setup().fifo("dev/console");
    system.read_console();
    system.setup().go();
    for line in ["leave stage: /etc/runit/1", "enter stage: /etc/runit/2", "two", "leave stage: /etc/runit/2"] {
        system.wait_for(line);
    }
    assert_eq!(system.end(), Ended::Off);
}

#[test]
fn a_full_console_without_a_reader_holds_nobody_up() {
    let fill = "dd if=/bin/sh of=/dev/console bs=4096 oflag=nonblock 2>/tmp/filled";
    let mut system = ours().unread().stage("1", fill).stage("2", "exit 0").stage("3", "exit 0").boot();
    assert_eq!(system.end(), Ended::Off);
    let filled = fs::read_to_string(system.path("tmp/filled")).expect("dd ran");
    assert!(filled.contains("temporarily unavailable"), "the console was not full: {filled}");
}
