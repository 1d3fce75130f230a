//! Texts as the kernel takes them: paths and names.

use std::ffi::CString;

/// Joins pieces to a text. None of them holds a NUL: they come from arguments, the environment, files' names and constants.
#[inline(never)]
pub(crate) fn text(pieces: &[&[u8]]) -> CString {
    CString::new(pieces.concat()).unwrap_or_default()
}
