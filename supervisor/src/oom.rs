//! The out-of-memory killer: it is asked to spare the supervisor, and to treat its services as before.
//!
//! Its one law: what a service inherits is the value that its supervisor inherited. Where the kernel does not allow it (an
//! unprivileged user, no /proc) nothing changes. Source: proc_pid_oom_score_adj(5).

use protocol::paths;
use sys::files::{self, CWD};

/// The value of a process that is never taken.
const NEVER: &[u8] = b"-1000";
/// Bytes of the longest value, with its newline.
const VALUE: usize = 8;

/// The value that this process inherited.
pub struct Score {
    text: [u8; VALUE],
    length: usize,
}

/// Asks to be spared; the value before, if that was granted.
pub fn protect() -> Option<Score> {
    let mut text = [0; VALUE];
    let length = files::read_beginning(CWD, paths::c::OOM_SCORE, &mut text).ok()?.len();
    write(NEVER).then_some(Score { text, length })
}

/// In a child: takes on the value that its parent inherited, if the parent is spared.
pub fn put_back(score: &Option<Score>) {
    if let Some(score) = score {
        write(score.text.get(..score.length).unwrap_or_default());
    }
}

fn write(value: &[u8]) -> bool {
    files::open_to_write(CWD, paths::c::OOM_SCORE).and_then(|file| files::write(file, value)).is_ok()
}
