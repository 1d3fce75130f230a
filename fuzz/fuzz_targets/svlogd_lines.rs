//! svlogd's way of a line: from reads of any size, through selection and rotation, into the files of a log directory.
//!
//! Its one law: in whatever pieces the input comes, and however often it is rotated or opened again, the files in order of
//! their names hold exactly the selected lines. Its input: four bytes of options, the rules up to a NUL, then pieces: a
//! byte of length and as many bytes; a length of 0 stands for ALRM, 255 for HUP.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ffi::{CStr, CString, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use temp_dir::TempDir;
use tools::svlogd::line_path::{LinePath, is_written};

/// The lengths that are no lengths.
const ALARM: u8 = 0;
const HANGUP: u8 = 255;
/// 2026-01-01, and a nanosecond whose digits all differ.
const MOMENT: (i64, u32) = (1_767_225_600, 123_456_789);
/// What the lines begin with if they have a prefix.
const PREFIX: &[u8] = b"> ";

/// How svlogd is called and configured.
struct Plan<'a> {
    /// `-l`.
    line: usize,
    buffer: usize,
    /// `s`.
    size: usize,
    /// `-t`.
    stamps: usize,
    /// `-r`, `-R`.
    replaces: (bool, bool),
    prefix: &'static [u8],
    rules: &'a [u8],
    /// What it reads, in pieces.
    pieces: Vec<(u8, &'a [u8])>,
}

impl<'a> Plan<'a> {
    fn read(bytes: &'a [u8]) -> Option<Plan<'a>> {
        let (&[line, buffer, size, flags], rest) = bytes.split_first_chunk::<4>()?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (rules, mut rest) = (&rest[..end], &rest[end + 1..]);
        let line = 1 + usize::from(line % 24);
        let mut pieces = Vec::new();
        while let Some((&length, following)) = rest.split_first() {
            let taken = if length == HANGUP { 0 } else { usize::from(length).min(following.len()) };
            pieces.push((length, &following[..taken]));
            rest = &following[taken..];
        }
        Some(Plan {
            line,
            buffer: line + 1 + usize::from(buffer % 48),
            size: usize::from(size),
            stamps: usize::from(flags & 3),
            replaces: (flags & 4 != 0, flags & 8 != 0),
            prefix: if flags & 16 != 0 { PREFIX } else { b"" },
            rules,
            pieces,
        })
    }

    /// The file `config`: all old files are kept, and of the rules only those that decide what is written.
    fn config(&self) -> Vec<u8> {
        let mut text = format!("n0\ns{}\n", self.size).into_bytes();
        if !self.prefix.is_empty() {
            text.extend([b"p", self.prefix, b"\n"].concat());
        }
        for rule in self.rules.split(|byte| *byte == b'\n').filter(|rule| matches!(rule.first(), Some(b'+' | b'-'))) {
            text.extend([rule, b"\n"].concat());
        }
        text
    }

    fn words(&self, directory: &Path) -> Vec<CString> {
        let mut words: Vec<OsString> = vec!["svlogd".into(), "-l".into(), self.line.to_string().into()];
        // As on a command line, it must be longer than a line; the door sets the one that is used.
        words.extend(["-b".into(), (self.line + 1).to_string().into()]);
        words.extend(std::iter::repeat_n("-t".into(), self.stamps));
        words.extend(self.replaces.0.then(|| "-r.".into()));
        words.extend(self.replaces.1.then(|| "-Rab".into()));
        words.push(directory.into());
        words.into_iter().map(|word| CString::new(word.into_vec()).expect("no NUL")).collect()
    }

    fn replace(&self, byte: u8) -> u8 {
        let by = if self.replaces.0 { b'.' } else { b'_' };
        let is_bare = (b' '..=b'~').contains(&byte) && !(self.replaces.1 && b"ab".contains(&byte));
        let stays = byte == b'\n' || is_bare || self.replaces == (false, false);
        if stays { byte } else { by }
    }

    /// The selected lines, each with what stands before it.
    fn lines(&self, stamp: &[u8]) -> Vec<Vec<u8>> {
        let input = self.pieces.iter().flat_map(|(_, piece)| piece.iter().map(|byte| self.replace(*byte)));
        let input: Vec<u8> = input.collect();
        let lines = input.split(|byte| *byte == b'\n');
        // Behind the last newline there is a line only if there is something.
        let count = lines.clone().count() - usize::from(input.last().is_none_or(|byte| *byte == b'\n'));
        let config = self.config();
        let selected = lines.take(count).filter(|line| is_written(&config, &line[..line.len().min(self.line)]));
        selected.map(|line| [stamp, self.prefix, line, b"\n"].concat()).collect()
    }

    /// Bytes that a file has at most, with lines that have as many bytes in front.
    fn file_max(&self, header: usize) -> usize {
        let max = match self.size {
            0 => usize::MAX,
            size if size > self.line => size,
            size => size + self.line,
        };
        max.max(header + 1)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(plan) = Plan::read(bytes) else { return };
    let directory = TempDir::new().expect("a temporary directory");
    fs::write(directory.child("config"), plan.config()).expect("the configuration");
    let words = plan.words(directory.path());
    let words: Vec<&CStr> = words.iter().map(|word| &**word).collect();
    let mut path = LinePath::open(&words, plan.buffer, MOMENT).expect("an svlogd");
    let stamp = path.stamp().to_vec();
    for &(length, mut piece) in &plan.pieces {
        match length {
            ALARM => path.rotate(),
            HANGUP => path.open_again(),
            _ => {
                while !piece.is_empty() {
                    let taken = path.read(piece);
                    assert!(taken > 0, "no room, and nothing under way");
                    piece = &piece[taken..];
                }
            }
        }
    }
    path.end();
    check(&plan, &plan.lines(&stamp), stamp.len() + plan.prefix.len(), directory.path());
});

fn check(plan: &Plan, lines: &[Vec<u8>], header: usize, directory: &Path) {
    let files = files(directory);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&files.concat()), text(&lines.concat()));
    assert!(files.iter().all(|file| file.len() <= plan.file_max(header)), "a file is too large");
    // A line that comes whole and fits into a file is never cut.
    let mut ends = Vec::new();
    files.iter().fold(0, |before, file| {
        ends.push(before + file.len());
        before + file.len()
    });
    let mut place = 0;
    for line in lines {
        let is_cut = ends.iter().any(|end| (place + 1..place + line.len()).contains(end));
        let is_short = line.len() <= header + plan.line && line.len() < plan.file_max(header);
        assert!(!(is_cut && is_short), "a line is cut without need: {}", text(line));
        place += line.len();
    }
}

/// What the files hold, oldest first: `current` has the last lines.
fn files(directory: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(directory).expect("the log directory").map(|entry| entry.expect("an entry"));
    let names = entries.map(|entry| entry.file_name().into_string().expect("a name of svlogd"));
    let mut names: Vec<String> = names.filter(|name| name.starts_with('@')).collect();
    names.sort();
    assert!(names.iter().all(|name| name.ends_with(".s")), "every file is complete: {names:?}");
    names.push("current".into());
    names.iter().map(|name| fs::read(directory.join(name)).expect("a file")).collect()
}
