//! One board: what `boards/NAME.toml` says. The existence of the file makes the board.
//!
//! Its one law: a board is data; nothing in its file is executed.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::host;

/// A board, as its file describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// The name of the file without `.toml`.
    #[serde(skip)]
    pub name: String,
    /// One line for a person.
    pub description: String,
    /// The directory below `boards/` whose files go over the image's root.
    pub overlay: String,
    /// The Rust targets of the two lanes.
    pub targets: Targets,
    /// The machine that QEMU emulates.
    pub qemu: Qemu,
    /// The kernel, from Debian.
    pub kernel: Kernel,
    /// The drive that a test may give it.
    pub disk: Option<Disk>,
    /// The root file system on a drive, where it is not in memory.
    pub root: Option<Root>,
    /// The network cards: eth0, eth1 and so on.
    #[serde(default)]
    pub network: Vec<Card>,
}

/// The Rust targets of a board's programs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// For the programs without libc (init, supervisor).
    pub freestanding: String,
    /// For the programs with std on static musl (tools).
    pub std: String,
}

/// What QEMU emulates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qemu {
    /// The program, `qemu-system-…`.
    pub program: String,
    /// The Debian package that has the program.
    pub package: String,
    /// `-M`
    pub machine: String,
    /// `-cpu`
    pub cpu: String,
    /// `-m`
    pub memory: String,
    /// Whether ctrl-alt-del on a keyboard reaches the kernel.
    pub keyboard: bool,
}

/// The kernel and what it is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernel {
    /// Debian's name of the architecture.
    pub architecture: String,
    /// The Debian package that depends on the newest kernel.
    pub package: String,
    /// The serial line that is the console.
    pub console: String,
    /// The words of the kernel command line after `console=`.
    pub command_line: String,
}

/// A drive with an ext4 file system, for a board that is booted with the word `disk`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Its size in megabytes.
    pub megabytes: u64,
    /// QEMU's device.
    pub device: String,
    /// The kernel modules that it needs, in the order of loading, each below `kernel/` of the modules' directory.
    pub modules: Vec<String>,
}

/// A root file system that cannot be written to: squashfs on a drive, and what is in it that other boards have not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// The directory below `boards/` whose files go over the root, after those of the board's `overlay`.
    pub overlay: String,
    /// The directory below `boards/` whose files go over the root in memory from which the drive is reached.
    pub initramfs: String,
    /// QEMU's device for the drive.
    pub device: String,
    /// The kernel modules that the board needs, in the order of loading, each below `kernel/` of the modules' directory.
    pub modules: Vec<String>,
    /// The Debian packages that have `programs`.
    pub packages: Vec<String>,
    /// Files of the packages that go into `/sbin`; the libraries that they load go with them.
    pub programs: Vec<String>,
    /// The directories of `runscripts/` that are services of the default runlevel.
    pub services: Vec<String>,
}

/// A network card.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// QEMU's device.
    pub device: String,
    /// What it leads to: QEMU's `-netdev` without an id.
    pub netdev: String,
    /// `PORT-ADDRESS:PORT`: what `cargo boot` leads from a port of this machine (127.0.0.1) to the board, over TCP.
    pub forward: Vec<String>,
}

impl Board {
    /// Reads the board called `name`.
    pub fn load(name: &str) -> Result<Self> {
        let path = directory().join(name).with_extension("toml");
        if !path.is_file() {
            bail!(
                "there is no board {name:?}: the boards are {} (a file in boards/ makes a board)",
                names()?.join(", ")
            );
        }
        let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
        let board: Self = toml::from_str(&text).with_context(|| format!("unable to understand {}", path.display()))?;
        Ok(Self { name: name.to_owned(), ..board })
    }

    /// The files that go over the image's root.
    pub fn overlay(&self) -> PathBuf {
        directory().join(&self.overlay)
    }

    /// The board as a user boots it: ports of this machine lead to it.
    pub fn with_ports(mut self) -> Self {
        for card in &mut self.network {
            card.netdev.extend(card.forward.iter().map(|ports| format!(",hostfwd=tcp:127.0.0.1:{ports}")));
        }
        self
    }

    /// The kernel modules that the image has, in the order of loading.
    pub fn modules(&self) -> &[String] {
        let of_root = self.root.as_ref().map(|root| &root.modules);
        of_root.or(self.disk.as_ref().map(|disk| &disk.modules)).map_or(&[], Vec::as_slice)
    }
}

impl Root {
    /// The files that go over the root.
    pub fn overlay(&self) -> PathBuf {
        directory().join(&self.overlay)
    }

    /// The files that go over the root in memory.
    pub fn initramfs(&self) -> PathBuf {
        directory().join(&self.initramfs)
    }
}

/// One board for each pair of targets, sorted by name: of boards with the same programs, one that keeps its root in memory.
pub fn of_each_target() -> Result<Vec<Board>> {
    let mut boards = names()?.iter().map(|name| Board::load(name)).collect::<Result<Vec<_>>>()?;
    boards.sort_by_key(|board| board.root.is_some());
    let mut seen = BTreeSet::new();
    boards.retain(|board| seen.insert((board.targets.freestanding.clone(), board.targets.std.clone())));
    boards.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(boards)
}

/// The names of all boards, sorted.
pub fn names() -> Result<Vec<String>> {
    let directory = directory();
    let entries = fs::read_dir(&directory).with_context(|| format!("unable to read {}", directory.display()))?;
    let files = entries.flatten().map(|entry| entry.path());
    let boards = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut names: Vec<_> = boards.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

fn directory() -> PathBuf {
    host::root().join("boards")
}
