//! What a release holds beside the programs: stages, services, manuals, the completion, documents.
//!
//! Its one law: they follow the places that the programs were built with, in where they are and in what they say.

use std::path::Path;

use anyhow::{Context, Result};
use protocol::paths;
use regex_lite::{Captures, Regex};

use crate::image::{self, Node, Tree};

/// The stages of the boards, which are the examples of a release.
const STAGES: &str = "boards/rootfs/etc/runit";
/// The service directories of common daemons.
const SERVICES: &str = "runscripts";
/// What goes to the directory of documents.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// The places that a build may set, as far as files of a release lie there or name them.
#[derive(Clone)]
pub struct Places {
    /// The directory of stages and requests.
    pub etc: &'static str,
    /// The services directory.
    pub services: &'static str,
    /// The directory of the runlevels.
    pub runlevels: &'static str,
    /// The three stages and ctrlaltdel.
    pub stages: [&'static str; 4],
    /// The request file of shutdown.
    pub stopit: &'static str,
    /// The request file of reboot.
    pub reboot: &'static str,
}

impl Places {
    /// Those that this tool was built with, and with it the programs.
    pub const BUILT: Self = Self {
        etc: paths::ETC,
        services: paths::SERVICES,
        runlevels: paths::RUNLEVELS,
        stages: [paths::STAGE_1, paths::STAGE_2, paths::STAGE_3, paths::CTRLALTDEL],
        stopit: paths::STOPIT,
        reboot: paths::REBOOT,
    };
}

/// The path from the root of the target's file system.
fn inside(path: &str) -> &str {
    path.trim_start_matches('/')
}

/// All files but the programs, of the workspace at `root`.
pub(super) fn tree(root: &Path, places: &Places) -> Result<Tree> {
    let mut tree = Tree::new();
    image::add_directory(&mut tree, &root.join(STAGES), "stages/")?;
    // The boards' runlevels start what a machine must choose for itself, a shell without a password among it.
    tree.retain(|path, _| !path.starts_with("stages/runsvdir"));
    let mut tree: Tree = tree.into_iter().map(|(path, node)| (place(&path["stages/".len()..], places), node)).collect();
    image::add_directory(&mut tree, &root.join(SERVICES), "etc/sv/")?;
    // What is for whoever works on the scripts, and for no machine.
    tree.retain(|path, _| !path.starts_with("etc/sv/.") && !path.ends_with(".md"));
    image::add_directory(&mut tree, &root.join("doc/man"), "usr/share/man/man8/")?;
    image::add_directory(&mut tree, &root.join("doc/completions"), "usr/share/bash-completion/completions/")?;
    rewrite(&mut tree, places)?;
    let runlevels = inside(places.runlevels);
    tree.insert(format!("{runlevels}/default"), Node::Directory);
    tree.insert(format!("{runlevels}/{}", paths::CURRENT), Node::Link("default".to_owned()));
    let current = format!("{}/{}", places.runlevels, paths::CURRENT);
    tree.insert(inside(places.services).to_owned(), Node::Link(current));
    for name in DOCUMENTS {
        let content = image::read(&root.join(name))?;
        tree.insert(format!("usr/share/doc/pilotlight/{name}"), Node::File { content, executable: false });
    }
    Ok(tree)
}

/// Where a file of the stages' directory goes.
fn place(name: &str, places: &Places) -> String {
    let [one, two, three, ctrlaltdel] = places.stages;
    let path = match name {
        "1" => one,
        "2" => two,
        "3" => three,
        "ctrlaltdel" => ctrlaltdel,
        "stopit" => places.stopit,
        "reboot" => places.reboot,
        _ => return format!("{}/{name}", inside(places.etc)),
    };
    inside(path).to_owned()
}

/// Scripts, manuals and completion name the places.
fn rewrite(tree: &mut Tree, places: &Places) -> Result<()> {
    let spelled = Regex::new(r"/etc/runit/(runsvdir|stopit|reboot)\b|/etc/runit\b|/service\b")?;
    let now = |captures: &Captures| match &captures[0] {
        "/etc/runit/runsvdir" => places.runlevels,
        "/etc/runit/stopit" => places.stopit,
        "/etc/runit/reboot" => places.reboot,
        "/etc/runit" => places.etc,
        _ => places.services,
    };
    for (path, node) in tree.iter_mut() {
        let Node::File { content, .. } = node else { continue };
        let text = std::str::from_utf8(content).with_context(|| format!("{path} is not text"))?;
        *content = spelled.replace_all(text, now).into_owned().into_bytes();
    }
    Ok(())
}
