//! From the command line and the environment to what is to be done, or to what is wrong with it.
//!
//! Pure. Its one law: called by any other name than sv it is an init script: that name is the service, the first operand
//! the command, and the exit codes are those of the LSB. Source: sv(8), SYNOPSIS and ENVIRONMENT.

use super::command::Order;
use crate::number::leading;
use crate::options::{Misuse, Opt, Options, base_name};
use std::ffi::CStr;

/// Seconds that a command may take to take effect, unless `-w` or SVWAIT say otherwise.
const WAIT: u64 = 7;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan<'a> {
    /// To each service.
    pub(crate) order: Order,
    /// How many seconds to wait for the effect; `None`: do not wait.
    pub(crate) wait: Option<u64>,
    /// Report as JSON?
    pub(crate) json: bool,
    /// Called as an init script, of this service.
    pub(crate) lsb: Option<&'a [u8]>,
    named: &'a [&'a CStr],
}

impl<'a> Plan<'a> {
    /// The services as named; none means all in the services directory.
    pub(crate) fn services(&self) -> impl Iterator<Item = &'a [u8]> {
        let named = if self.lsb.is_some() { &[] } else { self.named };
        self.lsb.into_iter().chain(named.iter().map(|name| name.to_bytes()))
    }
}

/// What is written to standard error before leaving with [`Misused::code`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misused {
    /// The sentence and the usage.
    pub(crate) text: Vec<u8>,
    /// The exit code.
    pub(crate) code: u8,
}

/// Reads the command line: the program's own path, then the words; and the value of SVWAIT.
pub(crate) fn plan<'a>(program: &'a CStr, words: &'a [&'a CStr], svwait: Option<&CStr>) -> Result<Plan<'a>, Misused> {
    let name = base_name(program);
    let lsb = Some(name).filter(|name| *name != b"sv");
    read(lsb, words, svwait).map_err(|misuse| {
        let (arguments, code): (&[u8], u8) = if lsb.is_some() {
            (b" [-w sec] command\n\n", 2)
        } else {
            (b" [-v] [-w sec] command service ...\n\n", 100)
        };
        Misused { text: misuse.text(name, &[b"usage: ", name, arguments]), code }
    })
}

fn read<'a>(lsb: Option<&'a [u8]>, words: &'a [&'a CStr], svwait: Option<&CStr>) -> Result<Plan<'a>, Misuse<'a>> {
    let (mut verbose, mut json) = (false, false);
    let mut seconds = svwait.map_or(WAIT, number);
    let mut options = Options::new("vw:V", "json", words);
    for option in options.by_ref() {
        match option? {
            Opt::Value(_, value) => (verbose, seconds) = (true, number(value)),
            Opt::Flag(b'V') => return Err(Misuse::Version("sv")),
            Opt::Flag(_) => verbose = true,
            Opt::Long => json = true,
        }
    }
    let (word, mut named) = options.operands().split_first().ok_or(Misuse::Wrong)?;
    let order = Order::parse(word.to_bytes(), lsb.is_some()).ok_or(Misuse::Wrong)?;
    if let (Order::Status, [first, rest @ ..]) = (order, named)
        && *first == c"--json"
    {
        (json, named) = (true, rest);
    }
    if (json && order != Order::Status) || (lsb.is_none() && named.is_empty() && *word != c"status") {
        return Err(Misuse::Wrong);
    }
    Ok(Plan { order, wait: (verbose || order.waits()).then_some(seconds), json, lsb, named })
}

/// The number that the text begins with; 0 if it begins with none. As in runit, what follows the digits is no error.
fn number(text: &CStr) -> u64 {
    leading(text.to_bytes()).0
}
