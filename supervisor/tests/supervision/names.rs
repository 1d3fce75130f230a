//! Names that nobody would choose: of 255 bytes, with spaces, newlines, UTF-8 and no UTF-8, from one end to the other.

use crate::faults::start;
use crate::fixture::{RUNSVCHDIR, eventually, eventually_equal, is_alive, output, read, write_script};
use crate::services::{NOTING, Services};
use crate::sv;
use protocol::paths;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest name that a file can have.
fn longest() -> String {
    "n".repeat(255)
}

/// Names that can be written in a sentence.
fn strange() -> Vec<String> {
    let plain = [
        "with some spaces ",
        "two\nlines\n",
        "größe-日本-\u{1f525}",
        "-P",
        "--",
        "quote's\"\\$(id)`*?[",
        "\t\u{1b}[31m",
    ];
    plain.map(String::from).into_iter().chain([longest(), "ü".repeat(127)]).collect()
}

/// One that is no UTF-8.
fn bytes() -> OsString {
    OsStr::from_bytes(b"\xff\xfe\x01 bytes\x80").into()
}

fn journal(services: &Services, name: &Path) -> String {
    read(services.path("services").join(name).join("journal"))
}

/// A services directory with a service of each name, and its log.
fn named() -> (Services, Vec<PathBuf>) {
    let services = Services::new();
    let names: Vec<PathBuf> = strange().into_iter().map(PathBuf::from).chain([bytes().into()]).collect();
    for name in &names {
        let service = services.path("services").join(name);
        write_script(&service.join("run"), &format!("echo a line; {NOTING}"));
        write_script(&service.join("log/run"), "exec cat >>lines");
    }
    (services, names)
}

#[test]
fn every_name_gets_its_runsv_its_log_and_its_end() {
    let (services, names) = named();
    let mut runsvdir = services.start("services");
    for name in &names {
        eventually("the service", || journal(&services, name).ends_with('\n'));
        eventually_equal(|| read(services.path("services").join(name).join("log/lines")), "a line\n");
        let runsv: u32 = journal(&services, name).trim().parse().expect("a pid");
        let words = std::fs::read(format!("/proc/{runsv}/cmdline")).expect("its words");
        assert_eq!(words, [b"runsv\0", name.as_os_str().as_bytes(), b"\0"].concat());
        std::fs::rename(services.path("services").join(name), services.path("removed")).unwrap();
        eventually("the end", || !is_alive(runsv));
        std::fs::remove_dir_all(services.path("removed")).unwrap();
    }
    assert_eq!(services.messages(), "");
    runsvdir.signal(1);
    runsvdir.ended();
}

#[test]
fn sentences_hold_every_name_whole() {
    let (services, names) = named();
    for name in &names {
        std::fs::remove_file(services.path("services").join(name).join("run")).unwrap();
    }
    let _runsvdir = services.start("services");
    for name in &names {
        let sentence =
            [b"runsv ", name.as_os_str().as_bytes(), b": fatal: unable to start ./run: file does not exist\n"].concat();
        let is_told = || {
            let messages = std::fs::read(services.path("messages")).unwrap_or_default();
            messages.windows(sentence.len()).any(|window| window == sentence)
        };
        eventually(&format!("the sentence for {}", name.display()), is_told);
    }
}

#[test]
fn sv_finds_and_tells_every_name() {
    let (services, names) = named();
    let _runsvdir = services.start("services");
    for name in names.iter().filter_map(|name| name.to_str()) {
        eventually("the service", || journal(&services, Path::new(name)).ends_with('\n'));
        let directory = services.path("services");
        let (code, said) = sv::sv(&directory, &["-w30", "--", "stop", name]);
        assert!(code == Some(0) && said.starts_with(&format!("ok: down: {name}: ")), "{code:?} {said}");
        let (code, said) = sv::sv(&directory, &["--", "status", name]);
        assert!(
            code == Some(0) && said.starts_with(&format!("down: {name}: ")) && said.contains("; run: log: "),
            "{said}"
        );
    }
}

#[test]
fn runsvchdir_changes_to_every_name() {
    let services = Services::new();
    services.link("none", "current");
    std::fs::create_dir(services.path("none")).unwrap();
    for name in strange() {
        std::fs::create_dir(services.path(&name)).unwrap();
        let mut command = Command::new(RUNSVCHDIR);
        let output = output(command.arg(&name).env("RUNSVDIR", services.path("")));
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("runsvchdir: {name}: now current.\n"));
        assert_eq!(std::fs::read_link(services.path("current")).unwrap(), Path::new(&name));
    }
}

/// Below [`paths::STATE`] a name of 255 bytes has room, and the name of its log has not.
#[test]
fn a_read_only_service_of_255_bytes_runs_without_a_log_and_is_refused_with_one() {
    let services = Services::new();
    let names = [longest(), "m".repeat(255), "f".repeat(251)];
    let [alone, logged, fits] = &names;
    for name in &names {
        services.add_script(&format!("services/{name}"), "exec sleep 1000");
    }
    for name in [logged, fits] {
        write_script(&services.path(&format!("services/{name}/log/run")), "exec cat");
    }
    let script = "mount -t tmpfs none /run && mount --bind services services && mount -o remount,bind,ro services && \
                  exec runsvdir services";
    let runsvdir = start(&services, script);
    let state = |name: &str| PathBuf::from(format!("/proc/{}/root{}/{name}/stat", runsvdir.pid(), paths::STATE));
    for name in [alone, fits, &format!("{fits}.log")] {
        eventually_equal(|| read(state(name)), "run\n");
    }
    services.expect_message(&format!("runsv {logged}: fatal: unable to open log/supervise/lock: file does not exist"));
    let all = services.messages();
    assert!(all.lines().all(|line| line.starts_with(&format!("runsv {logged}: fatal: "))), "{all}");
}
