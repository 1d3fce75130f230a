//! The report as JSON lines: one object a service, errors too.
//!
//! Pure. Its one law: what comes out is JSON whatever bytes a name has (those that are not UTF-8 become U+FFFD). The
//! fields are stable: name, state, pid, seconds, want, normally_up, paused, got_term, log; or name and error.

use super::report::{Observation, Trouble, age, word};
use crate::number::push_decimal;
use protocol::status::Want;

/// Appends the line of one service and, if it has one, its log.
pub(crate) fn line(
    out: &mut Vec<u8>,
    name: &[u8],
    seen: &Result<Observation, Trouble>,
    log: Option<&Result<Observation, Trouble>>,
    now: i64,
) {
    out.extend(b"{\"name\":");
    write_string(out, name);
    out.push(b',');
    write_fields(out, seen, now);
    if seen.is_ok() {
        out.extend(b",\"log\":");
        match log {
            None => out.extend(b"null"),
            Some(log) => {
                out.push(b'{');
                write_fields(out, log, now);
                out.push(b'}');
            }
        }
    }
    out.extend(b"}\n");
}

fn write_fields(out: &mut Vec<u8>, seen: &Result<Observation, Trouble>, now: i64) {
    match seen {
        Ok(seen) => write_state(out, seen, now),
        Err(trouble) => {
            out.extend(b"\"error\":");
            write_string(out, &trouble.sentence());
        }
    }
}

fn write_state(out: &mut Vec<u8>, seen: &Observation, now: i64) {
    let status = &seen.status;
    let want = if status.want == Want::Up { "up" } else { "down" };
    out.extend([b"\"state\":\"", word(status.state).as_bytes(), b"\",\"pid\":"].concat());
    match status.pid {
        0 => out.extend(b"null"),
        pid => push_decimal(out, pid.into(), 1),
    }
    out.extend(b",\"seconds\":");
    push_decimal(out, age(status, now), 1);
    out.extend([b",\"want\":\"", want.as_bytes(), b"\""].concat());
    let truths = [("normally_up", seen.normally_up), ("paused", status.paused), ("got_term", status.got_term)];
    for (key, it_is) in truths {
        let value = if it_is { "true" } else { "false" };
        out.extend([b",\"", key.as_bytes(), b"\":", value.as_bytes()].concat());
    }
}

/// A JSON string with its quotes.
fn write_string(out: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for byte in chunk.valid().bytes() {
            match byte {
                b'"' | b'\\' => out.extend([b'\\', byte]),
                0..=0x1f => {
                    out.extend(b"\\u00");
                    out.extend([byte >> 4, byte & 15].iter().filter_map(|digit| HEX.get(usize::from(*digit))));
                }
                _ => out.push(byte),
            }
        }
        if !chunk.invalid().is_empty() {
            out.extend("\u{fffd}".bytes());
        }
    }
    out.push(b'"');
}
