//! How a program with std starts: as the `main` of its C library calls it, without what Rust's own start does before.
//!
//! That would handle SEGV and BUS to tell of a full stack, ignore PIPE, and link a good part of std. Its one law: what is kept
//! of it is that the numbers 0 to 2 are never free, or a file opened later would be taken for standard error.

use core::ffi::{CStr, c_char};
use core::ptr;

/// Texts that the kernel gave this process: its command line, its own name first, or its environment.
pub struct Words(*const *const c_char);

impl Words {
    /// From what `main` was given.
    ///
    /// # Safety
    /// It must be the second argument of `main`: pointers to texts that live as long as the process, the last one null.
    pub unsafe fn new(arguments: *const *const c_char) -> Words {
        Words(arguments)
    }
}

impl Iterator for Words {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<&'static CStr> {
        // Safety: up to the null, each place holds a pointer, and this goes no further than the null.
        let word = unsafe { ptr::NonNull::new((*self.0).cast_mut())? };
        self.0 = self.0.wrapping_add(1);
        // Safety: it leads to a text with a NUL at its end, which lives as long as the process.
        Some(unsafe { CStr::from_ptr(word.as_ptr()) })
    }
}

/// The environment that the kernel gave this process: variables, each as `NAME=VALUE`. Only where there is a C library.
// In place, so that a program without one is never asked for what it does not have.
#[inline]
pub fn environment() -> Words {
    // Safety: the C library defines it so.
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    // Safety: it was set before `main`, and no program of ours changes it or what it leads to.
    Words(unsafe { environ })
}

/// Makes a function the whole of this program: it takes [`Words`] and returns the exit code. The heap is [`crate::Heap`].
#[macro_export]
macro_rules! program {
    ($main:expr) => {
        #[global_allocator]
        static HEAP: $crate::Heap = $crate::Heap::new();

        // Safety: no other function has this name, which the C library calls the program by.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main(_: core::ffi::c_int, arguments: *const *const core::ffi::c_char) -> core::ffi::c_int {
            $crate::files::fill_standard();
            // Safety: it is what this function was given.
            core::ffi::c_int::from($main(unsafe { $crate::Words::new(arguments) }))
        }
    };
}
