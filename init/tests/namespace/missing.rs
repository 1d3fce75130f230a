//! What a system may lack: its scripts, all of /etc/runit, the console, /dev, /proc. Process 1 lives, says what is wrong where
//! it can, and the machine can still be powered off and restarted.

use crate::ours;
use crate::process::{children, wait_until};
use crate::runit_init::with_init;
use crate::setup::Setup;
use crate::system::{Ended, System};
use std::fs;
use std::os::unix::fs::symlink;

/// What stage 2 does where nobody may hear it.
const SILENT: &str = ": >/tmp/two; exec sleep 1000";

/// Waits for the end of a system that is asked for it as soon as [`SILENT`] stage 2 runs.
fn stop_in_stage_2(system: &mut System) -> Ended {
    let two = system.path("tmp/two");
    wait_until("stage 2", || two.exists().then_some(()));
    system.stop();
    system.end()
}

#[test]
fn any_stages_may_be_missing_and_each_missing_one_is_named() {
    for missing in [&["1"][..], &["2"], &["3"], &["1", "2"], &["1", "3"], &["2", "3"], &["1", "2", "3"]] {
        for ended in [Ended::Off, Ended::Restart] {
            let setup = missing.iter().fold(ours(), |setup, stage| setup.without(&format!("etc/runit/{stage}")));
            let setup = if ended == Ended::Restart { setup.set("etc/runit/reboot") } else { setup };
            let mut system = setup.boot();
            if !missing.contains(&"2") {
                system.wait_for("two");
                system.stop();
            }
            assert_eq!(system.end(), ended, "without {missing:?}");
            let lines = system.transcript();
            for (stage, says) in [("1", "one"), ("2", "two"), ("3", "three")] {
                let why = format!("- runit: fatal: unable to start child: /etc/runit/{stage}: file does not exist");
                let is_missing = missing.contains(&stage);
                let has = |line: &str| lines.iter().any(|it| it == line);
                assert_eq!((has(&why), has(says)), (is_missing, !is_missing), "without {missing:?}: {lines:?}");
            }
        }
    }
}

#[test]
fn without_etc_runit_the_machine_still_ends() {
    let mut system = ours().without("etc/runit").boot();
    assert_eq!(system.end(), Ended::Off);
    let told = system.transcript().iter().filter(|line| line.contains("unable to start child")).count();
    assert_eq!((told, system.transcript().len()), (3, 11));
}

#[test]
fn a_directory_in_the_place_of_a_stage_is_named() {
    let setup = ours().without("etc/runit/1").without("etc/runit/2");
    for stage in ["etc/runit/1", "etc/runit/2"] {
        fs::create_dir(setup.path(stage)).expect("a directory");
    }
    let mut system = setup.boot();
    assert_eq!(system.end(), Ended::Off);
    for stage in ["1", "2"] {
        let why = format!("- runit: fatal: unable to start child: /etc/runit/{stage}: access denied");
        assert!(system.transcript().contains(&why), "{:?}", system.transcript());
    }
}

/// Removes something in stage 2 and asks with `init WORD`.
fn ended_after_a_loss(setup: Setup, loss: &str, word: &str) -> Ended {
    let mut system = setup.stage("2", &format!("{loss}; /sbin/init {word} && exec sleep 1000; echo refused")).boot();
    let ended = system.end();
    assert!(!system.lines().contains(&"refused".to_owned()), "{:?}", system.lines());
    ended
}

#[test]
fn init_makes_the_folders_that_its_request_needs() {
    for loss in ["rm -r /etc/runit", "rm -r /etc"] {
        assert_eq!(ended_after_a_loss(with_init(), loss, "0"), Ended::Off);
        assert_eq!(ended_after_a_loss(with_init(), loss, "6"), Ended::Restart);
    }
}

#[test]
fn init_makes_the_folder_that_a_link_of_a_request_leads_to() {
    for (word, ended) in [("0", Ended::Off), ("6", Ended::Restart)] {
        let setup = with_init();
        for name in ["stopit", "reboot"] {
            let link = setup.path(&format!("etc/runit/{name}"));
            symlink(format!("/run/runit/{name}"), link).expect("a link");
        }
        assert_eq!(ended_after_a_loss(setup, "rm -rf /run/*", word), ended);
    }
}

