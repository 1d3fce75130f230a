//! A minimal Debian with our programs in the place of its init, by the how-to page: it boots to its login, and is powered off.
//!
//! Its one law: the page's files are used as they stand there (`pages`). debootstrap makes the root once, as root (through sudo
//! where the user is not), and it is kept as an archive in `target/boards/debian`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::conformance::stage::Stage;
use pilotlight_qemu_tests::guest::Guest;
use pilotlight_qemu_tests::host;
use pilotlight_qemu_tests::image::Image;

use crate::pages;

/// Makes the archive `$1`.
const BOOTSTRAP: &str = r#"set -e
root=$(mktemp -d); trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
tar -C "$root" -cf "$1.part" .
mv "$1.part" "$1""#;
/// From the archive `$1`, the files `$2` and the programs `$3` makes the file system `$4`. root has no password.
const INSTALL: &str = r#"set -e
root=$(mktemp -d); trap 'rm -rf "$root"' EXIT
tar -C "$root" -xf "$1"
sh "$2/install" "$root" "$3"
cp -R "$2/etc" "$root"
sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
echo debian >"$root/etc/hostname"
mkfs.ext4 -q -d "$root" "$4" 400M
chmod 666 "$4""#;

fn as_root(script: &str, arguments: &[&Path]) -> Result<()> {
    let mut command = host::as_root("sh")?;
    // Debian keeps these programs out of a user's PATH.
    let script = format!("PATH=$PATH:/usr/sbin:/sbin\n{script}");
    host::run(command.args(["-c", &script, "sh"]).args(arguments))
}

/// The root that debootstrap makes.
fn archive() -> Result<PathBuf> {
    let _lock = host::lock()?;
    host::require("debootstrap", &["debootstrap"])?;
    host::require("mkfs.ext4", &["e2fsprogs"])?;
    let archive = host::make_dir(host::work_dir().join("debian"))?.join("bookworm-root.tar");
    if !archive.is_file() {
        host::say("making a minimal Debian with debootstrap");
        as_root(BOOTSTRAP, &[&archive]).context("unable to make a minimal Debian")?;
    }
    Ok(archive)
}

/// The disk of a Debian whose init is ours.
fn disk(stage: &Stage) -> Result<PathBuf> {
    for file in pages::files(&pages::read("debian")?) {
        stage.file(&format!("files/{}", file.name.trim_start_matches('/')), file.text, 0o755)?;
    }
    let disk = stage.path("disk");
    as_root(INSTALL, &[&archive()?, &stage.path("files"), &stage.path("bin"), &disk])?;
    Ok(disk)
}

#[test]
fn a_debian_with_our_init_boots_to_its_login_and_is_powered_off() -> Result<()> {
    let board = Board::load("x86_64")?;
    let device = &board.disk.as_ref().context("the board has no disk")?.device;
    let stage = Stage::new(&Programs::ours()?)?;
    let disk = disk(&stage)?;
    let drive = format!("file={},format=raw,if=none,id=drive", disk.display());
    let arguments = ["-drive", &drive, "-device", &format!("{device},drive=drive")].map(str::to_owned);
    let image = Image::prepare_with(&board, Some(&host::root().join("qemu-tests/overlays/debian")))?;
    let mut guest = Guest::boot_image(board, image, "", &arguments)?;
    guest.wait_for("- runit: enter stage: /etc/runit/2")?;
    guest.wait_for("debian login: ")?;
    guest.enter("root")?;
    let greeting = guest.wait_for("root@debian:~#")?;
    ensure!(!greeting.contains("no job control"), "the login has no terminal of its own: {greeting}");
    // The shell that the helpers of the boards know; what is typed is not its prompt yet.
    guest.enter("exec env TERM=dumb PS1='pilot''light# ' sh")?;
    guest.wait_for_shell()?;
    ensure!(guest.run("cat /proc/1/comm")? == "runit", "process 1 is another");
    ensure!(guest.run("sv status getty-ttyS0")?.starts_with("run: getty-ttyS0: (pid "), "the getty is no service");
    guest.run("grep -q '^12' /etc/debian_version")?;
    guest.run("touch /written && test -O /run/utmp")?;
    guest.enter("init 0")?;
    guest.wait_for("- runit: leave stage: /etc/runit/3")?;
    guest.wait_for_power_off()?;
    // It was unmounted in order: nothing of its journal is left to be done.
    let dump = host::output(Command::new(host::require("dumpe2fs", &["e2fsprogs"])?).arg("-h").arg(&disk))?;
    ensure!(dump.contains("Filesystem state:         clean") && !dump.contains("needs_recovery"), "{dump}");
    fs::remove_file(disk).context("unable to remove the disk")
}
