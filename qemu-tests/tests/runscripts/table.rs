//! The table of `runscripts/README.md`, and the scripts of a directory.
//!
//! Its one law: the table is the only list of the collection; the tests have none of their own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::host;

/// The line before which a script sets what its conf may change.
pub(super) const CONF: &str = "[ ! -r ./conf ] || . ./conf";

/// What runs where the kernel does the work: it is no daemon, and takes no words of a conf.
pub(super) const KEEPER: &str = "sleep";

/// One line of the table.
pub(super) struct Row {
    pub(super) service: String,
    /// The column of Debian's packages, as it stands there.
    pub(super) packages: String,
    pub(super) check: String,
    /// The variables that conf may set.
    pub(super) conf: Vec<String>,
}

impl Row {
    /// Debian's packages with the programs and their manual pages; none where the column says why.
    pub(super) fn packages(&self) -> Vec<&str> {
        if self.packages.starts_with("none: ") { Vec::new() } else { self.packages.split(", ").collect() }
    }

    /// The scripts of the directory, by their paths in it.
    pub(super) fn scripts(&self) -> Result<Vec<(String, String)>> {
        let directory = directory().join(&self.service);
        let mut paths = Vec::new();
        list(&directory, &mut paths)?;
        paths.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
            Ok((path.strip_prefix(&directory).unwrap_or(&path).display().to_string(), text))
        };
        paths.into_iter().map(read).collect()
    }
}

/// Where the collection is.
pub(super) fn directory() -> PathBuf {
    host::root().join("runscripts")
}

/// All rows, in their order.
pub(super) fn rows() -> Result<Vec<Row>> {
    let path = directory().join("README.md");
    let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
    let table = text.lines().skip_while(|line| !line.starts_with("| service |")).skip(2);
    let row = |line: &str| {
        let columns: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [service, packages, check, conf] = columns[..] else { anyhow::bail!("not four columns: {line}") };
        let conf = conf.split(", ").filter(|it| *it != "-").map(|it| it.trim_matches('`').to_owned()).collect();
        Ok(Row { service: service.to_owned(), packages: packages.to_owned(), check: check.to_owned(), conf })
    };
    let rows = table.take_while(|line| line.starts_with('|')).map(row).collect::<Result<Vec<_>>>()?;
    ensure!(!rows.is_empty(), "{} has no table", path.display());
    Ok(rows)
}

/// All plain files below a directory.
pub(super) fn list(directory: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("unable to read {}", directory.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() { list(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}
