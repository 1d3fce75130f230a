//! The records of utmp and wtmp: which one a line has, and what it becomes when the line is logged out.
//!
//! Its one law: only the fields named here are touched; whatever else a record carries stays. Source: utmp(5); the layout
//! is the C library's for the target's architecture.

use std::ops::Range;

/// Where the fields of a record are.
struct Layout {
    /// Bytes of a record.
    size: usize,
    /// The seconds of its time.
    seconds: Range<usize>,
}

/// 64-bit ARM has 64-bit time in its records; the other architectures keep the record of their 32-bit ancestors.
const LAYOUT: Layout = if cfg!(target_arch = "aarch64") {
    Layout { size: 400, seconds: 344..352 }
} else {
    Layout { size: 384, seconds: 340..344 }
};
/// Bytes of a record.
pub(crate) const SIZE: usize = LAYOUT.size;

const KIND: Range<usize> = 0..2;
const LINE: Range<usize> = 8..40;
const USER: Range<usize> = 44..76;
const HOST: Range<usize> = 76..332;
/// The kind of a record whose process has ended.
const DEAD_PROCESS: i16 = 8;
/// Bytes of the longest name of a line.
pub(crate) const LINE_MAX: usize = LINE.end - LINE.start;

/// Bytes of the records in front of the first one in which somebody is logged in on the line.
pub(crate) fn find(records: &[u8], line: &[u8]) -> Option<usize> {
    let of_line = |record: &&[u8]| text(record, LINE) == line && !text(record, USER).is_empty();
    let index = records.chunks_exact(SIZE).position(|record| of_line(&record))?;
    Some(index * SIZE)
}

/// The text of a field, which ends with the first NUL or fills the field.
fn text(record: &[u8], field: Range<usize>) -> &[u8] {
    record.get(field).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Marks a record as that of an ended process, with nobody logged in, at this unix time.
pub(crate) fn log_out(record: &mut [u8], seconds: i64) {
    set(record, KIND, &DEAD_PROCESS.to_ne_bytes());
    set(record, USER, &[]);
    set(record, HOST, &[]);
    set_seconds(record, seconds);
}

/// The record that wtmp gets.
pub(crate) fn logged_out(line: &[u8], seconds: i64) -> [u8; SIZE] {
    let mut record = [0; SIZE];
    set(&mut record, LINE, line);
    log_out(&mut record, seconds);
    record
}

fn set_seconds(record: &mut [u8], seconds: i64) {
    // A field of 32 bits keeps the low ones: its readers take it as unsigned after 2038.
    let bytes = seconds.to_ne_bytes();
    let width = LAYOUT.seconds.len();
    let low = if cfg!(target_endian = "big") { bytes.get(bytes.len() - width..) } else { bytes.get(..width) };
    set(record, LAYOUT.seconds, low.unwrap_or_default());
}

/// Sets a field; what the value does not fill becomes NUL.
fn set(record: &mut [u8], field: Range<usize>, value: &[u8]) {
    let value = value.iter().copied().chain(std::iter::repeat(0));
    record.get_mut(field).unwrap_or_default().iter_mut().zip(value).for_each(|(place, byte)| *place = byte);
}
