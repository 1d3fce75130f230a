//! Services and services directories that are reached through symbolic links.

use crate::fixture::{Supervisor, eventually, is_alive, spawn, write_file, write_script};
use crate::services::{NOTING, Services, expect_no_deadline, search_path};
use std::fs;

/// `service` leads to `runlevels/current`, which leads to `one`; each runlevel has a service of its own and `both`, which
/// is a link into `store`.
fn runlevels() -> Services {
    let services = Services::new();
    for runlevel in ["one", "two"] {
        fs::create_dir_all(services.path("runlevels").join(runlevel)).unwrap();
        services.add(&format!("runlevels/{runlevel}/own"));
        fs::create_dir_all(services.path("store")).unwrap();
        services.link("../../store/both", &format!("runlevels/{runlevel}/both"));
    }
    services.add("store/both");
    services.link("one", "runlevels/current");
    services.link("runlevels/current", "service");
    services
}

#[test]
fn a_switched_runlevel_is_seen_at_once_and_what_is_in_both_goes_on() {
    let services = runlevels();
    let runsvdir = services.start("service");
    let (one, both) = (services.supervisor("runlevels/one/own"), services.supervisor("store/both"));
    expect_no_deadline(runsvdir.pid());
    services.relink("two", "runlevels/current");
    services.supervisor("runlevels/two/own");
    eventually("the end of what is in the first only", || !is_alive(one));
    assert_eq!(services.supervisors("store/both"), [both]);
    assert!(is_alive(both));
    expect_no_deadline(runsvdir.pid());
    services.relink("one", "runlevels/current");
    services.nth_supervisor("runlevels/one/own", 1);
    assert_eq!((services.supervisors("store/both"), services.messages().as_str()), (vec![both], ""));
}

#[test]
fn a_service_added_to_the_runlevel_in_force_is_seen_through_the_links() {
    let services = runlevels();
    let runsvdir = services.start("service");
    services.supervisor("runlevels/one/own");
    expect_no_deadline(runsvdir.pid());
    services.add("runlevels/one/new");
    services.supervisor("runlevels/one/new");
    services.relink("two", "runlevels/current");
    services.supervisor("runlevels/two/own");
    expect_no_deadline(runsvdir.pid());
    services.add("runlevels/two/new");
    services.supervisor("runlevels/two/new");
}

#[test]
fn the_first_link_of_the_chain_may_be_replaced_too() {
    let services = runlevels();
    let runsvdir = services.start("service");
    services.supervisor("runlevels/one/own");
    expect_no_deadline(runsvdir.pid());
    services.relink("runlevels/two", "service");
    services.supervisor("runlevels/two/own");
}

#[test]
fn a_runlevel_directory_replaced_by_another_is_seen() {
    let services = runlevels();
    let runsvdir = services.start("service");
    let one = services.supervisor("runlevels/one/own");
    expect_no_deadline(runsvdir.pid());
    services.rename("runlevels/one", "runlevels/old");
    services.rename("runlevels/two", "runlevels/one");
    services.supervisor("runlevels/one/own");
    eventually("the end of the old one's", || !is_alive(one));
}

#[test]
fn a_link_to_a_service_replaced_by_a_rename_is_seen() {
    let services = Services::new();
    services.add("one");
    services.add("two");
    services.link("../one", "services/a");
    let runsvdir = services.start("services");
    let one = services.supervisor("one");
    expect_no_deadline(runsvdir.pid());
    services.relink("../two", "services/a");
    services.supervisor("two");
    eventually("the end of the first", || !is_alive(one));
    assert_eq!(services.messages(), "");
}

#[test]
fn a_link_removed_and_made_anew_between_two_looks_is_followed_anew() {
    let services = Services::new();
    let stores = ["one", "two"];
    stores.iter().for_each(|store| services.add(store));
    services.link("../one", "services/a");
    let _runsvdir = services.start("services");
    let mut runsv = services.supervisor("one");
    // There and back twice: the new link may have the inode of the old one.
    for turn in 1..5 {
        let mark = format!("services/{turn}");
        services.add(&mark);
        services.supervisor(&mark);
        fs::remove_file(services.path("services/a")).unwrap();
        services.link(&format!("../{}", stores[turn % 2]), "services/a");
        let next = services.nth_supervisor(stores[turn % 2], turn / 2);
        eventually("the end of the one before", || !is_alive(runsv));
        runsv = next;
    }
    assert_eq!(services.messages(), "");
}

#[test]
fn a_link_to_a_link_beside_it_is_followed_anew_though_nothing_but_a_name_has_come() {
    let services = Services::new();
    services.add("one");
    services.add("two");
    fs::create_dir(services.path("elsewhere")).unwrap();
    services.link("../two", "elsewhere/new");
    services.link("../one", "services/.beside");
    // The kernel does not tell of the end of what has another name.
    fs::hard_link(services.path("services/.beside"), services.path("another")).unwrap();
    services.link(".beside", "services/a");
    let _runsvdir = services.start("services");
    let one = services.supervisor("one");
    services.rename("elsewhere/new", "services/.beside");
    services.supervisor("two");
    eventually("the end of the first", || !is_alive(one));
}

