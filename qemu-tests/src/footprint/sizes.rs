//! Sizes of the programs' files, and what of them is executable and writable.
//!
//! Its one law: a file that serves several names counts once, and has no size under any one of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;
use crate::lanes::TOOL_NAMES;

/// What is measured here.
pub const TOPIC: Topic = Topic {
    title: "sizes",
    at_once: false,
    rows: &[
        file("size.runit", "runit"),
        file("size.runit-init", "runit-init"),
        file("size.runsv", "runsv"),
        file("size.runsvdir", "runsvdir"),
        file("size.runsvchdir", "runsvchdir"),
        file("size.tools", "the four tools"),
        file("size.all", "all"),
    ],
    measure,
};

const fn file(key: &'static str, what: &'static str) -> Row {
    Row { key, what, unit: "bytes", how: "the file", exact: true }
}

fn measure(programs: &Programs, _: Scale) -> Result<Values> {
    let mut values = Values::new();
    for row in TOPIC.rows {
        let name = row.key.trim_start_matches("size.");
        let files: BTreeSet<PathBuf> =
            programs.files().filter(|(it, _)| is_part(name, it)).map(|(_, path)| path.to_owned()).collect();
        let sizes: Result<Vec<_>> = files.iter().map(|file| size(file)).collect();
        if !files.is_empty() {
            values.push((row.key, sizes?.into_iter().sum::<u64>() as f64));
        }
    }
    Ok(values)
}

fn is_part(of: &str, name: &str) -> bool {
    match of {
        "all" => true,
        "tools" => TOOL_NAMES.contains(&name),
        _ => of == name,
    }
}

fn size(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file).with_context(|| format!("unable to look at {}", file.display()))?.len())
}
