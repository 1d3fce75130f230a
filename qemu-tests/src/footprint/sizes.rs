//! Sizes: the programs' files, what of them is code, what of them is writable, and all of them packed.
//!
//! Its one law: a file that serves several names counts once, and has no size under any one of them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use object::elf::{PF_W, PF_X, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_WRITE};
use object::{Object, ObjectSection, ObjectSegment, SectionFlags, SectionKind, SegmentFlags};
use temp_dir::TempDir;

use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::{NAMES, Programs};
use crate::host;
use crate::lanes::TOOL_NAMES;

/// The programs' files, and all of them packed.
pub const TOPIC: Topic = Topic {
    title: "sizes",
    at_once: false,
    rows: &[
        file("size.runit", "runit"),
        file("size.runit-init", "runit-init"),
        file("size.runsv", "runsv"),
        file("size.runsvdir", "runsvdir"),
        file("size.runsvchdir", "runsvchdir"),
        file("size.tools", "sv, svlogd, chpst, utmpset"),
        file("size.all", "all programs"),
        Row {
            key: PACKED,
            what: "all programs packed",
            unit: "bytes",
            how: "mksquashfs -comp xz -nopad; without the libc that a dynamic program loads",
            exact: true,
        },
    ],
    measure: measure_files,
};

/// What the programs have in memory by their files.
pub const SECTIONS: Topic = Topic {
    title: "code and data",
    at_once: false,
    rows: &[
        code("text.runit", "runit: code"),
        code("text.runit-init", "runit-init: code"),
        code("text.runsv", "runsv: code"),
        code("text.runsvdir", "runsvdir: code"),
        code("text.runsvchdir", "runsvchdir: code"),
        code("text.tools", "sv, svlogd, chpst, utmpset: code"),
        data("data.runit", "runit: writable"),
        data("data.runit-init", "runit-init: writable"),
        data("data.runsv", "runsv: writable"),
        data("data.runsvdir", "runsvdir: writable"),
        data("data.runsvchdir", "runsvchdir: writable"),
        data("data.tools", "sv, svlogd, chpst, utmpset: writable"),
    ],
    measure: measure_sections,
};

/// The key of the row that packs them.
const PACKED: &str = "squashfs";
/// What stands after the dot in the keys of sums.
const TOOLS: &str = "tools";
const ALL: &str = "all";

const fn file(key: &'static str, what: &'static str) -> Row {
    Row { key, what, unit: "bytes", how: "the file, without symbols", exact: true }
}

const fn code(key: &'static str, what: &'static str) -> Row {
    Row { key, what, unit: "bytes", how: "sections that can be executed", exact: true }
}

const fn data(key: &'static str, what: &'static str) -> Row {
    Row { key, what, unit: "bytes", how: "sections that can be written, in the file or zeroed", exact: true }
}

fn measure_files(programs: &Programs, _: Scale) -> Result<Values> {
    let mut values = totals(programs, TOPIC.rows)?;
    if programs.has(&NAMES) {
        values.push((PACKED, packed(programs)? as f64));
    }
    Ok(values)
}

fn measure_sections(programs: &Programs, _: Scale) -> Result<Values> {
    totals(programs, SECTIONS.rows)
}

fn totals(programs: &Programs, rows: &'static [Row]) -> Result<Values> {
    let mut values = Values::new();
    for (key, (kind, of)) in rows.iter().filter_map(|row| Some((row.key, row.key.split_once('.')?))) {
        values.extend(total(programs, kind, of)?.map(|bytes| (key, bytes as f64)));
    }
    Ok(values)
}

/// The bytes of a kind in the files of some programs; nothing, if the set has none of them.
fn total(programs: &Programs, kind: &str, of: &str) -> Result<Option<u64>> {
    let is_part = |name: &str| match of {
        ALL => true,
        TOOLS => TOOL_NAMES.contains(&name),
        _ => of == name,
    };
    let files: BTreeSet<_> = programs.files().filter(|(name, _)| is_part(name)).map(|(_, file)| file).collect();
    if files.is_empty() || of == ALL && !programs.has(&NAMES) {
        return Ok(None);
    }
    let bytes = |file: &&Path| {
        let content = fs::read(file).with_context(|| format!("unable to read {}", file.display()))?;
        match kind {
            "text" => sections(&content, SHF_EXECINSTR, PF_X),
            "data" => sections(&content, SHF_WRITE, PF_W),
            _ => Ok(content.len() as u64),
        }
        .with_context(|| format!("unable to understand {}", file.display()))
    };
    files.iter().map(bytes).sum::<Result<u64>>().map(Some)
}

/// The bytes in memory of a program's sections that have a flag, in a segment that has its like: constants may have the flag of
/// what can be written, and be mapped with the code. What each thread has of its own counts where it is in the file.
fn sections(content: &[u8], flag: u32, right: u32) -> Result<u64> {
    let file = object::File::parse(content)?;
    let has_right = |segment: &object::Segment<'_, '_>| match segment.flags() {
        SegmentFlags::Elf { p_flags } => p_flags & right != 0,
        _ => false,
    };
    let segments: Vec<_> = file
        .segments()
        .filter(has_right)
        .map(|segment| segment.address()..=segment.address() + segment.size())
        .collect();
    let is_meant = |section: &object::Section<'_, '_>| {
        let SectionFlags::Elf { sh_flags } = section.flags() else { return false };
        let wanted = u64::from(SHF_ALLOC | flag);
        sh_flags & wanted == wanted
            && segments.iter().any(|segment| segment.contains(&section.address()))
            && (sh_flags & u64::from(SHF_TLS) == 0 || section.kind() != SectionKind::UninitializedTls)
    };
    Ok(file.sections().filter(is_meant).map(|section| section.size()).sum())
}

/// The bytes of a squashfs of all programs, each file once and links of the other names.
fn packed(programs: &Programs) -> Result<u64> {
    let mksquashfs = {
        let _lock = host::lock()?;
        host::require("mksquashfs", &["squashfs-tools"])?
    };
    let directory = TempDir::new().context("unable to make a temporary directory")?;
    let (root, image) = (directory.child("root"), directory.child("image"));
    fs::create_dir(&root).context("unable to make a directory")?;
    for (name, file) in programs.files() {
        let own = file.file_name().context("a program's file has no name")?;
        if !root.join(own).exists() {
            fs::copy(file, root.join(own)).with_context(|| format!("unable to copy {}", file.display()))?;
        }
        if own != name {
            symlink(own, root.join(name)).with_context(|| format!("unable to make the link {name}"))?;
        }
    }
    squash(&mksquashfs, &root, &image)?;
    Ok(fs::metadata(&image).context("unable to look at the squashfs")?.len())
}

fn squash(mksquashfs: &Path, root: &Path, image: &Path) -> Result<()> {
    // Times and owners would be packed too.
    let mut command = Command::new(mksquashfs);
    command.arg(root).arg(image).args(["-comp", "xz", "-nopad", "-all-root", "-no-xattrs", "-quiet", "-no-progress"]);
    command.args(["-all-time", "0", "-mkfs-time", "0", "-processors", "1"]).env_remove("SOURCE_DATE_EPOCH");
    host::output(&mut command).map(drop)
}
