//! The sentences of svlogd, all on standard error.
//!
//! Its one law: each names who speaks, how grave it is, and whom it concerns. Source: runit-facts "svlogd".

use sys::message::complain;
pub(crate) use sys::message::reason;

/// Who speaks: the program, and whether it was told to be verbose.
#[derive(Clone, Copy)]
pub(crate) struct Voice {
    /// `-v`.
    pub(crate) verbose: bool,
}

impl Voice {
    /// What only somebody who asked for it wants to know.
    pub(crate) fn info(self, pieces: &[&[u8]]) {
        if self.verbose {
            speak(b"svlogd: info: ", pieces);
        }
    }
}

/// Something is not as it should be; svlogd goes on.
pub(crate) fn warning(pieces: &[&[u8]]) {
    speak(b"svlogd: warning: ", pieces);
}

/// What svlogd is unable to do, with whom, and why; it goes on.
pub(crate) fn unable(what: &str, whom: &[u8], why: &str) {
    tell(b"svlogd: warning: ", what, whom, why);
}

/// What keeps svlogd from writing, where, and why; it tries again.
pub(crate) fn pausing(what: &str, whom: &[u8], why: &str) {
    tell(b"svlogd: pausing: ", what, whom, why);
}

/// svlogd cannot go on.
pub(crate) fn fatal(pieces: &[&[u8]]) {
    speak(b"svlogd: fatal: ", pieces);
}

fn tell(prefix: &'static [u8], what: &str, whom: &[u8], why: &str) {
    speak(prefix, &[what.as_bytes(), b": ", whom, b": ", why.as_bytes()]);
}

fn speak(prefix: &'static [u8], pieces: &[&[u8]]) {
    let mut sentence = [prefix, &pieces.concat()].concat();
    for byte in sentence.iter_mut().filter(|byte| byte.is_ascii_control()) {
        *byte = b'?';
    }
    sentence.push(b'\n');
    complain(&[&sentence]);
}
