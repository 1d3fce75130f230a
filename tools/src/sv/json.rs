//! The report as JSON lines: one object a service, errors too.
//!
//! Pure. Its one law: what comes out is JSON whatever bytes a name has (those that are not UTF-8 become U+FFFD). The
//! fields are stable: name, state, pid, seconds, want, normally_up, paused, got_term, log; or name and error.

use super::report::{Observation, Trouble, age, word};
use crate::number::decimal;
use protocol::status::Want;

/// The line of one service and, if it has one, its log, with the newline.
pub(crate) fn line(
    name: &[u8],
    seen: &Result<Observation, Trouble>,
    log: Option<&Result<Observation, Trouble>>,
    now: i64,
) -> String {
    let mut out = String::from("{\"name\":");
    write_string(&mut out, &String::from_utf8_lossy(name));
    out.push(',');
    write_fields(&mut out, seen, now);
    if seen.is_ok() {
        out.push_str(",\"log\":");
        match log {
            None => out.push_str("null"),
            Some(log) => {
                out.push('{');
                write_fields(&mut out, log, now);
                out.push('}');
            }
        }
    }
    out.push_str("}\n");
    out
}

fn write_fields(out: &mut String, seen: &Result<Observation, Trouble>, now: i64) {
    match seen {
        Ok(seen) => write_state(out, seen, now),
        Err(trouble) => {
            out.push_str("\"error\":");
            write_string(out, &trouble.sentence());
        }
    }
}

fn write_state(out: &mut String, seen: &Observation, now: i64) {
    let status = &seen.status;
    let pid = if status.pid == 0 { String::from("null") } else { decimal(u64::from(status.pid)) };
    let want = if status.want == Want::Up { "up" } else { "down" };
    let pieces = [
        ("\"state\":\"", word(status.state)),
        ("\",\"pid\":", &pid),
        (",\"seconds\":", &decimal(age(status, now))),
        (",\"want\":\"", want),
        ("\",\"normally_up\":", truth(seen.normally_up)),
        (",\"paused\":", truth(status.paused)),
        (",\"got_term\":", truth(status.got_term)),
    ];
    for (key, value) in pieces {
        out.push_str(key);
        out.push_str(value);
    }
}

fn truth(it_is: bool) -> &'static str {
    if it_is { "true" } else { "false" }
}

/// A JSON string with its quotes.
pub(crate) fn write_string(out: &mut String, text: &str) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\x1f' => {
                let code = character as usize;
                out.push_str("\\u00");
                out.extend(HEX.get(code >> 4).into_iter().chain(HEX.get(code & 15)));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
