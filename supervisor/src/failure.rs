//! What runsv was unable to do, and the sentence for it.

use sys::Errno;
use sys::message::{mention, reason};

/// Unable to do what to which file, and the reason if the system gave one.
#[derive(Clone, Copy)]
pub struct Failure {
    /// The sentence up to the object, `unable to open `, or nothing where the object tells it all.
    pub unable: &'static str,
    /// Which file.
    pub object: &'static str,
    /// What the system answered.
    pub reason: Option<Errno>,
}

/// Makes a failure of the system's answer.
pub fn cannot(unable: &'static str, object: &'static str) -> impl FnOnce(Errno) -> Failure {
    move |reason| Failure { unable, object, reason: Some(reason) }
}

/// The severities of [`tell`].
pub const FATAL: &[u8] = b": fatal: ";
/// As above.
pub const WARNING: &[u8] = b": warning: ";

/// Tells a failure of the runsv of the service directory `name`; `severity` is [`FATAL`] or [`WARNING`]. Services never wait for
/// whoever reads it.
pub fn tell(name: &[u8], severity: &[u8], failure: &Failure) {
    let (colon, why) = failure.reason.map_or(("", ""), |error| (": ", reason(error)));
    let (unable, object) = (failure.unable.as_bytes(), failure.object.as_bytes());
    mention(&[b"runsv ", name, severity, unable, object, colon.as_bytes(), why.as_bytes(), b"\n"]);
}
