//! svlogd's way of a line without the loop around it, for its fuzz target: a part of svlogd when that is built for fuzzing.
//!
//! Its one law: it does with each piece of input what the loop does with one read, and nothing else.

use super::stamp::Stamp;
use super::{Settings, Svlogd, config, options};
use std::ffi::CStr;

/// An svlogd that is told what to read.
pub struct LinePath {
    svlogd: Svlogd,
}

impl LinePath {
    /// As its command line says, with a buffer of this size and one moment for all stamps.
    pub fn open(words: &[&CStr], buffer: usize, moment: (i64, u32)) -> Option<LinePath> {
        let (settings, names) = options::read(words).ok()?;
        let mut svlogd = Svlogd::new(Settings { buffer, ..settings }, names);
        svlogd.stamp = Stamp::new(svlogd.settings.stamp, moment);
        svlogd.open().then_some(LinePath { svlogd })
    }

    /// One read: takes what it has room for, delivers what is complete; how many bytes were taken.
    pub fn read(&mut self, input: &[u8]) -> usize {
        let room = self.svlogd.intake.room(usize::MAX);
        let length = room.len().min(input.len());
        room[..length].copy_from_slice(&input[..length]);
        self.svlogd.intake.take(length);
        self.deliver();
        length
    }

    /// What ALRM asks for.
    pub fn rotate(&mut self) {
        self.svlogd.rotation_asked = true;
        self.svlogd.rotate();
    }

    /// What HUP asks for.
    pub fn open_again(&mut self) {
        self.svlogd.close();
        assert!(self.svlogd.open(), "a directory that was open is not to be had again");
    }

    /// The end of the input.
    pub fn end(mut self) {
        self.svlogd.intake.finish();
        self.deliver();
        self.svlogd.close();
    }

    /// The stamp of each line.
    pub fn stamp(&self) -> &[u8] {
        self.svlogd.stamp.as_bytes()
    }

    fn deliver(&mut self) {
        self.svlogd.deliver();
        self.svlogd.rotate();
        assert!(!self.svlogd.intake.has_batch(), "a disk with room does not take a batch");
    }
}

/// Does a configuration of this text let the line be written whose first bytes are `head`?
pub fn is_written(text: &[u8], head: &[u8]) -> bool {
    let config = config::parse(text, |_| {});
    config.written.is_empty() || config::selects(&config.written, head, true)
}
