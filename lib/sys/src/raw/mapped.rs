//! Memory that is mapped from a file, given back to the kernel, which reads it again where it is needed after all.
//!
//! Its one law: nothing else changes, not even where the kernel refuses. Source: madvise(2).

use super::call::syscall;
use core::ops::Range;
use linux_raw_sys::general as nr;

/// Gives whole pages back.
///
/// # Safety
/// They must be mapped from a file, and never have been written.
pub unsafe fn give_back(pages: Range<*const u8>) {
    let (start, end) = (pages.start.addr(), pages.end.addr());
    // Safety: by the caller's word the same bytes are read there afterwards.
    let _ = unsafe { syscall(nr::__NR_madvise, [start, end.saturating_sub(start), nr::MADV_DONTNEED as usize]) };
}
