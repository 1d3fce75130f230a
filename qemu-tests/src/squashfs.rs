//! A root file system on a drive: squashfs, with programs of Debian's packages, and the small root in memory that leads to it.
//!
//! Its one law: a program comes with every library that it names, and no package comes whole; the same tree gives the same bytes.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use object::elf::{DT_NEEDED, FileHeader64};
use object::endian::Endianness;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::board::Root;
use crate::debian::Debian;
use crate::dist;
use crate::host;
use crate::image::{self, Node, Tree};

/// Where the services of the default runlevel stand.
const DEFAULT: &str = "etc/runit/runsvdir/default";

/// The programs and services that `root` adds to the tree.
pub(crate) fn add(tree: &mut Tree, root: &Root, debian: &Debian, board: &str) -> Result<()> {
    let packages: Vec<_> = root.packages.iter().map(String::as_str).collect();
    let unpacked = debian.root(board, &packages)?;
    for program in &root.programs {
        let name = program.rsplit('/').next().unwrap_or(program);
        add_program(tree, &unpacked, &unpacked.join(program), &format!("sbin/{name}"))
            .with_context(|| format!("unable to take {program} from {}", packages.join(", ")))?;
    }
    for service in &root.services {
        image::add_directory(tree, &host::root().join("runscripts").join(service), &format!("etc/sv/{service}/"))?;
        tree.insert(format!("{DEFAULT}/{service}"), Node::Link(format!("/etc/sv/{service}")));
    }
    Ok(())
}

/// The program `file` as `path`, what loads it, and its libraries, with theirs.
fn add_program(tree: &mut Tree, unpacked: &Path, file: &Path, path: &str) -> Result<()> {
    let mut waiting = vec![(file.to_owned(), path.to_owned())];
    let mut seen = BTreeSet::new();
    while let Some((file, path)) = waiting.pop() {
        let content = image::read(&file)?;
        let needs = needs(&content).with_context(|| format!("unable to understand {}", file.display()))?;
        tree.insert(path, Node::File { content, executable: true });
        for need in needs.into_iter().filter(|need| seen.insert(need.clone())) {
            // A library is found by its name in /lib; what loads them, by its whole path.
            let path = need.strip_prefix('/').map_or_else(|| format!("lib/{need}"), str::to_owned);
            waiting.push((library(unpacked, &need)?, path));
        }
    }
    Ok(())
}

/// The names of the libraries of a program or library of 64 bits, and the path of what loads them.
fn needs(content: &[u8]) -> Result<Vec<String>> {
    let header = FileHeader64::<Endianness>::parse(content)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, content)?;
    let mut needs = Vec::new();
    if let Some((entries, strings)) = sections.dynamic(endian, content)? {
        let strings = sections.strings(endian, content, strings)?;
        for entry in entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED) {
            needs.push(String::from_utf8(entry.string(endian, strings)?.to_owned())?);
        }
    }
    for segment in header.program_headers(endian, content)? {
        if let Some(loader) = segment.interpreter(endian, content)? {
            needs.push(String::from_utf8(loader.to_owned())?);
        }
    }
    Ok(needs)
}

/// Where the packages have a library: below `/usr/lib`, in the directory of the architecture.
fn library(unpacked: &Path, need: &str) -> Result<PathBuf> {
    let directory = unpacked.join("usr/lib");
    let entries = fs::read_dir(&directory).with_context(|| format!("unable to read {}", directory.display()))?;
    let name = need.rsplit('/').next().unwrap_or(need);
    let mut files = entries.flatten().map(|entry| entry.path().join(name));
    files.find(|file| file.is_file()).with_context(|| format!("no package has the library {name}"))
}

/// Writes `tree` as a squashfs.
pub(crate) fn write(tree: &Tree, path: &Path) -> Result<()> {
    let sqfstar = host::require("sqfstar", &["squashfs-tools"])?;
    let archive = dist::tar_of(tree, 0).context("unable to pack the root file system")?;
    let part = path.with_extension("part");
    let mut command = Command::new(sqfstar);
    command.args(["-comp", "zstd", "-no-xattrs", "-quiet", "-no-progress", "-root-mode", "755", "-root-uid", "0"]);
    command.args(["-root-gid", "0", "-mkfs-time", "0", "-all-time", "0"]).arg(&part).env_remove("SOURCE_DATE_EPOCH");
    let _ = fs::remove_file(&part); // of a run that was cut off
    let mut child = command.stdin(Stdio::piped()).spawn().context("unable to run sqfstar")?;
    let written = child.stdin.take().context("sqfstar has no input")?.write_all(&archive);
    let status = child.wait().context("unable to wait for sqfstar")?;
    if written.is_err() || !status.success() {
        bail!("sqfstar failed ({status}), see its messages above");
    }
    let content = image::read(&part)?;
    fs::remove_file(&part).with_context(|| format!("unable to remove {}", part.display()))?;
    image::write_if_new(path, &content)
}
