//! `boards/buildroot`: its packages are built and installed by make, in the environment of Buildroot, and the root boots.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use object::Object;
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::dist;
use pilotlight_qemu_tests::guest::Guest;
use pilotlight_qemu_tests::host;

const EXTERNAL: &str = "boards/buildroot";
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// The settings of the image: read-only, with all services that busybox serves, a getty and DHCP.
const SETTINGS: &[&str] = &[
    "BR2_INIT_PILOTLIGHT=y",
    "BR2_PACKAGE_BUSYBOX=y",
    "BR2_PACKAGE_PILOTLIGHT_INIT_SCRIPTS=y",
    "BR2_PACKAGE_PILOTLIGHT_SYSLOGD=y",
    "BR2_PACKAGE_PILOTLIGHT_NTPD=y",
    "BR2_PACKAGE_PILOTLIGHT_HTTPD=y",
    "BR2_TARGET_GENERIC_TIMESERVER=\"time.example.org other.example.org\"",
    "BR2_SYSTEM_DHCP=\"eth7\"",
    "BR2_TARGET_GENERIC_GETTY=y",
    "BR2_TARGET_GENERIC_GETTY_PORT=\"ttyS3\"",
    "BR2_TARGET_GENERIC_GETTY_BAUDRATE=\"0\"",
    "BR2_TARGET_GENERIC_GETTY_TERM=\"vt100\"",
    "BR2_TARGET_GENERIC_GETTY_OPTIONS=\"-n -8\"",
];
/// The init script of another package: it notes its words on the console.
const SCRIPT: &str = "#!/bin/sh\necho \"other-daemon: $1\" >/dev/console\n";

/// Where make plays Buildroot: the sources, and the root that is being made.
struct Play {
    build: PathBuf,
    root: PathBuf,
    script: PathBuf,
}

impl Play {
    /// A place of its own, with sources as Buildroot copies them; what an earlier run built there stays.
    fn new(name: &str) -> Result<Self> {
        let place = host::make_dir(host::work_dir().join("buildroot").join(name))?;
        let play = Self { build: place.join("build"), root: place.join("buildroot"), script: place.join("script") };
        let _ = fs::remove_dir_all(&play.root); // of an earlier run
        for entry in fs::read_dir(host::make_dir(play.build.clone())?).context("unable to read the build")?.flatten() {
            // The compiled programs stay, the sources are copied anew.
            if entry.file_name() != "target" {
                let path = entry.path();
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.with_context(|| format!("unable to remove {}", path.display()))?;
            }
        }
        dist::copy_sources(&host::root(), &play.build)?;
        // What the common skeleton and busybox would have left.
        for directory in ["sbin", "bin", "usr/bin", "usr/sbin", "etc", "var"] {
            host::make_dir(play.root.join(directory))?;
        }
        for applet in ["sbin/init", "usr/bin/sv", "usr/bin/chpst", "sbin/reboot"] {
            std::os::unix::fs::symlink("../bin/busybox", play.root.join(applet)).context("unable to make a link")?;
        }
        fs::write(&play.script, SCRIPT).context("unable to write the init script")?;
        Ok(play)
    }

    fn make(&self, goal: &str, settings: &[&str]) -> Result<Command> {
        let mut make = Command::new(host::require("make", &["make"])?);
        make.args(["--no-print-directory", "-f"]);
        make.arg(host::root().join("qemu-tests/tests/packages/buildroot.mk")).arg(goal).args(settings);
        make.arg(format!("EXTERNAL={}", host::root().join(EXTERNAL).display()));
        make.arg(format!("BUILD={}", self.build.display())).arg(format!("TARGET_DIR={}", self.root.display()));
        make.arg(format!("SCRIPT={}", self.script.display())).arg(format!("RUSTC_TARGET_NAME={TARGET}"));
        Ok(make)
    }

    fn text(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.root.join(path)).with_context(|| format!("{path} is missing"))
    }
}

/// The budget of a program of the board x86_64, in bytes.
fn budget(program: &str) -> Result<u64> {
    let text = fs::read_to_string(host::root().join("qemu-tests/budgets.toml")).context("no budgets.toml")?;
    let table: toml::Table = toml::from_str(&text).context("budgets.toml is no table")?;
    let bytes = table.get("x86_64").and_then(|board| board.get(format!("size.{program}"))?.as_integer());
    let bytes = bytes.with_context(|| format!("{program} has no budget"))?;
    u64::try_from(bytes).context("a negative budget")
}

/// Is a program static: no interpreter, no dynamic section?
fn is_static(file: &Path) -> Result<bool> {
    let bytes = fs::read(file).with_context(|| format!("unable to read {}", file.display()))?;
    let program = object::File::parse(bytes.as_slice()).context("not a program")?;
    ensure!(program.segments().next().is_some(), "{} holds nothing", file.display());
    Ok(program.section_by_name(".interp").is_none() && program.section_by_name(".dynamic").is_none())
}

