//! The readproctitle log: the last messages of all services, in the memory where `ps` finds runsvdir's last argument.
//!
//! Its one law: the first bytes stay, the rest scrolls to the left, and the newest stands at the right end. Source:
//! runsvdir(8), runit-facts "runsvdir".

/// Bytes at the left end that stay: `log: ` for most.
const FIXED: usize = 5;
/// The least length of the argument, in bytes.
pub const SHORTEST: usize = 7;

/// The memory that scrolls.
pub struct TitleLog {
    text: &'static mut [u8],
}

impl TitleLog {
    /// Takes the argument's memory and writes the first dot; `None` if it is too short.
    pub fn new(argument: &'static mut [u8]) -> Option<TitleLog> {
        if argument.len() < SHORTEST {
            return None;
        }
        let mut log = TitleLog { text: argument };
        log.push(b".");
        Some(log)
    }

    /// Appends bytes at the right end. NUL bytes would end the text, and are left out.
    pub fn push(&mut self, bytes: &[u8]) {
        let scrolling = self.text.get_mut(FIXED..).unwrap_or_default();
        for byte in bytes.iter().filter(|byte| **byte != 0) {
            scrolling.rotate_left(1.min(scrolling.len()));
            if let Some(last) = scrolling.last_mut() {
                *last = *byte;
            }
        }
    }
}
