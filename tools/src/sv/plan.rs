//! From the command line and the environment to what is to be done, or to what is wrong with it.
//!
//! Pure. Its one law: called by any other name than sv it is an init script: that name is the service, the first operand
//! the command, and the exit codes are those of the LSB. Source: sv(8), SYNOPSIS and ENVIRONMENT.

use super::command::Order;
use crate::options::{Misuse, Opt, Options, base_name, version};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Seconds that a command may take to take effect, unless `-w` or SVWAIT say otherwise.
const WAIT: u64 = 7;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan<'a> {
    /// To each service.
    pub(crate) order: Order,
    /// How many seconds to wait for the effect; `None`: do not wait.
    pub(crate) wait: Option<u64>,
    /// The services as named; none means all in the services directory.
    pub(crate) services: Vec<&'a [u8]>,
    /// Report as JSON?
    pub(crate) json: bool,
    /// Called as an init script?
    pub(crate) lsb: bool,
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
pub(crate) fn plan<'a>(program: &'a OsStr, words: &'a [OsString], svwait: Option<&OsStr>) -> Result<Plan<'a>, Misused> {
    let name = base_name(program);
    let lsb = name != b"sv";
    let misused = |sentence: &[u8]| Misused { text: usage(sentence, name, lsb), code: if lsb { 2 } else { 100 } };
    let (mut verbose, mut json) = (false, false);
    let mut seconds = svwait.map_or(WAIT, |value| number(value.as_bytes()));
    let mut options = Options::new("vw:V", &["json"], words);
    for option in options.by_ref() {
        match option {
            Ok(Opt::Value(_, value)) => (verbose, seconds) = (true, number(value.as_bytes())),
            Ok(Opt::Flag(b'V')) => return Err(misused(version("sv").as_bytes())),
            Ok(Opt::Flag(_)) => verbose = true,
            Ok(Opt::Long(_)) => json = true,
            Err(wrong @ (Misuse::Illegal(_) | Misuse::NoValue(_))) => return Err(misused(&wrong.sentence(name))),
        }
    }
    let (word, mut operands) = options.operands().split_first().ok_or_else(|| misused(b""))?;
    let order = Order::parse(word.as_bytes(), lsb).ok_or_else(|| misused(b""))?;
    if let (Order::Status, [first, rest @ ..]) = (order, operands)
        && first == "--json"
    {
        (json, operands) = (true, rest);
    }
    if (json && order != Order::Status) || (!lsb && operands.is_empty() && word != "status") {
        return Err(misused(b""));
    }
    let services = if lsb { vec![name] } else { operands.iter().map(|service| service.as_bytes()).collect() };
    Ok(Plan { order, wait: (verbose || order.waits()).then_some(seconds), services, json, lsb })
}

/// The number that the text begins with; 0 if it begins with none. As in runit, what follows the digits is no error.
pub(crate) fn number(text: &[u8]) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u64, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

fn usage(sentence: &[u8], name: &[u8], lsb: bool) -> Vec<u8> {
    let arguments: &[u8] = if lsb { b" [-w sec] command\n\n" } else { b" [-v] [-w sec] command service ...\n\n" };
    [sentence, b"usage: ", name, arguments].concat()
}
