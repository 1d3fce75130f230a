//! The end of a log file that nobody closed.
//!
//! Its one law: what is left of it are whole lines, as they were written. A kill tears the last line; a power cut may leave a
//! file longer than what reached the disk, and zeros are in its place. Source: svlogd(8), The log directory.

use sys::{Errno, OwnedFd, stream};

/// Bytes that are looked at in one go.
const STEP: usize = 4096;

/// Cuts off what follows the last newline; of a file without one only the zeros at its end. How many bytes went.
pub(crate) fn cut_torn_end(file: &OwnedFd) -> Result<u64, Errno> {
    let length = stream::extent(file)?.length;
    let whole = match end_behind(file, length, |byte| byte == b'\n')? {
        0 => end_behind(file, length, |byte| byte != 0)?,
        whole => whole,
    };
    if whole < length {
        stream::set_length(file, whole)?;
    }
    Ok(length.saturating_sub(whole))
}

/// Where the last such byte of the first `length` ends, 0 if there is none.
fn end_behind(file: &OwnedFd, length: u64, is_it: impl Fn(u8) -> bool) -> Result<u64, Errno> {
    let mut end = length;
    let mut buffer = [0; STEP];
    while end > 0 {
        let start = (end - 1) / STEP as u64 * STEP as u64;
        let wanted = usize::try_from(end - start).unwrap_or(STEP);
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        let read = stream::read_at(file, room, start)?;
        if let Some(place) = room.get(..read).and_then(|bytes| bytes.iter().rposition(|byte| is_it(*byte))) {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
