//! memcpy, memmove, memset, memcmp, bcmp and strlen: what the compiler takes for granted and a program without libc lacks.
//!
//! Small before fast: the device programs move some dozen bytes at a time. Its one law: each function does what C's of
//! that name does, for every length and overlap. Each byte is read as volatile, or the compiler would see what the loop
//! does and make it a call of the very function that it is in.

use core::ffi::c_int;

/// Copies `length` bytes; the areas do not overlap.
///
/// # Safety
/// As C's memcpy: `length` bytes must be readable at `source` and writable at `target`.
// Safety: libc, which has the other one of this name, is not linked.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // Safety: every offset is below the length that the caller vouches for.
    unsafe {
        #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
        repeat_move(target, source, length);
        #[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
        for offset in 0..length {
            target.add(offset).write(source.add(offset).read_volatile());
        }
    }
    target
}

/// One instruction does it on x86. LLVM keeps esi for itself on 32 bits, so it changes places around it.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
unsafe fn repeat_move(target: *mut u8, source: *const u8, length: usize) {
    // Safety: the direction flag is clear by the calling convention; the caller vouches for both areas.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("rep movsb", inout("rcx") length => _, inout("rdi") target => _, inout("rsi") source => _,
            options(nostack, preserves_flags));
        #[cfg(target_arch = "x86")]
        core::arch::asm!("xchg esi, {source}", "rep movsb", "xchg esi, {source}", source = inout(reg) source => _,
            inout("ecx") length => _, inout("edi") target => _, options(nostack, preserves_flags));
    }
}

/// Copies `length` bytes; the areas may overlap.
///
/// # Safety
/// As C's memmove: `length` bytes must be readable at `source` and writable at `target`.
// Safety: libc, which has the other one of this name, is not linked.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(target: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // Safety: every offset is below the length that the caller vouches for. Copying starts at the end that the other
    // area does not reach first.
    unsafe {
        if target.addr() <= source.addr() {
            for offset in 0..length {
                target.add(offset).write(source.add(offset).read_volatile());
            }
        } else {
            for offset in (0..length).rev() {
                target.add(offset).write(source.add(offset).read_volatile());
            }
        }
    }
    target
}

/// Fills `length` bytes.
///
/// # Safety
/// As C's memset: `length` bytes must be writable at `target`.
// Safety: libc, which has the other one of this name, is not linked.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(target: *mut u8, byte: c_int, length: usize) -> *mut u8 {
    for offset in 0..length {
        // Safety: the offset is below the length that the caller vouches for.
        unsafe { target.add(offset).write_volatile(byte as u8) };
    }
    target
}

/// Compares `length` bytes: 0 if equal, else the difference of the first two that differ.
///
/// # Safety
/// As C's memcmp: `length` bytes must be readable at both.
// Safety: libc, which has the other one of this name, is not linked.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> c_int {
    for offset in 0..length {
        // Safety: the offset is below the length that the caller vouches for.
        let (left, right) = unsafe { (left.add(offset).read_volatile(), right.add(offset).read_volatile()) };
        if left != right {
            return c_int::from(left) - c_int::from(right);
        }
    }
    0
}

/// Are `length` bytes different? 0 if not.
///
/// # Safety
/// As C's bcmp: `length` bytes must be readable at both.
// Safety: libc, which has the other one of this name, is not linked.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> c_int {
    // Safety: the caller vouches for the same as memcmp asks.
    unsafe { memcmp(left, right, length) }
}

/// Counts the bytes before the first NUL.
///
/// # Safety
/// As C's strlen: a NUL must follow, and all up to it be readable.
// Safety: libc, which has the other one of this name, is not linked.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut length = 0;
    // Safety: no NUL has been passed yet, so by the caller's word this byte is readable.
    while unsafe { text.add(length).read_volatile() } != 0 {
        length += 1;
    }
    length
}
