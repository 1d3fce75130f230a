//! The image: a gzip'ed newc cpio archive that the kernel unpacks as its root file system, or as one that leads to a root on a
//! drive.
//!
//! Its one law: the same inputs give the same bytes: paths sorted, no times, owned by root. Our programs come last and take the
//! place of whatever bears their names; a busybox applet never stands in for one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cpio::newc::{Builder, ModeFileType, trailer};
use flate2::{Compression, write::GzEncoder};

use crate::board::{Board, Root};
use crate::debian::{Debian, Kernel};
use crate::host;
use crate::lanes::{self, Lane, PROGRAMS, TOOL_NAMES, TOOLS};
use crate::squashfs;

/// Directories that the overlay cannot hold, because git keeps no empty ones; `.` is the root itself.
const DIRECTORIES: &[&str] = &[".", "dev", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var/lib", "var/log"];

/// Character devices that are needed before devtmpfs is mounted: path, major, minor.
const DEVICES: &[(&str, u32, u32)] = &[("dev/console", 5, 1), ("dev/null", 1, 3)];

/// What a board boots from.
#[derive(Clone)]
pub struct Image {
    /// Debian's kernel, or one of the user's own.
    pub kernel: PathBuf,
    /// The root file system in memory.
    pub initramfs: PathBuf,
    /// The root file system on a drive, where the board has one: the one in memory only leads to it.
    pub root: Option<PathBuf>,
    /// The programs of each lane, as they are in the image.
    programs: BTreeMap<&'static str, PathBuf>,
}

pub(crate) enum Node {
    Directory,
    File { content: Vec<u8>, executable: bool },
    Link(String),
    Device(u32, u32),
}

pub(crate) type Tree = BTreeMap<String, Node>;

impl Image {
    /// Makes everything that `board` boots from: builds, fetches, writes, each only where it is not up to date.
    pub fn prepare(board: &Board) -> Result<Self> {
        Self::prepare_with(board, None)
    }

    /// As `prepare`, with the files of one more directory over the root, for a test.
    pub fn prepare_with(board: &Board, more: Option<&Path>) -> Result<Self> {
        let name = more.and_then(Path::file_name).map_or("image".into(), |name| name.to_string_lossy().into_owned());
        Self::assemble(board, more, None, &name)
    }

    /// As `prepare`, for a kernel of the user's own, whose image has none of the modules of Debian's.
    pub fn prepare_for(board: &Board, kernel: Option<&Path>) -> Result<Self> {
        let Some(kernel) = kernel else { return Self::prepare(board) };
        if !kernel.is_file() {
            bail!("there is no kernel {}", kernel.display());
        }
        Self::assemble(board, None, Some(Kernel { file: kernel.to_owned(), modules: Vec::new() }), "own-kernel")
    }

    fn assemble(board: &Board, more: Option<&Path>, kernel: Option<Kernel>, name: &str) -> Result<Self> {
        let _lock = host::lock()?;
        let freestanding = lanes::build(Lane::Freestanding, &board.targets.freestanding)?;
        let std = lanes::build(Lane::Std, &board.targets.std)?;
        let debian = Debian::new(&board.kernel.architecture)?;
        let busybox = debian.files_of("busybox-static", "./bin/busybox")?.join("bin/busybox");
        let kernel = kernel.map_or_else(|| debian.kernel(&board.kernel.package, &board.name, board.modules()), Ok)?;
        host::require(&board.qemu.program, &[&board.qemu.package])?;

        let directory_of = |lane| if lane == Lane::Freestanding { &freestanding } else { &std };
        let programs = PROGRAMS.iter().map(|program| (program.name, directory_of(program.lane).join(program.name)));
        let programs = programs.collect();
        let mut tree = tree(board, more, &debian, &busybox, &programs)?;
        let directory = host::make_dir(host::work_dir().join("images").join(&board.name))?;
        let root = board.root.as_ref().map(|_| directory.join(name).with_extension("squashfs"));
        if let (Some(of_board), Some(file)) = (&board.root, &root) {
            squashfs::write(&tree, file)?;
            tree = small_tree(of_board, &busybox)?;
        }
        add_modules(&mut tree, &kernel.modules)?;
        let initramfs = directory.join(name).with_extension("cpio.gz");
        write_if_new(&initramfs, &pack(&tree).context("unable to pack the image")?)?;
        Ok(Self { kernel: kernel.file, initramfs, root, programs })
    }

    /// Our programs in the image, by name, each with the bytes of its file.
    pub fn sizes(&self) -> Result<Vec<(&'static str, u64)>> {
        let size = |(name, file): (&&'static str, &PathBuf)| {
            let metadata = fs::metadata(file).with_context(|| format!("unable to look at {}", file.display()))?;
            Ok((*name, metadata.len()))
        };
        self.programs.iter().map(size).collect()
    }

    /// The file that the image's program `name` was made from.
    pub fn program(&self, name: &str) -> Result<&Path> {
        Ok(self.programs.get(name).with_context(|| format!("the image has no program {name}"))?)
    }
}

/// All files of a board's root file system.
fn tree(
    board: &Board,
    more: Option<&Path>,
    debian: &Debian,
    busybox: &Path,
    programs: &BTreeMap<&str, PathBuf>,
) -> Result<Tree> {
    let mut tree = skeleton();
    add_directory(&mut tree, &board.overlay(), "")?;
    if let Some(root) = &board.root {
        squashfs::add(&mut tree, root, debian, &board.name)?;
        add_directory(&mut tree, &root.overlay(), "")?;
    }
    if let Some(more) = more {
        add_directory(&mut tree, more, "")?;
    }
    add_programs(&mut tree, busybox, programs)?;
    Ok(tree)
}

/// What each root file system has.
fn skeleton() -> Tree {
    let mut tree = Tree::new();
    tree.extend(DIRECTORIES.iter().map(|path| ((*path).to_owned(), Node::Directory)));
    tree.extend(DEVICES.iter().map(|(path, major, minor)| ((*path).to_owned(), Node::Device(*major, *minor))));
    tree
}

/// All files of the root in memory that leads to a root on a drive.
fn small_tree(root: &Root, busybox: &Path) -> Result<Tree> {
    let mut tree = skeleton();
    add_directory(&mut tree, &root.initramfs(), "")?;
    tree.insert("bin/busybox".to_owned(), Node::File { content: read(busybox)?, executable: true });
    add_parents(&mut tree);
    Ok(tree)
}

/// Our programs, and busybox for what is not in the tree already.
fn add_programs(tree: &mut Tree, busybox: &Path, programs: &BTreeMap<&str, PathBuf>) -> Result<()> {
    for program in PROGRAMS {
        let content = read(&programs[program.name])?;
        tree.insert(format!("{}/{}", program.directory, program.name), Node::File { content, executable: true });
        if program.name == TOOLS {
            let links = TOOL_NAMES.iter().map(|name| format!("{}/{name}", program.directory));
            tree.extend(links.map(|path| (path, Node::Link(TOOLS.to_owned()))));
        }
    }
    let mut busybox = read(busybox)?;
    let taken: BTreeSet<_> =
        tree.keys().filter_map(|path| path.rsplit_once("bin/")).map(|(_, name)| name.as_bytes().to_owned()).collect();
    for applet in applets(&busybox)? {
        let name = &mut busybox[applet];
        if taken.contains(name) {
            hide(name);
        } else {
            tree.insert(format!("bin/{}", String::from_utf8_lossy(name)), Node::Link("busybox".to_owned()));
        }
    }
    tree.insert("bin/busybox".to_owned(), Node::File { content: busybox, executable: true });
    add_parents(tree);
    Ok(())
}

pub(crate) fn add_directory(tree: &mut Tree, directory: &Path, prefix: &str) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("unable to read {}", directory.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("unable to read {}", directory.display()))?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = entry.path().symlink_metadata().with_context(|| format!("unable to look at {path}"))?;
        if metadata.is_dir() {
            add_directory(tree, &entry.path(), &format!("{path}/"))?;
            tree.insert(path, Node::Directory);
        } else if metadata.is_symlink() {
            let target = fs::read_link(entry.path()).with_context(|| format!("unable to read the link {path}"))?;
            tree.insert(path, Node::Link(target.to_string_lossy().into_owned()));
        } else {
            let executable = metadata.permissions().mode() & 0o100 != 0;
            tree.insert(path, Node::File { content: read(&entry.path())?, executable });
        }
    }
    Ok(())
}

