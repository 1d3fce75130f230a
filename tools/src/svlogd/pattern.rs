//! The patterns that select lines: `*`, `+` and bytes that stand for themselves.
//!
//! Its one law: a match covers the whole of what it is given, and reads nothing beyond. Source: svlogd(8), PATTERN
//! MATCHING: a star stops at the first occurrence of what follows it, a plus takes all it can, nothing is tried twice.

/// Does the whole text match the pattern?
pub(crate) fn matches(mut pattern: &[u8], mut text: &[u8]) -> bool {
    while let [first, rest @ ..] = pattern {
        match (first, rest) {
            (b'*', []) => return true,
            (b'*', [stop, ..]) => match memchr::memchr(*stop, text) {
                Some(place) => text = text.get(place..).unwrap_or_default(),
                None => return false,
            },
            (b'+', []) => return false,
            (b'+', [repeated, after @ ..]) => match text.iter().take_while(|byte| *byte == repeated).count() {
                0 => return false,
                run => {
                    text = text.get(run..).unwrap_or_default();
                    pattern = after;
                    continue;
                }
            },
            (literal, _) => match text.split_first() {
                Some((byte, following)) if byte == literal => text = following,
                _ => return false,
            },
        }
        pattern = rest;
    }
    text.is_empty()
}