#[test]
fn a_service_replaced_in_its_store_is_seen() {
    let services = Services::new();
    fs::create_dir(services.path("store")).unwrap();
    services.add("store/a");
    services.link("../store/a", "services/a");
    let runsvdir = services.start("services");
    let old = services.supervisor("store/a");
    expect_no_deadline(runsvdir.pid());
    services.rename("store/a", "old");
    services.add("store/a");
    services.supervisor("store/a");
    eventually("the end of the old one", || !is_alive(old));
}

#[test]
fn a_store_replaced_as_a_whole_is_seen() {
    let services = Services::new();
    for store in ["store-1", "store-2"] {
        fs::create_dir(services.path(store)).unwrap();
        services.add(&format!("{store}/a"));
    }
    services.link("store-1", "store");
    services.link("../store/a", "services/a");
    let runsvdir = services.start("services");
    let old = services.supervisor("store-1/a");
    expect_no_deadline(runsvdir.pid());
    services.relink("store-2", "store");
    services.supervisor("store-2/a");
    eventually("the end of the old one", || !is_alive(old));
}

#[test]
fn a_dangling_link_is_told_and_its_target_awaited() {
    let services = Services::new();
    services.link("../later", "services/a");
    let runsvdir = services.start("services");
    services.expect_message("runsvdir services: warning: unable to stat a: file does not exist");
    expect_no_deadline(runsvdir.pid());
    services.add("later");
    services.supervisor("later");
    expect_no_deadline(runsvdir.pid());
}

#[test]
fn a_link_through_a_file_is_told_and_a_directory_in_its_place_awaited() {
    let services = Services::new();
    write_file(&services.path("store"), "", 0o644);
    // What has another name is not told to go.
    fs::hard_link(services.path("store"), services.path("another")).unwrap();
    services.link("../store/a", "services/a");
    let runsvdir = services.start("services");
    services.expect_message("runsvdir services: warning: unable to stat a: not a directory");
    expect_no_deadline(runsvdir.pid());
    fs::create_dir(services.path("new")).unwrap();
    services.add("new/a");
    fs::remove_file(services.path("store")).unwrap();
    services.rename("new", "store");
    services.supervisor("store/a");
    expect_no_deadline(runsvdir.pid());
}

#[test]
fn a_link_whose_target_goes_ends_its_service() {
    let services = Services::new();
    services.add("there");
    services.link("../there", "services/a");
    let runsvdir = services.start("services");
    let runsv = services.supervisor("there");
    expect_no_deadline(runsvdir.pid());
    services.rename("there", "elsewhere");
    services.expect_message("runsvdir services: warning: unable to stat a: file does not exist");
    eventually("the end of its runsv", || !is_alive(runsv));
}

#[test]
fn a_link_that_leads_to_itself_is_told() {
    let services = Services::new();
    services.link("b", "services/a");
    services.link("a", "services/b");
    let _runsvdir = services.start("services");
    services.expect_message("runsvdir services: warning: unable to stat a: symbolic link loop");
    write_script(&services.path("services/c/run"), NOTING);
    services.supervisor("services/c");
}

#[test]
fn a_link_replaced_by_one_to_the_same_place_is_watched_like_the_first() {
    let services = Services::new();
    for name in ["one/web", "two/web"] {
        fs::create_dir(services.path(name).parent().expect("a store")).unwrap();
        services.add(name);
    }
    services.link("one", "current");
    services.link("../current/web", "services/web");
    let _runsvdir = services.start("services");
    let one = services.supervisor("one/web");
    services.relink("one", "current");
    services.add("services/mark");
    services.supervisor("services/mark");
    services.relink("two", "current");
    services.supervisor("two/web");
    eventually("the end of the first", || !is_alive(one));
}

#[test]
fn a_link_to_a_name_that_cannot_be_keeps_no_removed_service_alive() {
    let services = Services::new();
    services.add("services/web");
    services.link(&"x".repeat(300), "services/bad");
    let _runsvdir = services.start("services");
    let web = services.supervisor("services/web");
    services.rename("services/web", "removed");
    eventually("the end of the removed one", || !is_alive(web));
    services.expect_message("runsvdir services: warning: unable to stat bad: file name too long");
}

#[test]
fn a_mounted_service_and_a_link_to_it_are_one() {
    let services = Services::new();
    services.add("store");
    fs::create_dir(services.path("services/mounted")).unwrap();
    services.link("mounted", "services/alias");
    let mut mounting = std::process::Command::new("unshare");
    mounting.args([
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        "mount --bind store services/mounted && exec \"$@\"",
        "sh",
    ]);
    let command = services.command(&["services"]);
    mounting.arg(command.get_program()).args(command.get_args()).current_dir(services.path(""));
    mounting.env("PATH", search_path()).stderr(fs::File::create(services.path("messages")).unwrap());
    let runsvdir = Supervisor::new(spawn(&mut mounting));
    let runsv = services.supervisor("store");
    // The entry of a mount point tells of the directory below it, so it must be asked at each look.
    services.add("services/another");
    services.supervisor("services/another");
    assert_eq!((services.supervisors("store"), services.messages().as_str()), (vec![runsv], ""));
    assert!(is_alive(runsv));
    expect_no_deadline(runsvdir.pid());
}
