//! The release tree: what `cargo dist` packs and `cargo install-to` installs, for one target.
//!
//! Its one law: the tree follows from the sources and the build's environment alone. The places of the programs' own paths
//! (`PILOTLIGHT_…`) are those that this tool was built with, for cargo builds both with the same environment.

mod archive;
mod files;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::host;
use crate::image::{self, Node, Tree};
use crate::lanes::{self, Lane, PROGRAMS, TOOL_NAMES, TOOLS};

pub use archive::Release;
pub(crate) use archive::tar_of;
pub use files::Places;

/// The targets of a release. The programs without libc take core from the target of the same name with `gnu` for `musl`.
pub const TARGETS: &[&str] = &[
    "x86_64-unknown-linux-musl",
    "i686-unknown-linux-musl",
    "armv7-unknown-linux-musleabihf",
    "armv5te-unknown-linux-musleabi",
    "aarch64-unknown-linux-musl",
    "riscv64gc-unknown-linux-musl",
];

/// Where the programs go: all in one directory, for runit has them found by one PATH.
const PROGRAM_DIRECTORY: &str = "sbin";
/// The sources of a release, and where it is built.
pub struct Dist {
    root: PathBuf,
    work: PathBuf,
}

impl Dist {
    /// A release of this workspace.
    pub fn here() -> Self {
        Self { root: host::root(), work: host::work_dir() }
    }

    /// A release of a copy of the workspace, built below `work`.
    pub fn of_copy(root: PathBuf, work: PathBuf) -> Self {
        Self { root, work }
    }

    /// The scripts, manuals and documents of the tree for a build with these places: path and content of each.
    pub fn texts(&self, places: &Places) -> Result<Vec<(String, String)>> {
        let text = |(path, node)| match node {
            Node::File { content, .. } => Some((path, String::from_utf8_lossy(&content).into_owned())),
            Node::Link(target) => Some((path, target)),
            Node::Directory | Node::Device(..) => None,
        };
        Ok(files::tree(&self.root, places)?.into_iter().filter_map(text).collect())
    }

    /// Builds the programs for `target` and packs the tree: a tar.gz, and beside it the file of its SHA-256. Every file has
    /// the same `time`, in seconds since 1970.
    pub fn pack(&self, target: &str, time: u64) -> Result<Release> {
        let tree = self.tree(target)?;
        let directory = host::make_dir(self.work.with_file_name("dist"))?;
        let name = format!("pilotlight-{}-{target}", env!("CARGO_PKG_VERSION"));
        archive::write(&tree, &directory, &name, time)
    }

    /// Builds the programs for `target` and installs the tree below `destination`. What is there already below etc is kept,
    /// for it may have been edited; what was kept is handed back.
    pub fn install(&self, target: &str, destination: &Path) -> Result<Vec<String>> {
        let mut kept = Vec::new();
        for (path, node) in self.tree(target)? {
            let file = destination.join(&path);
            let is_there = file.symlink_metadata().is_ok();
            match node {
                Node::Directory => {
                    host::make_dir(file)?;
                    continue;
                }
                _ if is_there && path.starts_with("etc/") => {
                    kept.push(path);
                    continue;
                }
                _ if is_there => fs::remove_file(&file).with_context(|| format!("unable to replace {path}"))?,
                _ => {}
            }
            put(&file, &node)?;
        }
        Ok(kept)
    }

    /// All files, by their paths from the root of the target's file system.
    fn tree(&self, target: &str) -> Result<Tree> {
        if !TARGETS.contains(&target) {
            bail!("{target} is no target of a release; those are {}", TARGETS.join(", "));
        }
        let mut tree = files::tree(&self.root, &Places::BUILT)?;
        self.add_programs(&mut tree, target)?;
        image::add_parents(&mut tree);
        Ok(tree)
    }

    fn add_programs(&self, tree: &mut Tree, target: &str) -> Result<()> {
        let _lock = host::lock()?;
        for lane in [Lane::Freestanding, Lane::Std] {
            let target = if lane == Lane::Std { target.to_owned() } else { target.replace("musl", "gnu") };
            let directory = lanes::build_of(&self.root, &self.work, lane, &target)?;
            for program in PROGRAMS.iter().filter(|program| program.lane == lane) {
                let content = image::read(&directory.join(program.name))?;
                let path = format!("{PROGRAM_DIRECTORY}/{}", program.name);
                tree.insert(path, Node::File { content, executable: true });
            }
        }
        for name in TOOL_NAMES {
            tree.insert(format!("{PROGRAM_DIRECTORY}/{name}"), Node::Link(TOOLS.to_owned()));
        }
        Ok(())
    }
}

/// The time of a release, in seconds since 1970: `SOURCE_DATE_EPOCH`, else that of the commit.
pub fn time() -> Result<u64> {
    let text = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => host::output(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(host::root()))
            .context("the time of the commit is not to be had; set SOURCE_DATE_EPOCH")?,
    };
    text.trim().parse().with_context(|| format!("SOURCE_DATE_EPOCH is {text:?}, not a number of seconds"))
}

/// Copies the sources of a workspace, as a packager has them: without `target` and `.git`.
pub fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    host::make_dir(to.to_owned())?;
    for entry in fs::read_dir(from).with_context(|| format!("unable to read {}", from.display()))?.flatten() {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().context("unable to look at a source")?;
        if kind.is_dir() {
            if !["target", ".git"].iter().any(|name| entry.file_name() == *name) {
                copy_sources(&path, &copy)?;
            }
        } else if kind.is_symlink() {
            symlink(fs::read_link(&path).context("unable to read a link")?, &copy).context("unable to make a link")?;
        } else {
            fs::copy(&path, &copy).with_context(|| format!("unable to copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn put(file: &Path, node: &Node) -> Result<()> {
    let written = match node {
        Node::Link(target) => symlink(target, file),
        Node::File { content, executable } => fs::write(file, content).and_then(|()| {
            fs::set_permissions(file, fs::Permissions::from_mode(if *executable { 0o755 } else { 0o644 }))
        }),
        Node::Directory | Node::Device(..) => Ok(()),
    };
    written.with_context(|| format!("unable to write {}", file.display()))
}
