//! The file `config` of a log directory: what its lines say, with the defaults for what they leave out.
//!
//! Its one law: whatever the bytes of the file are, a usable configuration comes out; what could not be understood is
//! told, line by line, and stops nothing. Source: svlogd(8), CONFIG; runit-facts "svlogd".

use super::pattern;
use crate::number::{leading, whole};
use std::net::{Ipv4Addr, SocketAddrV4};

/// The port that syslog listens on.
const SYSLOG: u16 = 514;

/// What a line must match to be treated otherwise than by default; the last rule that matches decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Selected or deselected.
    pub(crate) select: bool,
    /// What the first bytes of the line must match.
    pub(crate) pattern: Box<[u8]>,
}

/// Where lines go over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    /// Address and port.
    pub(crate) address: SocketAddrV4,
    /// Do lines go there only, not to `current`?
    pub(crate) only: bool,
}

/// What one log directory is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// `s`: bytes of `current` at most, 0 for no bound.
    pub(crate) size: u64,
    /// `n`: old files to keep, 0 for all.
    pub(crate) keep: u64,
    /// `N`: old files to keep even if the disk is full.
    pub(crate) keep_at_least: u64,
    /// `t`: seconds after which `current` is rotated, 0 for never.
    pub(crate) age: u64,
    /// `!`: the command that rotated files are fed through.
    pub(crate) processor: Option<Box<[u8]>>,
    /// `u`, `U`: where lines are sent.
    pub(crate) remote: Option<Remote>,
    /// `p`: what each line begins with.
    pub(crate) prefix: Box<[u8]>,
    /// `+`, `-`: which lines are written.
    pub(crate) written: Vec<Rule>,
    /// `e`, `E`: which lines go to standard error.
    pub(crate) shown: Vec<Rule>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            size: 1_000_000,
            keep: 10,
            keep_at_least: 10,
            age: 0,
            processor: None,
            remote: None,
            prefix: Box::default(),
            written: Vec::new(),
            shown: Vec::new(),
        }
    }
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault<'a> {
    /// Its first letter is none that svlogd knows.
    Unknown(&'a [u8]),
    /// Something that is no number stands where a number is expected; what digits there were are used.
    Number(&'a [u8]),
    /// No address of the form a.b.c.d.
    Address(&'a [u8]),
    /// No port number.
    Port(&'a [u8]),
}

/// Reads a configuration; `fault` is called for each line that is not understood.
pub(crate) fn parse(text: &[u8], mut fault: impl FnMut(Fault)) -> Config {
    let mut config = Config::default();
    for line in text.split(|byte| *byte == b'\n') {
        if let Err(wrong) = config.take(line) {
            fault(wrong);
        }
    }
    config
}

impl Config {
    fn take<'a>(&mut self, line: &'a [u8]) -> Result<(), Fault<'a>> {
        let Some((letter, value)) = line.split_first() else { return Ok(()) };
        match letter {
            b'#' => {}
            b's' => set(&mut self.size, number(line, &[(b'k', 1024), (b'm', 1024 * 1024)]))?,
            b'n' => set(&mut self.keep, number(line, &[]))?,
            b'N' => set(&mut self.keep_at_least, number(line, &[]))?,
            b't' => set(&mut self.age, number(line, &[(b'm', 60), (b'h', 60 * 60)]))?,
            b'!' => self.processor = (!value.is_empty()).then(|| value.into()),
            b'u' | b'U' => self.remote = Some(Remote { address: address(value)?, only: *letter == b'U' }),
            b'p' => self.prefix = value.into(),
            b'+' | b'-' => self.written.push(Rule { select: *letter == b'+', pattern: value.into() }),
            b'e' | b'E' => self.shown.push(Rule { select: *letter == b'e', pattern: value.into() }),
            _ => return Err(Fault::Unknown(line)),
        }
        Ok(())
    }

    /// Are lines written as they are, whatever they are?
    pub(crate) fn takes_lines_unseen(&self) -> bool {
        self.written.is_empty() && self.shown.is_empty() && self.remote.is_none() && self.prefix.is_empty()
    }
}

/// Does the last rule that matches say so? `otherwise` if none does.
pub(crate) fn selects(rules: &[Rule], head: &[u8], otherwise: bool) -> bool {
    let last = rules.iter().rev().find(|rule| pattern::matches(&rule.pattern, head));
    last.map_or(otherwise, |rule| rule.select)
}

/// Sets a field to the number of its line, and passes on what is wrong with it.
fn set<'a>(field: &mut u64, (value, fault): (u64, Option<Fault<'a>>)) -> Result<(), Fault<'a>> {
    *field = value;
    fault.map_or(Ok(()), Err)
}

/// The number of a line behind its letter, with one of the units behind it or none; an empty number is 0, and one too
/// large is the largest.
fn number<'a>(line: &'a [u8], units: &[(u8, u64)]) -> (u64, Option<Fault<'a>>) {
    let text = line.get(1..).unwrap_or_default();
    let (value, rest) = leading(text);
    let unit = rest.first().and_then(|letter| units.iter().find(|(known, _)| known == letter));
    let understood = rest.len() == usize::from(unit.is_some());
    (value.saturating_mul(unit.map_or(1, |(_, factor)| *factor)), (!understood).then_some(Fault::Number(line)))
}

fn address(text: &[u8]) -> Result<SocketAddrV4, Fault<'_>> {
    let (host, port) = match text.iter().position(|byte| *byte == b':').and_then(|colon| text.split_at_checked(colon)) {
        Some((host, port)) => (host, port.get(1..)),
        None => (text, None),
    };
    let address = self::host(host).ok_or(Fault::Address(text))?;
    let port = match port {
        Some(port) => whole(port).and_then(|value| u16::try_from(value).ok()).ok_or(Fault::Port(port))?,
        None => SYSLOG,
    };
    Ok(SocketAddrV4::new(address, port))
}

/// Four numbers between dots. One with zeros in front is refused: it is octal for some and decimal for others.
fn host(text: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = text.split(|byte| *byte == b'.');
    let mut octets = [0; 4];
    for octet in &mut octets {
        let part = parts.next().filter(|part| part.len() == 1 || !part.starts_with(b"0"))?;
        *octet = u8::try_from(whole(part)?).ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}
