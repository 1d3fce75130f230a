//! When a log file is full, what its old files are called, and which of them goes: svlogd's decisions.
//!
//! Serves svlogd, one [`Bounds`] and one [`Census`] a log directory. Its one law: a line of ordinary length is never cut, and
//! a file just rotated or being processed is never the one deleted, whatever the clock says. Source: svlogd(8), LOG FILE
//! ROTATION; runit-facts "svlogd".

use protocol::tai64n::{TEXT, Tai64n};

/// Bytes of an old file's name: the stamp's text, a dot and a letter.
pub const NAME: usize = TEXT + 2;

/// Sizes, in bytes, at which a log file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From here on the next newline ends the file.
    soft: u64,
    /// No byte is written from here on.
    hard: u64,
}

/// How much of the data still belongs into the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes to write into it.
    pub take: usize,
    /// Whether the file is rotated then.
    pub rotate: bool,
}

impl Bounds {
    /// The bounds of a file of `size` bytes at most, with lines of `line` bytes; size 0 means that it never ends. A size
    /// below one line ends the file with the line that reaches it: the original cuts at the very byte.
    pub const fn new(size: u64, line: u64) -> Bounds {
        match size {
            0 => Bounds { soft: u64::MAX, hard: u64::MAX },
            _ if size > line => Bounds { soft: size - line, hard: size },
            _ => Bounds { soft: size, hard: size.saturating_add(line) },
        }
    }

    /// How much of `data` goes into a file that has `size` bytes. `mid_line` says that data goes on with a line whose
    /// beginning is in the file already; a line that begins here is put into the next file rather than cut.
    pub fn piece(&self, size: u64, data: &[u8], mid_line: bool) -> Piece {
        let room = clamp(self.hard.saturating_sub(size), data.len());
        let until_soft = clamp(self.soft.saturating_sub(size).saturating_sub(1), room);
        let (early, window) = data.get(..room).unwrap_or(data).split_at(until_soft);
        if let Some(newline) = window.iter().position(|byte| *byte == b'\n') {
            return Piece { take: until_soft + newline + 1, rotate: true };
        }
        if size.saturating_add(as_size(data.len())) < self.hard {
            return Piece { take: data.len(), rotate: false };
        }
        match early.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => Piece { take: newline + 1, rotate: true },
            None if !mid_line && size > 0 => Piece { take: 0, rotate: true },
            None => Piece { take: room, rotate: true },
        }
    }
}

/// Where a line goes whose length is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into the file, and there is room for more.
    Fits,
    /// Into the file, which is rotated then.
    Last,
    /// Into the next file.
    Next,
    /// Into this file and the next one: it is longer than a file.
    Cut,
}

impl Bounds {
    /// Where a line of `length` bytes goes that begins here; `ends` says that its newline is among them.
    pub const fn place(&self, size: u64, length: usize, ends: bool) -> Place {
        let after = size.saturating_add(length as u64);
        match after {
            _ if after <= self.hard && ends && after >= self.soft => Place::Last,
            _ if after < self.hard => Place::Fits,
            _ if size > 0 => Place::Next,
            _ => Place::Cut,
        }
    }
}

/// A count of bytes, at most `limit`, as an index.
fn clamp(bytes: u64, limit: usize) -> usize {
    usize::try_from(bytes).map_or(limit, |bytes| bytes.min(limit))
}

const fn as_size(length: usize) -> u64 {
    length as u64
}

/// What an old file holds, told by the last letter of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `s`: safely written, and processed if a processor is configured.
    Safe,
    /// `u`: not yet processed, or left behind by an unclean stop.
    Unprocessed,
    /// `t`: the output of a processor that has not finished.
    Temporary,
}

/// The name of an old file; the order of names is the order in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OldFile {
    /// When it was rotated.
    pub stamp: Tai64n,
    /// What it holds.
    pub kind: Kind,
}

impl OldFile {
    /// The name, `@` and 24 hexadecimal digits, a dot, a letter.
    pub fn name(self) -> [u8; NAME] {
        let letter = match self.kind {
            Kind::Safe => b's',
            Kind::Unprocessed => b'u',
            Kind::Temporary => b't',
        };
        let mut name = [b'.'; NAME];
        let bytes = self.stamp.to_text().into_iter().chain([b'.', letter]);
        name.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        name
    }

    /// Reads a name; `None` for a file that svlogd has not made.
    pub fn from_name(name: &[u8]) -> Option<OldFile> {
        let (stamp, kind) = match name {
            [stamp @ .., b'.', b's'] => (stamp, Kind::Safe),
            [stamp @ .., b'.', b'u'] => (stamp, Kind::Unprocessed),
            [stamp @ .., b'.', b't'] => (stamp, Kind::Temporary),
            _ => return None,
        };
        Some(OldFile { stamp: Tai64n::from_text(stamp)?, kind })
    }

    /// The file of the same moment with another letter.
    #[must_use]
    pub const fn with(self, kind: Kind) -> OldFile {
        OldFile { stamp: self.stamp, kind }
    }
}

/// What one look through a log directory found: a few facts, whatever the number of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Old files, safe and unprocessed.
    pub count: u64,
    /// The oldest old file.
    pub oldest: Option<OldFile>,
    /// The oldest file that waits for a processor.
    pub unprocessed: Option<OldFile>,
    /// The newest stamp there is.
    newest: Option<Tai64n>,
}

impl Census {
    /// Counts one name of the directory. The file `spared` is counted, but it is never named as the oldest.
    pub fn see(&mut self, name: &[u8], spared: Option<OldFile>) {
        let Some(file) = OldFile::from_name(name).filter(|file| file.kind != Kind::Temporary) else { return };
        self.count += 1;
        self.newest = self.newest.max(Some(file.stamp));
        if file.kind == Kind::Unprocessed {
            self.unprocessed = Some(self.unprocessed.map_or(file, |known| known.min(file)));
        }
        if spared.is_none_or(|spared| spared.stamp != file.stamp) {
            self.oldest = Some(self.oldest.map_or(file, |known| known.min(file)));
        }
    }

    /// The stamp for a file rotated now: never one that exists, and later than all of them even if the clock was set
    /// back, for pruning takes the first in order of names and must take the first in order of writing.
    pub fn next_stamp(&self, now: Tai64n) -> Tai64n {
        self.newest.map_or(now, |newest| now.max(just_after(newest)))
    }

    /// The next file to delete until `keep` remain; 0 keeps all.
    pub fn surplus(&self, keep: u64) -> Option<OldFile> {
        self.oldest.filter(|_| keep != 0 && self.count > keep)
    }
}

const fn just_after(stamp: Tai64n) -> Tai64n {
    const LAST_NANOSECOND: u32 = 999_999_999;
    if stamp.nanoseconds() < LAST_NANOSECOND {
        Tai64n::from_unix(stamp.unix_seconds(), stamp.nanoseconds() + 1)
    } else {
        Tai64n::from_unix(stamp.unix_seconds().wrapping_add(1), 0)
    }
}
