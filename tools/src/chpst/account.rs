//! Users and groups as -u and -U name them, and the numbers behind the names.
//!
//! Its one law: nothing that is not spelled out becomes the number 0, which is root. Source: chpst(8), -u; runit-facts.

use super::Failure;
use super::database::{self, number};
use crate::contents;
use std::ffi::CStr;
use sys::files;
use sys::identity::GROUPS_MAX;

/// Where users are listed.
const USERS: &CStr = c"/etc/passwd";
/// Where groups are listed.
const GROUPS: &CStr = c"/etc/group";

/// The numbers of a user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    /// The user id.
    pub(crate) user: u32,
    /// The group id, then the supplementary ones.
    pub(crate) groups: Vec<u32>,
}

/// How a user is given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Account<'a> {
    /// `user[:group...]`, by name.
    Names(&'a [u8]),
    /// `:uid:gid...`, without the first colon.
    Numbers(&'a [u8]),
    /// A user's name and nothing else, as setuidgid takes it.
    Only(&'a [u8]),
}

impl<'a> Account<'a> {
    /// The argument of -u and -U.
    pub(crate) fn new(text: &'a CStr) -> Account<'a> {
        match text.to_bytes() {
            [b':', numbers @ ..] => Account::Numbers(numbers),
            names => Account::Names(names),
        }
    }

    /// What was given.
    pub(crate) fn text(&self) -> &'a [u8] {
        let (Account::Names(text) | Account::Numbers(text) | Account::Only(text)) = self;
        text
    }

    /// Looks the names up.
    pub(crate) fn resolve(&self) -> Result<Ids, Failure> {
        let (found, what) = match self {
            Account::Names(text) => (names(text), "unknown user/group: "),
            Account::Numbers(text) => (numbers(text), "invalid uid/gids: "),
            Account::Only(name) => (user(name), "unknown account: "),
        };
        found
            .filter(|ids| ids.groups.len() <= GROUPS_MAX)
            .ok_or_else(|| Failure::fatal(&[what.as_bytes(), self.text()]))
    }
}

/// The text of a list; one that cannot be read holds nobody.
fn list(path: &CStr) -> Vec<u8> {
    contents::read(files::CWD, path).unwrap_or_default()
}

fn user(name: &[u8]) -> Option<Ids> {
    let (user, group) = database::user(&list(USERS), name)?;
    Some(Ids { user, groups: vec![group] })
}

fn names(text: &[u8]) -> Option<Ids> {
    let mut parts = text.split(|byte| *byte == b':');
    let ids = user(parts.next()?)?;
    let file = list(GROUPS);
    let mut groups = Vec::new();
    for name in parts {
        groups.push(database::group(&file, name)?);
    }
    Some(if groups.is_empty() { ids } else { Ids { groups, ..ids } })
}

/// `uid:gid[:gid...]`: there must be a group, for a user's id does not tell one.
pub(crate) fn numbers(text: &[u8]) -> Option<Ids> {
    let mut parts = text.split(|byte| *byte == b':');
    let user = number(parts.next()?)?;
    let mut groups = Vec::new();
    for group in parts {
        groups.push(number(group)?);
    }
    (!groups.is_empty()).then_some(Ids { user, groups })
}
