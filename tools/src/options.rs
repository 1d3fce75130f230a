//! Options as runit's programs read them: grouped flags, values attached (`-w5`) or as the next word.
//!
//! Serves all four tools. Its one law: reading stops at the first word that is no option, whatever stands behind it,
//! for `chpst -u web prog -v` must leave `-v` to prog. Source: runit-facts "Common".

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// What one letter, or one long word, on the command line turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opt<'a> {
    /// A letter that stands alone.
    Flag(u8),
    /// A letter and its value.
    Value(u8, &'a OsStr),
    /// A word after two dashes, one of those that the program names.
    Long(&'static str),
}

/// An option that cannot be read; the program says so, prints its usage and leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse<'a> {
    /// The program has no such option.
    Illegal(&'a [u8]),
    /// The letter stands last and needs a value.
    NoValue(u8),
}

impl Misuse<'_> {
    /// The line that tells the user of it, with its newline; `name` is the program's base name.
    pub fn sentence(&self, name: &[u8]) -> Vec<u8> {
        match self {
            Misuse::Illegal(option) => [name, b": illegal option -- ", option, b"\n"].concat(),
            Misuse::NoValue(letter) => [name, b": option requires an argument -- ", &[*letter], b"\n"].concat(),
        }
    }
}

/// Walks over the options of a command line; what is left afterwards are the operands.
pub struct Options<'a> {
    /// The letters, each followed by a colon if it takes a value, as in getopt(3).
    letters: &'static str,
    /// The words that may stand after two dashes.
    longs: &'static [&'static str],
    /// Words not yet looked at.
    words: &'a [OsString],
    /// Letters not yet looked at of the word before `words`.
    group: &'a [u8],
}

impl<'a> Options<'a> {
    /// Starts at the first word after the program's name.
    pub fn new(letters: &'static str, longs: &'static [&'static str], words: &'a [OsString]) -> Self {
        Options { letters, longs, words, group: &[] }
    }

    /// The words behind the options, once the iterator has ended.
    pub fn operands(&self) -> &'a [OsString] {
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
        match self.takes_value(*letter) {
            None => Err(Misuse::Illegal(std::slice::from_ref(letter))),
            Some(false) => Ok(Opt::Flag(*letter)),
            Some(true) if !rest.is_empty() => {
                self.group = &[];
                Ok(Opt::Value(*letter, OsStr::from_bytes(rest)))
            }
            Some(true) => {
                let (value, words) = self.words.split_first().ok_or(Misuse::NoValue(*letter))?;
                self.words = words;
                Ok(Opt::Value(*letter, value))
            }
        }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<Opt<'a>, Misuse<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((letter, rest)) = self.group.split_first() {
            return Some(self.letter(letter, rest));
        }
        let (word, words) = self.words.split_first()?;
        match word.as_bytes() {
            b"--" => {
                self.words = words;
                None
            }
            [b'-', b'-', long @ ..] => {
                self.words = words;
                let known = self.longs.iter().find(|known| known.as_bytes() == long);
                Some(known.map(|known| Opt::Long(known)).ok_or(Misuse::Illegal(long)))
            }
            [b'-', letter, rest @ ..] => {
                self.words = words;
                Some(self.letter(letter, rest))
            }
            _ => None,
        }
    }
}

/// The command line as the tools take it: the program's own name, then the words.
pub fn words(words: sys::Words) -> Vec<OsString> {
    words.map(|word| OsStr::from_bytes(word.to_bytes()).to_owned()).collect()
}

/// The last part of a program's path, by which it is called in its sentences.
pub fn base_name(program: &OsStr) -> &[u8] {
    let path = program.as_bytes();
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// The line that `-V` asks for, with its newline.
pub fn version(name: &str) -> String {
    [name, " (pilotlight) ", env!("CARGO_PKG_VERSION"), "\n"].concat()
}