#[test]
fn where_no_request_can_be_written_the_end_of_stage_2_powers_off() {
    let script = "rm -r /etc/runit; : >/etc/runit; /sbin/init 0; echo asked $?; trap 'exit 0' TERM; kill $$";
    let mut system = with_init().stage("2", script).boot();
    system.wait_for("init: fatal: unable to set /etc/runit/");
    system.wait_for("asked 111");
    assert_eq!(system.end(), Ended::Off);
}

/// Puts something in the place of the console.
type Make = dyn Fn(&Setup);

/// A system with something else in the place of the console.
fn with_console(make: impl Fn(&Setup)) -> Setup {
    let setup = ours().without("dev/console").unread().stage("2", SILENT);
    make(&setup);
    setup
}

#[test]
fn whatever_stands_in_the_place_of_the_console_the_machine_lives_and_ends() {
    let link = |target: &'static str| move |setup: &Setup| symlink(target, setup.path("dev/console")).expect("a link");
    let consoles: [(&str, &Make); 6] = [
        ("a file", &|setup| setup.file("dev/console", "a file")),
        ("a directory", &|setup| fs::create_dir(setup.path("dev/console")).expect("a directory")),
        ("a link to nothing", &link("nowhere")),
        ("a link to itself", &link("console")),
        ("a program that runs", &|setup| symlink("/proc/1/exe", setup.path("dev/console")).expect("a link")),
        ("a device that takes nothing", &|setup| {
            setup.file("dev/full", "");
            symlink("full", setup.path("dev/console")).expect("a link");
        }),
    ];
    for (name, make) in consoles {
        for setup in [with_console(make), with_console(make).without_descriptors()] {
            assert_eq!(stop_in_stage_2(&mut setup.boot()), Ended::Off, "{name}");
        }
        let mut system = with_console(make).set("etc/runit/reboot").boot();
        assert_eq!(stop_in_stage_2(&mut system), Ended::Restart, "{name}");
    }
}

#[test]
fn without_a_console_it_says_where_standard_error_leads() {
    let mut system = ours().without("dev/console").unread().stage("2", SILENT).without("etc/runit/1").boot();
    assert_eq!(stop_in_stage_2(&mut system), Ended::Off);
    let log = system.setup().log();
    assert!(log.contains("- runit: fatal: unable to start child: /etc/runit/1: file does not exist\n"), "{log}");
    assert!(log.ends_with("- runit: power off...\n"), "{log}");
}

#[test]
fn without_proc_orphans_are_reaped_and_the_machine_ends() {
    for (word, ended) in [("0", Ended::Off), ("6", Ended::Restart)] {
        let script = format!("(sleep 0.1 &); echo two; read x </tmp/asked; /sbin/init {word}; exec sleep 1000");
        let setup = with_init().without("proc").stage("2", &script);
        setup.fifo("tmp/asked");
        let mut system = setup.boot();
        system.wait_for("two");
        wait_until("stage 2 alone", || (children(system.first()).len() == 1).then_some(()));
        fs::write(system.path("tmp/asked"), "now\n").expect("a fifo");
        assert_eq!(system.end(), ended);
        assert!(!system.lines().iter().any(|line| line.contains("warning") || line.contains("fatal")));
    }
}

#[test]
fn without_dev_proc_and_descriptors_the_machine_still_runs_and_ends() {
    let bare = || ours().unread().without("dev").without("proc").without_descriptors();
    assert_eq!(stop_in_stage_2(&mut bare().stage("2", SILENT).boot()), Ended::Off);
    let mut system = bare().stage("2", SILENT).set("etc/runit/reboot").boot();
    assert_eq!(stop_in_stage_2(&mut system), Ended::Restart);
    // And without all of its scripts.
    assert_eq!(bare().without("etc").boot().end(), Ended::Off);
}

#[test]
fn without_dev_a_stage_has_the_root_in_the_place_of_its_descriptors() {
    let setup = ours().unread().without("dev").without_descriptors();
    let mut system = setup.stage("2", "ls -l /proc/self/fd >/tmp/told; : >/tmp/two; exec sleep 1000").boot();
    assert_eq!(stop_in_stage_2(&mut system), Ended::Off);
    let told = fs::read_to_string(system.path("tmp/told")).expect("it was told");
    assert!(told.contains(" 0 -> /\n") && told.contains(" 2 -> /\n"), "{told}");
}