#[test]
fn the_root_that_buildroot_would_make_is_small_and_boots() -> Result<()> {
    let play = Play::new("image")?;
    {
        let _lock = host::lock()?;
        host::require("gcc", &["gcc", "libc6-dev"])?;
        host::run(&mut play.make("built", SETTINGS)?)?;
        // As after a build that failed: the sources are not copied anew.
        host::run(&mut play.make("built", SETTINGS)?)?;
    }
    host::run(&mut play.make("installed", SETTINGS)?)?;

    for program in ["runit", "runit-init", "runsv", "runsvdir", "runsvchdir"] {
        let file = play.root.join("sbin").join(program);
        let size = fs::metadata(&file).with_context(|| format!("{program} is missing"))?.len();
        println!("{program} {size} of {}", budget(program)?);
        ensure!(is_static(&file)?, "{program} is not static");
        ensure!(size <= budget(program)?, "{program} has {size} bytes, its budget is {}", budget(program)?);
    }
    ensure!(!is_static(&play.root.join("sbin/pilotlight"))?, "the look for static programs finds every one static");
    let link = |path: &str| fs::read_link(play.root.join(path)).with_context(|| format!("{path} is no link"));
    ensure!(link("sbin/init")?.as_os_str() == "runit-init" && link("sbin/sv")?.as_os_str() == "pilotlight");
    ensure!(!play.root.join("usr/bin/sv").exists(), "busybox's sv is in the way of ours");
    for service in ["syslogd", "klogd", "ntpd", "httpd", "udhcpc", "getty"] {
        let target = link(&format!("etc/runit/runsvdir/default/{service}"))?;
        ensure!(target.as_os_str() == format!("/etc/sv/{service}").as_str(), "{service} leads elsewhere");
        let run = play.root.join("etc/sv").join(service).join("run");
        let mode = fs::metadata(&run).with_context(|| format!("{service} has no run"))?.permissions().mode();
        ensure!(mode & 0o111 == 0o111, "{service}/run cannot be run");
    }
    ensure!(play.text("etc/sv/udhcpc/conf")? == "interface=eth7\n", "the interface of DHCP");
    ensure!(play.text("etc/sv/ntpd/conf")? == "server=time.example.org\n", "the time server");
    let getty = "port=ttyS3\nbaudrate=0\nterm=vt100\noptions='-n -8'\n";
    ensure!(play.text("etc/sv/getty/conf")? == getty, "the getty: {}", play.text("etc/sv/getty/conf")?);
    ensure!(play.text("etc/runit/conf")? == "root=ro\n", "the root is remounted against the setting");
    boots(&play)
}

/// Boots the root over that of the board: its stages, its services, the init script of the other package.
fn boots(play: &Play) -> Result<()> {
    // The board's shell is a service of its own; the lines and interfaces of the settings are not there.
    for absent in ["getty", "udhcpc", "ntpd"] {
        let link = play.root.join("etc/runit/runsvdir/default").join(absent);
        fs::remove_file(&link).with_context(|| format!("{absent} is not switched on"))?;
    }
    fs::write(play.root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nlog:x:100:100:log:/:/bin/false\n")
        .context("unable to write the users")?;
    fs::write(play.root.join("etc/group"), "root:x:0:\nlog:x:100:\n").context("unable to write the groups")?;
    let mut guest = Guest::boot_with(Board::load("x86_64")?, &play.root, "")?;
    guest.wait_for("- runit: enter stage: /etc/runit/1")?;
    guest.wait_for("other-daemon: start")?;
    guest.wait_for("- runit: enter stage: /etc/runit/2")?;
    guest.wait_for_shell()?;
    guest.run("sv -w 60 start syslogd klogd httpd")?;
    let missing =
        "for mount in /run /tmp /var/log /dev /dev/pts; do grep -q \" $mount \" /proc/mounts || echo $mount; done";
    let missing = guest.run(missing)?;
    ensure!(missing.is_empty(), "not mounted: {missing}");
    guest.enter("poweroff")?;
    guest.wait_for("- runit: enter stage: /etc/runit/3")?;
    guest.wait_for("other-daemon: stop")?;
    guest.wait_for("- runit: power off")?;
    Ok(())
}

#[test]
fn settings_that_are_off_leave_nothing_behind() -> Result<()> {
    let play = Play::new("small")?;
    let settings = ["BR2_INIT_PILOTLIGHT=y", "BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW=y"];
    // Only what is installed is looked at here: any file serves as a program.
    let programs = host::make_dir(play.build.join("target").join(TARGET).join("release"))?;
    for program in ["runit", "runit-init", "runsv", "runsvdir", "runsvchdir", "pilotlight"] {
        fs::write(programs.join(program), "").context("unable to write a file")?;
    }
    host::run(&mut play.make("installed", &settings)?)?;
    ensure!(play.text("etc/runit/conf")? == "root=rw\n", "the root stays read-only against the setting");
    let runlevel = fs::read_dir(play.root.join("etc/runit/runsvdir/default")).context("no runlevel")?;
    ensure!(runlevel.count() == 0, "services are switched on that no setting asks for");
    ensure!(!play.root.join("etc/init.d").exists(), "init scripts were installed against the setting");
    Ok(())
}

#[test]
fn the_package_alone_leaves_the_system_as_it_is() -> Result<()> {
    let play = Play::new("alone")?;
    let programs = host::make_dir(play.build.join("target").join(TARGET).join("release"))?;
    for program in ["runit", "runit-init", "runsv", "runsvdir", "runsvchdir", "pilotlight"] {
        fs::write(programs.join(program), "").context("unable to write a file")?;
    }
    let goal = play.build.join(".pilotlight-installed").display().to_string();
    host::run(&mut play.make(&goal, &["BR2_PACKAGE_PILOTLIGHT=y"])?)?;
    let init = fs::read_link(play.root.join("sbin/init")).context("there is no init any more")?;
    ensure!(init.as_os_str() == "../bin/busybox", "the init of the system was replaced");
    ensure!(!play.root.join("etc/runit").exists() && !play.root.join("etc/sv").exists(), "stages were installed");
    Ok(())
}

#[test]
fn the_hashes_of_the_licences_are_those_of_the_files() -> Result<()> {
    let hashes = host::root().join(EXTERNAL).join("package/pilotlight/pilotlight.hash");
    let text = fs::read_to_string(hashes).context("no pilotlight.hash")?;
    let lines: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("sha256  ")).collect();
    ensure!(lines.len() == 2, "pilotlight.hash has {} licences", lines.len());
    for line in lines {
        let (hash, name) = line.split_once("  ").context("two spaces stand between hash and name")?;
        let sum = host::output(Command::new("sha256sum").arg(host::root().join(name)))?;
        ensure!(sum.starts_with(hash), "the hash of {name} is another");
    }
    Ok(())
}