/// Kernel modules, and beside them the order in which stage 1 loads them.
fn add_modules(tree: &mut Tree, modules: &[PathBuf]) -> Result<()> {
    let mut order = String::new();
    for module in modules {
        let name = module.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        order.push_str(&format!("{name}\n"));
        tree.insert(format!("lib/modules/{name}"), Node::File { content: read(module)?, executable: false });
    }
    if !modules.is_empty() {
        let content = order.into_bytes();
        tree.insert("lib/modules/order".to_owned(), Node::File { content, executable: false });
        add_parents(tree);
    }
    Ok(())
}

/// The kernel makes no parents: each directory must come before what is in it, and a parent's path sorts first.
pub(crate) fn add_parents(tree: &mut Tree) {
    let paths: Vec<_> = tree.keys().cloned().collect();
    for path in paths {
        for (end, _) in path.match_indices('/') {
            tree.entry(path[..end].to_owned()).or_insert(Node::Directory);
        }
    }
}

/// Where the names of busybox's applets are, in the table in the binary: it may be for another architecture, so it cannot be
/// asked for them.
fn applets(busybox: &[u8]) -> Result<Vec<Range<usize>>> {
    const START: &[u8] = b"\0[\0[[\0";
    let start = busybox.windows(START.len()).position(|bytes| bytes == START);
    let mut start = start.context("busybox holds no table of applets that starts with [ and [[")? + 1;
    let mut names = Vec::new();
    while let Some(length) = busybox[start..].iter().position(|byte| *byte == 0).filter(|length| *length > 0) {
        names.push(start..start + length);
        start += length + 1;
    }
    Ok(names)
}

