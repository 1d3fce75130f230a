//! The how-to pages below `doc/how-to` and the files in them.
//!
//! Its one law: a block that begins with "``` LANGUAGE file=NAME" is the file of that name.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use pilotlight_qemu_tests::host;

/// A file in a page.
pub(crate) struct File {
    pub(crate) language: String,
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Where the pages are.
pub(crate) fn directory() -> PathBuf {
    host::root().join("doc/how-to")
}

/// The text of a page.
pub(crate) fn read(name: &str) -> Result<String> {
    let path = directory().join(name).with_extension("md");
    fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))
}

/// The files of a page's text.
pub(crate) fn files(page: &str) -> Vec<File> {
    let blocks = page.split("\n```").filter_map(|block| {
        let (info, text) = block.split_once('\n')?;
        let (language, name) = info.split_once(" file=")?;
        Some(File { language: language.to_owned(), name: name.to_owned(), text: format!("{text}\n") })
    });
    blocks.collect()
}
