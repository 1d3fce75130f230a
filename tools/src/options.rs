//! Options as runit's programs read them: grouped flags, values attached (`-w5`) or as the next word.
//!
//! Serves all four tools. Its one law: reading stops at the first word that is no option, whatever stands behind it,
//! for `chpst -u web prog -v` must leave `-v` to prog. Source: runit-facts "Common".

use std::ffi::CStr;
use sys::files;

/// What one letter, or one long word, on the command line turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opt<'a> {
    /// A letter that stands alone.
    Flag(u8),
    /// A letter and its value.
    Value(u8, &'a CStr),
    /// Behind two dashes, the long word that the program knows.
    Long,
}

/// A command line that is not carried out; the program says why, prints its usage and leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse<'a> {
    /// The program has no such option.
    Illegal(&'a [u8]),
    /// The letter stands last and needs a value.
    NoValue(u8),
    /// Only the version of the program of this name is asked for.
    Version(&'static str),
    /// A word is missing, or is no good where it stands.
    Wrong,
}

impl Misuse<'_> {
    /// What the user is told; `name` is the program's base name, and the usage is in pieces.
    pub fn text(&self, name: &[u8], usage: &[&[u8]]) -> Vec<u8> {
        let mut text = match self {
            Misuse::Illegal(option) => [name, b": illegal option -- ", option, b"\n"].concat(),
            Misuse::NoValue(letter) => [name, b": option requires an argument -- ", &[*letter], b"\n"].concat(),
            Misuse::Version(own) => {
                [own.as_bytes(), b" (pilotlight) ", env!("CARGO_PKG_VERSION").as_bytes(), b"\n"].concat()
            }
            Misuse::Wrong => Vec::new(),
        };
        text.extend(usage.concat());
        text
    }
}

/// Walks over the options of a command line; what is left afterwards are the operands.
pub struct Options<'a> {
    /// The letters, each followed by a colon if it takes a value, as in getopt(3).
    letters: &'static str,
    /// The word that may stand after two dashes, if there is one.
    long: &'static str,
    /// Words not yet looked at.
    words: &'a [&'a CStr],
    /// Letters not yet looked at of the word before `words`, with its NUL.
    group: &'a [u8],
}

impl<'a> Options<'a> {
    /// Starts at the first word after the program's name.
    pub fn new(letters: &'static str, long: &'static str, words: &'a [&'a CStr]) -> Self {
        Options { letters, long, words, group: &[] }
    }

    /// The words behind the options, once the iterator has ended.
    pub fn operands(&self) -> &'a [&'a CStr] {
        self.words
    }

    /// Whether the letter takes a value; `None` for a letter that the program does not know.
    fn takes_value(&self, letter: u8) -> Option<bool> {
        let letters = self.letters.as_bytes();
        let place = letters.iter().position(|known| *known == letter && letter != b':')?;
        Some(letters.get(place + 1) == Some(&b':'))
    }

    fn letter(&mut self, letter: &'a u8, rest: &'a [u8]) -> Result<Opt<'a>, Misuse<'a>> {
        self.group = rest;
        let takes_value = self.takes_value(*letter).ok_or(Misuse::Illegal(std::slice::from_ref(letter)))?;
        if !takes_value {
            return Ok(Opt::Flag(*letter));
        }
        self.group = &[];
        let value = match files::text(rest).filter(|attached| !attached.is_empty()) {
            Some(attached) => attached,
            None => {
                let (value, words) = self.words.split_first().ok_or(Misuse::NoValue(*letter))?;
                self.words = words;
                value
            }
        };
        Ok(Opt::Value(*letter, value))
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<Opt<'a>, Misuse<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let [letter, rest @ ..] = self.group
            && !rest.is_empty()
        {
            return Some(self.letter(letter, rest));
        }
        let (word, words) = self.words.split_first()?;
        let option = match word.to_bytes_with_nul() {
            [b'-', b'-', 0] => None,
            [b'-', b'-', long @ .., 0] if long == self.long.as_bytes() => Some(Ok(Opt::Long)),
            [b'-', b'-', long @ .., 0] => Some(Err(Misuse::Illegal(long))),
            [b'-', letter, rest @ ..] if !rest.is_empty() => {
                self.words = words;
                return Some(self.letter(letter, rest));
            }
            _ => return None,
        };
        self.words = words;
        option
    }
}

/// The last part of a program's path, by which it is called in its sentences.
pub fn base_name(program: &CStr) -> &[u8] {
    let path = program.to_bytes();
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// The program's own name, as it was called, and the words behind it.
pub fn split<'a>(words: &'a [&'a CStr]) -> (&'a CStr, &'a [&'a CStr]) {
    words.split_first().map_or((c"", words), |(own, rest)| (*own, rest))
}
