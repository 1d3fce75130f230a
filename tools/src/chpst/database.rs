//! The password and group files: the numbers behind a name.
//!
//! Its one law: only an entry with the very name and with numbers that are digits counts, and nothing that is missing reads
//! as 0, which is root. Parsed here because the C library that static programs carry drops the last byte of a file that
//! lacks its newline, and reads an empty number as 0. Source: passwd(5), group(5).

use crate::number::whole;

/// The user id and group id of a user in the text of a password file.
pub(crate) fn user(file: &[u8], name: &[u8]) -> Option<(u32, u32)> {
    entries(file, name).find_map(|mut numbers| Some((number(numbers.next()?)?, number(numbers.next()?)?)))
}

/// The group id of a group in the text of a group file.
pub(crate) fn group(file: &[u8], name: &[u8]) -> Option<u32> {
    entries(file, name).find_map(|mut numbers| number(numbers.next()?))
}

/// For each entry of this name the fields behind the password.
fn entries<'a>(file: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = impl Iterator<Item = &'a [u8]>> {
    let lines = split(file, b'\n').filter(|_| !name.is_empty());
    lines.filter_map(move |line| Some(split(line.strip_prefix(name)?.strip_prefix(b":")?, b':').skip(1)))
}

fn split(text: &[u8], at: u8) -> impl Iterator<Item = &[u8]> {
    text.split(move |byte| *byte == at)
}

/// Digits and nothing else. The largest number stands for "no id" in the kernel, so it is nobody's.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    u32::try_from(whole(text)?).ok().filter(|number| *number != u32::MAX)
}
