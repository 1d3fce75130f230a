//! The out-of-memory killer: it is asked to spare the supervisor, and to treat its services as before.
//!
//! Its one law: what a service inherits is the value that its supervisor inherited. Where the kernel does not allow it (an
//! unprivileged user, no /proc) nothing changes. Source: proc_pid_oom_score_adj(5).

use protocol::paths;
use sys::files::{self, CWD};

/// The value of a process that is never taken.
const NEVER: &[u8] = b"-1000";
/// Bytes of the longest value, with its newline and a NUL.
const VALUE: usize = 8;

/// The value that this process inherited; zeros if it keeps that.
pub struct Score([u8; VALUE]);

/// Asks to be spared; the value before, if that was granted.
#[cold]
pub fn protect() -> Score {
    let mut text = [0; VALUE];
    let is_known = files::read_beginning(CWD, paths::c::OOM_SCORE, &mut text).is_ok();
    Score(if is_known && write(NEVER) { text } else { [0; VALUE] })
}

/// In a child: takes on the value that its parent inherited, if the parent is spared.
pub fn put_back(Score(text): &Score) {
    if *text != [0; VALUE] {
        // The kernel reads as far as the first NUL.
        write(text);
    }
}

#[inline(never)]
fn write(value: &[u8]) -> bool {
    files::open_to_write(CWD, paths::c::OOM_SCORE).and_then(|file| files::write(file, value)).is_ok()
}
