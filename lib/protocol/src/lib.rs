//! What bytes mean: control letters, the status record, the birth record, time stamps and path names, each in one file.
//!
//! Pure data that the supervisor and its tools share. Its one law: no I/O, no clock, no dependency, no std, so that a
//! device program and a desktop tool read the very same definition.
#![no_std]
#![forbid(unsafe_code)]

pub mod birth;
pub mod control;
pub mod paths;
pub mod place;
pub mod status;
pub mod tai64n;

/// Lays the parts of a record one behind the other.
fn lay(record: &mut [u8], parts: &[&[u8]]) {
    let mut places = record.iter_mut();
    for byte in parts.iter().copied().flatten() {
        if let Some(place) = places.next() {
            *place = *byte;
        }
    }
}
