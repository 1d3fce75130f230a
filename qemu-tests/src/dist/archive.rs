//! The release's archive: a tar.gz and the file of its SHA-256.
//!
//! Its one law: the same tree and the same time give the same bytes: paths sorted, one time, owned by root, no name of a user,
//! and no time in the gzip header.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use crate::image::{self, Node, Tree};

/// What a release consists of.
pub struct Release {
    /// The tar.gz.
    pub archive: PathBuf,
    /// Its SHA-256, as `sha256sum -c` reads it.
    pub checksum: PathBuf,
}

/// Packs `tree` below a directory `name` into `directory/name.tar.gz`; `time` is in seconds since 1970.
pub(super) fn write(tree: &Tree, directory: &Path, name: &str, time: u64) -> Result<Release> {
    let bytes = pack(tree, name, time).context("unable to pack the release")?;
    let file = format!("{name}.tar.gz");
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let release = Release { archive: directory.join(&file), checksum: directory.join(format!("{file}.sha256")) };
    image::write_if_new(&release.archive, &bytes)?;
    image::write_if_new(&release.checksum, format!("{digest}  {file}\n").as_bytes())?;
    Ok(release)
}

fn pack(tree: &Tree, name: &str, time: u64) -> io::Result<Vec<u8>> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    append(&mut builder, &format!("{name}/"), &Node::Directory, time)?;
    append_tree(&mut builder, tree, &format!("{name}/"), time)?;
    builder.into_inner()?.finish()
}

/// A tar archive of `tree`; `time` is in seconds since 1970.
pub(crate) fn tar_of(tree: &Tree, time: u64) -> io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    append_tree(&mut builder, tree, "", time)?;
    builder.into_inner()
}

fn append_tree<W: Write>(builder: &mut Builder<W>, tree: &Tree, prefix: &str, time: u64) -> io::Result<()> {
    // A root itself, where the tree has one, has no name in an archive.
    for (path, node) in tree.iter().filter(|(path, _)| *path != ".") {
        let slash = if matches!(node, Node::Directory) { "/" } else { "" };
        append(builder, &format!("{prefix}{path}{slash}"), node, time)?;
    }
    Ok(())
}

fn append<W: Write>(builder: &mut Builder<W>, path: &str, node: &Node, time: u64) -> io::Result<()> {
    // Owner and group are 0 and without a name.
    let mut header = Header::new_gnu();
    header.set_mtime(time);
    header.set_mode(0o755);
    header.set_size(0);
    match node {
        Node::Directory => {
            header.set_entry_type(EntryType::Directory);
            builder.append_data(&mut header, path, io::empty())
        }
        Node::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            builder.append_link(&mut header, path, target)
        }
        Node::File { content, executable } => {
            header.set_entry_type(EntryType::Regular);
            header.set_mode(if *executable { 0o755 } else { 0o644 });
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, content.as_slice())
        }
        Node::Device(major, minor) => {
            header.set_entry_type(EntryType::Char);
            header.set_mode(0o600);
            header.set_device_major(*major)?;
            header.set_device_minor(*minor)?;
            builder.append_data(&mut header, path, io::empty())
        }
    }
}
