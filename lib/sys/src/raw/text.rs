//! Bytes as text: for the kernel, which ends it with a NUL, and for sentences.
//!
//! Its one law: what is called text has been looked at here.

use core::ffi::CStr;

/// The bytes as text for the kernel; `None` unless they end in their only NUL.
pub(crate) fn text(bytes: &[u8]) -> Option<&CStr> {
    if bytes.last() != Some(&0) {
        return None;
    }
    // Safety: there is a NUL at the end, if there is none before.
    let text = unsafe { CStr::from_ptr(bytes.as_ptr().cast()) };
    Some(text).filter(|text| text.to_bytes_with_nul().len() == bytes.len())
}

/// The bytes before the first that is not ASCII.
pub(crate) fn ascii_at_start(bytes: &[u8]) -> &str {
    let length = bytes.iter().take_while(|byte| byte.is_ascii()).count();
    // Safety: so many bytes are there, and each is a character of its own in UTF-8.
    unsafe { str::from_utf8_unchecked(bytes.get_unchecked(..length)) }
}