/// The files below a directory with one of these endings.
fn files(endings: &[&str]) -> Result<Vec<(String, String)>> {
    let list = host::output(Command::new("find").args([EXTERNAL, "-type", "f"]).current_dir(host::root()))?;
    let wanted = |path: &&str| endings.iter().any(|ending| path.ends_with(ending));
    let paths: Vec<_> = list.lines().filter(wanted).map(str::to_owned).collect();
    ensure!(!paths.is_empty(), "no file ends in {endings:?}");
    let read = |path: String| {
        let text = fs::read_to_string(host::root().join(&path)).with_context(|| format!("unable to read {path}"))?;
        Ok((path, text))
    };
    paths.into_iter().map(read).collect()
}

/// The rules of Buildroot's manual ("Writing rules", "Config files") that its own checker would look at.
#[test]
fn the_files_have_buildroots_form() -> Result<()> {
    for (path, text) in files(&["Config.in", "init.in", ".mk", ".hash", "_defconfig", ".desc", ".py"])? {
        ensure!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path} does not end with one newline");
        ensure!(!text.contains("\n\n\n") || path.ends_with(".py"), "{path} has two empty lines in a row");
        for (number, line) in (1..).zip(text.lines()) {
            ensure!(line.trim_end() == line, "{path}:{number}: a blank at the end");
        }
    }
    for (path, text) in files(&["Config.in", "init.in"])? {
        let mut in_help = false;
        for (number, line) in (1..).zip(text.lines()) {
            let words = line.trim_start();
            in_help = (in_help || words == "help") && (line.starts_with('\t') || line.is_empty());
            let is_text = in_help && words != "help" && !line.is_empty();
            ensure!(
                !is_text || line.starts_with("\t  ") && line.len() <= 65,
                "{path}:{number}: tab, 2 spaces, 62 chars"
            );
            ensure!(is_text || !line.starts_with(' '), "{path}:{number}: indented with a tab");
        }
    }
    for (path, text) in files(&[".mk"])?.into_iter().filter(|(path, _)| !path.ends_with("external.mk")) {
        let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".mk");
        let rule = "#".repeat(80);
        let header = format!("{rule}\n#\n# {name}\n#\n{rule}\n\n");
        ensure!(text.starts_with(&header), "{path} lacks the header of a package");
        let prefix = name.to_uppercase().replace('-', "_");
        for line in text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase())) {
            ensure!(line.starts_with(&prefix), "{path}: a variable of another package: {line}");
        }
        ensure!(!text.contains("${"), "{path} has a variable in braces");
    }
    for (path, text) in files(&["_defconfig"])? {
        ensure!(text.contains("\nBR2_DOWNLOAD_FORCE_CHECK_HASHES=y\n"), "{path} does not check every download");
        ensure!(text.contains("\nBR2_INIT_PILOTLIGHT=y\n"), "{path} has another init system");
        let is_read_only = text.contains("\n# BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW is not set\n");
        ensure!(is_read_only == text.contains("\nBR2_TARGET_ROOTFS_SQUASHFS=y\n"), "{path}: root and setting disagree");
    }
    host::run(
        Command::new("python3")
            .args(["-m", "py_compile"])
            .args(files(&[".py"])?.into_iter().map(|(path, _)| host::root().join(path)))
            .env("PYTHONPYCACHEPREFIX", host::work_dir().join("pycache")),
    )
}