/// Hides an applet from busybox itself: its shell runs an applet before it looks for a program of that name. The table is
/// sorted, and stays sorted with the last letter replaced by one behind all letters.
fn hide(name: &mut [u8]) {
    if let Some(last) = name.last_mut() {
        *last = b'~';
    }
}

fn pack(tree: &Tree) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    for (inode, (path, node)) in (1..).zip(tree) {
        let builder = Builder::new(path).ino(inode).nlink(1);
        let (builder, content): (_, &[u8]) = match node {
            Node::Directory => (builder.mode(0o755).set_mode_file_type(ModeFileType::Directory), &[]),
            Node::Link(target) => (builder.mode(0o777).set_mode_file_type(ModeFileType::Symlink), target.as_bytes()),
            Node::File { content, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                (builder.mode(mode).set_mode_file_type(ModeFileType::Regular), content)
            }
            Node::Device(major, minor) => {
                let builder = builder.mode(0o600).set_mode_file_type(ModeFileType::Char);
                (builder.rdev_major(*major).rdev_minor(*minor), &[])
            }
        };
        let mut writer = builder.write(&mut archive, u32::try_from(content.len())?);
        writer.write_all(content)?;
        writer.finish()?;
    }
    trailer(&mut archive)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&archive)?;
    Ok(gzip.finish()?)
}

pub(crate) fn write_if_new(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    host::say(&format!("writing {} ({} kB)", path.display(), content.len() / 1000));
    // Renamed into place: a machine that boots from the old file goes on reading the old file.
    let part = path.with_extension("part");
    fs::write(&part, content).with_context(|| format!("unable to write {}", part.display()))?;
    fs::rename(&part, path).with_context(|| format!("unable to write {}", path.display()))
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("unable to read {}", path.display()))
}
