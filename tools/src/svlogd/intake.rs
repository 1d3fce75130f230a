//! What was read from standard input and is not yet in all logs.
//!
//! Its one law: a batch is whole lines, but for a line that is longer than what patterns look at: such a line is handed
//! on as it comes. Nothing is read while a batch is under way, so no more is held than the buffer.

use std::ops::Range;

/// Which bytes are replaced, and by which.
pub(crate) type Replacements = Option<Box<[u8; 256]>>;

/// The replacements of `-r` and `-R`: bytes outside of printable ASCII and those of the set; the newline always stays.
pub(crate) fn replacements(by: Option<u8>, also: &[u8]) -> Replacements {
    if by.is_none() && also.is_empty() {
        return None;
    }
    let mut table = Box::new([by.unwrap_or(b'_'); 256]);
    for (byte, place) in (0..=u8::MAX).zip(table.iter_mut()) {
        if byte == b'\n' || (matches!(byte, b' '..=b'~') && !also.contains(&byte)) {
            *place = byte;
        }
    }
    Some(table)
}

/// The buffer behind standard input.
pub(crate) struct Intake {
    buffer: Box<[u8]>,
    filled: usize,
    /// End of the batch under way, 0 if there is none.
    batch: usize,
    /// Bytes that a line must have to be handed on before its end has come.
    line: usize,
    /// Is the beginning of the line at the buffer's start handed on already?
    mid_line: bool,
    replacements: Replacements,
}

impl Intake {
    /// A buffer of `size` bytes for lines of `line` bytes, which must be fewer.
    pub(crate) fn new(size: usize, line: usize, replacements: Replacements) -> Intake {
        Intake { buffer: vec![0; size].into(), filled: 0, batch: 0, line, mid_line: false, replacements }
    }

    /// Is there the beginning of a line whose end has not come?
    pub(crate) fn is_mid_line(&self) -> bool {
        self.filled > 0 || self.mid_line
    }

    /// Room for more input, of `limit` bytes at most; one byte is kept for the newline that a last line may lack.
    pub(crate) fn room(&mut self, limit: usize) -> &mut [u8] {
        let end = self.buffer.len().saturating_sub(1).min(self.filled.saturating_add(limit));
        self.buffer.get_mut(self.filled..end).unwrap_or_default()
    }

    /// Takes in what was read into the room, and forms the batch that is now complete.
    pub(crate) fn take(&mut self, length: usize) {
        let fresh = self.filled;
        self.filled += length;
        if let (Some(table), Some(bytes)) = (&self.replacements, self.buffer.get_mut(fresh..self.filled)) {
            bytes.iter_mut().for_each(|byte| *byte = table.get(usize::from(*byte)).copied().unwrap_or(*byte));
        }
        let last_newline =
            self.buffer.get(fresh..self.filled).and_then(|bytes| bytes.iter().rposition(|byte| *byte == b'\n'));
        let whole = last_newline.map_or(0, |place| fresh + place + 1);
        let open = self.mid_line && whole == 0;
        let tail = self.filled - whole;
        self.batch = if open || tail >= self.line { self.filled } else { whole };
    }

    /// The input has ended: what is left is a line, although it lacks its newline.
    pub(crate) fn finish(&mut self) {
        if self.is_mid_line()
            && let Some(place) = self.buffer.get_mut(self.filled)
        {
            *place = b'\n';
            self.filled += 1;
            self.batch = self.filled;
        }
    }

    /// The lines under way, from the byte at `from`.
    pub(crate) fn batch(&self, from: usize) -> &[u8] {
        self.buffer.get(from..self.batch).unwrap_or_default()
    }

    /// Is a batch under way?
    pub(crate) fn has_batch(&self) -> bool {
        self.batch > 0
    }

    /// Does the batch begin within a line?
    pub(crate) fn batch_begins_mid_line(&self) -> bool {
        self.mid_line
    }

    /// Every log has the batch: makes room for the next one.
    pub(crate) fn batch_done(&mut self) {
        self.mid_line = self.batch(0).last().map_or(self.mid_line, |last| *last != b'\n');
        let rest: Range<usize> = self.batch..self.filled;
        self.filled = rest.len();
        self.buffer.copy_within(rest, 0);
        self.batch = 0;
    }
}
