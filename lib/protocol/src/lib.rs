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

/// Lays a part of a record at its front, and goes on behind it.
#[inline(always)]
fn put<const N: usize>(record: &mut &mut [u8], part: [u8; N]) {
    if let Some((front, behind)) = core::mem::take(record).split_first_chunk_mut() {
        *front = part;
        *record = behind;
    }
}
