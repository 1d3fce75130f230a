//! The recorded run, `doc/footprint.json`, and the README's table that is made from it.
//!
//! Its one law: a number in the README stands in the record, and the record says where and with what it was measured.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::table::{MISSING, Measured, Section, number};
use crate::host;

/// The lines between which the README's table stands.
const BEGIN: &str = "<!-- footprint -->\n";
const END: &str = "<!-- /footprint -->\n";
/// The rows of the README's table, by their keys; one that was not recorded is left out.
pub const SELECTION: &[&str] = &[
    "size.runit",
    "size.runit-init",
    "size.runsv",
    "size.runsvdir",
    "size.runsvchdir",
    "size.tools",
    "size.all",
    "squashfs",
    "private.runit",
    "private.runsvdir-1",
    "private.runsv",
    "private.svlogd",
    "file.runit",
    "file.runsvdir-1",
    "file.runsv",
    "resident.runit",
    "resident.runsvdir-1",
    "resident.runsv",
    "resident.svlogd",
    "service.private",
    "service.kernel",
    "wakeups.runit",
    "wakeups.runsvdir",
    "wakeups.runsv",
    "calls.restart",
    "calls.child",
    "calls.status",
    "time.restart",
    "time.restart-99",
    "time.sv-restart",
    "time.new-directory",
    "time.new-runsv",
    "time.boot",
    "time.chpst",
    "cpu.svlogd",
    "calls.svlogd",
    "crowd.up",
    "crowd.end",
    "crowd.status",
];

/// A run, or several of which each had other topics.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The compiler that ours were built with last.
    pub compiler: String,
    /// What was measured, by topic.
    pub sections: Vec<Section>,
}

impl Record {
    /// The record as it is in the tree; without one, an empty one.
    pub fn load() -> Result<Self> {
        let path = path();
        if !path.exists() {
            return Ok(Self { compiler: compiler()?, sections: Vec::new() });
        }
        let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("unable to understand {}", path.display()))
    }

    /// Takes what was measured now in place of what was recorded of the same topics.
    pub fn take(&mut self, sections: &[Section]) -> Result<()> {
        self.compiler = compiler()?;
        for section in sections {
            match self.sections.iter_mut().find(|it| it.title == section.title) {
                Some(recorded) => recorded.clone_from(section),
                None => self.sections.push(section.clone()),
            }
        }
        Ok(())
    }

    /// Writes it, and the README's table.
    pub fn save(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("unable to make JSON of the record")? + "\n";
        for (path, text) in [(path(), text), (readme_path(), self.readme()?)] {
            fs::write(&path, text).with_context(|| format!("unable to write {}", path.display()))?;
        }
        Ok(())
    }

    /// The row of a key.
    pub fn row(&self, key: &str) -> Option<&Measured> {
        self.find(key).map(|(_, row)| row)
    }

    fn find(&self, key: &str) -> Option<(&Section, &Measured)> {
        self.sections.iter().find_map(|section| Some((section, section.rows.iter().find(|row| row.key == key)?)))
    }

    /// The README with the table of this record.
    pub fn readme(&self) -> Result<String> {
        let readme = readme()?;
        let (before, rest) = readme.split_once(BEGIN).context("README.md has no table of the footprint")?;
        let (_, after) = rest.split_once(END).context("README.md has no end of the table of the footprint")?;
        Ok([before, BEGIN, &self.selection(), END, after].concat())
    }

    fn selection(&self) -> String {
        let (mut kernels, mut title) = (Vec::new(), "");
        let mut table = String::from("| | unit | ours | the original | |\n| --- | --- | ---: | ---: | --- |\n");
        for (section, row) in SELECTION.iter().filter_map(|key| self.find(key)) {
            if !kernels.contains(&section.kernel.as_str()) {
                kernels.push(&section.kernel);
            }
            if title != section.title {
                title = &section.title;
                table += &format!("| **{title}** | | | | |\n");
            }
            let [ours, original] = ["ours", "the original"]
                .map(|set| row.values.get(set).map_or(MISSING.to_owned(), |value| number(*value)));
            let kind = if row.exact { "exact" } else { "noisy" };
            table += &format!("| {} | {} | {ours} | {original} | {kind}: {} |\n", row.what, row.unit, row.how);
        }
        format!("\nMeasured on {}; ours built by {}.\n\n{table}\n", kernels.join(" and "), self.compiler)
    }
}

/// The README as it is in the tree.
pub fn readme() -> Result<String> {
    fs::read_to_string(readme_path()).context("unable to read README.md")
}

/// The compiler that builds ours on this machine.
pub fn compiler() -> Result<String> {
    Ok(host::output(Command::new("rustc").arg("--version"))?.trim_end().to_owned())
}

fn path() -> PathBuf {
    host::root().join("doc/footprint.json")
}

fn readme_path() -> PathBuf {
    host::root().join("README.md")
}
