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

/// Joins pieces to one text in the buffer; `None` if that is too short for it and its NUL, or a piece holds a NUL.
pub(crate) fn join<'a>(buffer: &'a mut [u8], pieces: &[&[u8]]) -> Option<&'a CStr> {
    let mut length: usize = 0;
    for byte in pieces.iter().copied().flatten() {
        if *byte == 0 {
            return None;
        }
        *buffer.get_mut(length)? = *byte;
        length = length.wrapping_add(1);
    }
    *buffer.get_mut(length)? = 0;
    // Safety: a NUL has been written behind so many bytes, of which none is one.
    Some(unsafe { CStr::from_bytes_with_nul_unchecked(buffer.get_unchecked(..=length)) })
}

/// The bytes before the first that is not ASCII.
pub(crate) fn ascii_at_start(bytes: &[u8]) -> &str {
    let length = bytes.iter().take_while(|byte| byte.is_ascii()).count();
    // Safety: so many bytes are there, and each is a character of its own in UTF-8.
    unsafe { str::from_utf8_unchecked(bytes.get_unchecked(..length)) }
}
