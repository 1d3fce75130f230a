//! The end of a log file that nobody closed.
//!
//! Its one law: what is left of it are whole lines, as they were written and in their order. A kill tears the last line; a power
//! cut may leave a file longer than what reached the disk, also before a later piece that did, and zeros are in its place.
//! Source: svlogd(8), The log directory.

use sys::{Errno, OwnedFd, stream};

/// Bytes that are looked at in one go.
const STEP: usize = 4096;
/// Bytes of the smallest piece in which a file reaches a disk.
const SECTOR: usize = 512;
/// Zeros at the end of one from which on it is a gap. Fewer are what a service has written, which a kill must not cost: a line of
/// its own ends there rarely, and a gap is rarely so short.
const GAP: usize = 16;

/// Cuts off what follows the last newline before the first gap; of a file without one there only the gap and what is behind it.
/// How many bytes went.
pub(crate) fn cut_torn_end(file: &OwnedFd) -> Result<u64, Errno> {
    let length = stream::extent(file)?.length;
    let written = end_behind(file, end_of_gap(file, length)?, |byte| byte != 0)?;
    let whole = match end_behind(file, written, |byte| byte == b'\n')? {
        0 => written,
        whole => whole,
    };
    if whole < length {
        stream::set_length(file, whole)?;
    }
    Ok(length.saturating_sub(whole))
}

/// The end of the first sector that ends in a gap, of the file if none does.
fn end_of_gap(file: &OwnedFd, length: u64) -> Result<u64, Errno> {
    let mut buffer = [0; STEP];
    let mut start = 0;
    while start < length {
        let read = stream::read_at(file, &mut buffer, start)?;
        let mut sectors = buffer.get(..read).unwrap_or_default().chunks(SECTOR);
        if let Some(sector) = sectors.position(|sector| sector.ends_with(&[0; GAP])) {
            return Ok(length.min(start + (sector as u64 + 1) * SECTOR as u64));
        }
        start += STEP as u64;
    }
    Ok(length)
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
