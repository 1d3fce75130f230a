//! Memory that is mapped from a file, given back to the kernel, which reads it again where it is needed after all.
//!
//! Its one law: nothing else changes, not even where the kernel refuses. Source: madvise(2).

use core::ops::Range;
use rustix::mm::{Advice, madvise};

/// Gives whole pages back.
///
/// # Safety
/// They must be mapped from a file, and never have been written.
pub unsafe fn give_back(pages: Range<*const u8>) {
    let length = pages.end.addr().saturating_sub(pages.start.addr());
    // Safety: by the caller's word the same bytes are read there afterwards.
    let _ = unsafe { madvise(pages.start.cast_mut().cast(), length, Advice::LinuxDontNeed) };
}
