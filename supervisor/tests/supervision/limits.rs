//! Time limits: a `./finish` or a hook that hangs is killed and reported, after a time that each service may set.

use crate::fixture::{IDLE, Service, eventually, is_alive, read, write_file};

const FINISH_IS_OVER: &str = "runsv web: warning: ./finish is over its time limit, it is killed";
const HOOK_IS_OVER: &str = "runsv web: warning: control/? is over its time limit, it is killed";

/// A service that ends when it gets TERM, after which its `./finish` hangs.
fn hanging_finish(limit: &str) -> Service {
    let service = Service::new(IDLE);
    service.script("finish", "echo $$ >>journal; exec sleep 1000");
    service.file("finish-limit", limit);
    service
}

#[test]
fn a_finish_that_hangs_is_killed_at_the_limit_of_its_service() {
    let service = hanging_finish("1\n");
    let _runsv = service.start();
    service.expect_stat("run");
    service.send("d");
    service.expect_stat("down");
    let finish: u32 = service.journal()[0].parse().unwrap();
    assert!(!is_alive(finish));
    assert_eq!(service.messages(), format!("{FINISH_IS_OVER}\n"));
}

#[test]
fn letters_are_answered_while_a_finish_hangs() {
    let service = hanging_finish("0");
    let _runsv = service.start();
    service.expect_stat("run");
    service.send("d");
    service.expect_stat("finish, want down");
    service.send("u");
    service.expect_stat("finish");
    service.send("k");
    service.expect_stat("run");
    assert_eq!(service.messages(), "", "0 is no limit");
}

#[test]
fn a_hook_that_hangs_is_killed_and_the_signal_is_sent() {
    let service = Service::new(
        "trap 'echo HUP >>journal' HUP; trap 'echo USR1 >>journal' USR1; echo ready >>journal; while :; do sleep 1000 & wait; done",
    );
    service.script("control/h", "echo $$ >hook; exec sleep 1000");
    service.file("control-limit", "1");
    let _runsv = service.start();
    service.expect_line("ready");
    // The letter behind it is not lost. Which of two traps a shell runs first is its own affair.
    service.send("h1");
    service.expect_line("HUP");
    service.expect_line("USR1");
    let hook: u32 = read(service.path("hook")).trim().parse().unwrap();
    eventually("the end of the hook", || !is_alive(hook));
    assert_eq!(service.messages(), format!("{HOOK_IS_OVER}\n"));
}

#[test]
fn a_hook_of_u_that_hangs_does_not_keep_the_service_down() {
    let service = Service::new(IDLE);
    service.script("control/u", "exec sleep 1000");
    service.file("control-limit", "1");
    let _runsv = service.start();
    service.expect_stat("run");
    assert_eq!(service.messages(), format!("{HOOK_IS_OVER}\n"));
}

#[test]
fn a_limit_that_is_no_number_is_told_and_the_default_holds() {
    for limit in ["", "1s", "-1", "99999999999999999999999", "18446744073709551615"] {
        let service = hanging_finish(limit);
        let _runsv = service.start();
        service.expect_stat("run");
        service.send("d");
        service.expect_stat("finish, want down");
        let sentence = "runsv web: warning: unable to read seconds from finish-limit: invalid argument\n";
        eventually("the sentence", || service.messages() == sentence);
        service.send("k");
        service.expect_stat("down");
    }
}

#[test]
fn a_limit_that_cannot_be_read_is_told_and_the_default_holds() {
    let service = Service::new(IDLE);
    service.script("finish", "exec sleep 1000");
    write_file(&service.path("finish-limit/file"), "", 0o644);
    let _runsv = service.start();
    service.expect_stat("run");
    service.send("d");
    service.expect_stat("finish, want down");
    let sentence = "runsv web: warning: unable to read seconds from finish-limit: is a directory\n";
    eventually("the sentence", || service.messages() == sentence);
    service.send("k");
    service.expect_stat("down");
}
