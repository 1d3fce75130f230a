//! Users and groups by name and number. A root directory with passwd and group files of its own shows that names are
//! looked up where the program will run.

use crate::{called, failed, is_root, printed, run, told};
use std::fs;
use std::process::Command;
use temp_dir::TempDir;

const IDS: &str = "grep -E '^(Uid|Gid|Groups):' /proc/self/status | tr -s '\\t ' ' '";

fn ids(account: &str) -> (Option<i32>, String, String) {
    run(&["-u", account, "sh", "-c", IDS])
}

fn have(uid: &str, gid: &str, groups: &str) -> (Option<i32>, String, String) {
    printed(&format!("Uid: {uid} {uid} {uid} {uid}\nGid: {gid} {gid} {gid} {gid}\nGroups: {groups} \n"))
}

#[test]
fn the_program_runs_as_the_user_with_the_groups_named_and_no_others() {
    if !is_root() {
        return;
    }
    let numbers = |option: &str, name: &str| {
        let output = Command::new("id").args([option, name]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let (uid, gid) = (numbers("-u", "daemon"), numbers("-g", "daemon"));
    let group = |name| numbers("-g", name);
    assert_eq!(ids("daemon"), have(&uid, &gid, &gid));
    assert_eq!(ids("daemon:bin:sys"), have(&uid, &group("bin"), &format!("{} {}", group("bin"), group("sys"))));
    assert_eq!(ids(":65536:70000:80000"), have("65536", "70000", "70000 80000"));
    assert_eq!(told(called("setuidgid", &["daemon", "sh", "-c", IDS]).output().unwrap()), have(&uid, &gid, &gid));
}

#[test]
fn an_account_that_is_none_is_refused_and_never_taken_for_root() {
    for account in
        [":", "::1", ":0:", ":7", ":4294967296:1", ":1:4294967296", ":4294967295:1", ":1:x", ":-1:1", ":1: 1"]
    {
        assert_eq!(ids(account), failed(&format!("invalid uid/gids: {}", &account[1..])));
    }
    let many = format!(":1{}", ":2".repeat(61));
    assert_eq!(ids(&many), failed(&format!("invalid uid/gids: {}", &many[1..])));
    for account in ["no such user", "root:no such group", "root:", "1", "root:0"] {
        assert_eq!(ids(account), failed(&format!("unknown user/group: {account}")));
    }
    for name in ["setuidgid", "envuidgid"] {
        for account in ["no such user", ":1:1", "root:root"] {
            assert_eq!(
                told(called(name, &[account, "true"]).output().unwrap()),
                failed(&format!("unknown account: {account}"))
            );
        }
    }
}

#[test]
fn ids_go_into_the_environment() {
    let script = "echo $UID $GID";
    let shown = |arguments: &[&str]| {
        let mut command = called("chpst", arguments);
        // bash keeps its own UID, so a plain program shows it.
        told(command.args(["env"]).env_clear().output().unwrap()).1
    };
    assert_eq!(shown(&["-U", ":3:4:5"]), "GID=4\nUID=3\n", "{script}");
    assert_eq!(shown(&["-U", "root"]), "GID=0\nUID=0\n");
}

#[test]
fn names_are_looked_up_below_the_new_root_in_files_of_whatever_content() {
    if !is_root() {
        return;
    }
    let root = TempDir::new().unwrap();
    let etc = root.path().join("etc");
    fs::create_dir(&etc).unwrap();
    let junk = b"\x00\xff::::\njunk\nx:y:z\nempty:x:::::\nlast:x:77:88::/:/bin/sh".to_vec();
    fs::write(etc.join("passwd"), junk).unwrap();
    fs::write(etc.join("group"), "staff:x:99:").unwrap();
    let told = |account| run(&["-/", root.path().to_str().unwrap(), "-u", account, "/nothing"]);
    assert_eq!(told("last"), failed("unable to run: /nothing: file does not exist"));
    assert_eq!(told("last:staff"), failed("unable to run: /nothing: file does not exist"));
    assert_eq!(told("empty"), failed("unknown user/group: empty"), "an empty number is not root's");
    assert_eq!(told("daemon"), failed("unknown user/group: daemon"));
    assert_eq!(told("last:bin"), failed("unknown user/group: last:bin"));
}

#[test]
fn the_lock_is_opened_by_the_new_user() {
    if !is_root() {
        return;
    }
    let root = TempDir::new().unwrap();
    let lock = root.path().join("lock");
    let lock = lock.to_str().unwrap();
    assert_eq!(
        run(&["-u", ":65536:65536", "-l", lock, "true"]),
        failed(&format!("unable to open lock: {lock}: access denied"))
    );
}
