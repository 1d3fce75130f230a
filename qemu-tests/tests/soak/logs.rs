//! What the services wrote, as it stands in their logs.
//!
//! Its one law: the numbers of a service go up by one from line to line, from 1 to the last that it kept. One is there twice
//! only where the writer changed: the first was killed between its line and keeping its number, so that the last line of
//! the log may also be one ahead of the number kept. Only the log of a service whose svlogd is killed may leave numbers out
//! (what was read and not yet written is gone with the process), and may end a file with a torn line.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// How far the log of one service has been read.
#[derive(Debug)]
pub(crate) struct LogReader {
    directory: PathBuf,
    /// The file of the number kept.
    number: PathBuf,
    /// Is its svlogd killed from time to time?
    may_lose: bool,
    last: u64,
    writer: u64,
    /// Lines read.
    pub(crate) lines: u64,
}

impl LogReader {
    pub(crate) fn new(directory: &Path, number: &Path, may_lose: bool) -> LogReader {
        let (directory, number) = (directory.to_owned(), number.to_owned());
        LogReader { directory, number, may_lose, last: 0, writer: 0, lines: 0 }
    }

    /// Reads the old files, and removes each: an hour's logs are large.
    pub(crate) fn read_old(&mut self) -> Result<()> {
        let entries = fs::read_dir(&self.directory).context("unable to read a log directory")?;
        let names = entries.flatten().map(|entry| entry.path());
        let mut old: Vec<PathBuf> = names.filter(|path| path.display().to_string().contains("/@")).collect();
        old.sort();
        // The newest stays: svlogd names the next one after it.
        old.pop();
        for file in old {
            self.read(&file)?;
            fs::remove_file(&file).with_context(|| format!("unable to remove {}", file.display()))?;
        }
        Ok(())
    }

    /// Reads everything, of a log that is written no more.
    pub(crate) fn read_all(&mut self) -> Result<()> {
        self.read_old()?;
        let entries = fs::read_dir(&self.directory).context("unable to read a log directory")?;
        let newest = entries.flatten().map(|entry| entry.path()).find(|path| path.display().to_string().contains("/@"));
        let current = Some(self.directory.join("current")).filter(|file| file.exists());
        for file in newest.into_iter().chain(current) {
            self.read(&file)?;
        }
        let kept = fs::read_to_string(&self.number).unwrap_or_default();
        let kept: u64 = if kept.is_empty() { 0 } else { kept.trim().parse().context("the number kept is none")? };
        let is_whole = self.last == kept || self.last == kept + 1;
        ensure!(
            is_whole || self.may_lose && self.last <= kept,
            "the log {} ends with {}, but {kept} was written",
            self.directory.display(),
            self.last
        );
        Ok(())
    }

    fn read(&mut self, file: &Path) -> Result<()> {
        let text = fs::read_to_string(file).with_context(|| format!("unable to read {}", file.display()))?;
        for line in text.split_inclusive('\n') {
            self.take(line).with_context(|| format!("in {} after {} lines", file.display(), self.lines))?;
        }
        Ok(())
    }

    fn take(&mut self, line: &str) -> Result<()> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [.., "line", number, writer] = words[..] else {
            return if self.may_lose { Ok(()) } else { bail!("{line:?} is no line of a service") };
        };
        if !line.ends_with('\n') {
            ensure!(self.may_lose, "{line:?} is torn");
            return Ok(());
        }
        let number: u64 = number.parse().with_context(|| format!("in {line:?}"))?;
        let writer: u64 = writer.parse().with_context(|| format!("in {line:?}"))?;
        let is_next = number == self.last + 1 || self.may_lose && number > self.last;
        let is_again = number == self.last && writer != self.writer;
        ensure!(is_next || is_again, "{number} by {writer} follows {} by {}", self.last, self.writer);
        (self.last, self.writer) = (number, writer);
        self.lines += 1;
        Ok(())
    }
}
