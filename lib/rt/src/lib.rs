//! How a program without libc starts: `_start`, `entry!`, the panic handler and the mem functions.
//!
//! Its one law: a program's `main` gets its arguments and environment as the kernel laid them on the stack, and its return
//! value is the exit code; nothing else happens before or after it.
#![no_std]
#![allow(unsafe_code)]

mod code;
mod memory;
mod start;

pub use code::give_back_cold_code;
pub use start::Start;

/// The exit code of a panic. The device programs hold no path to one; this is for debug builds.
const PANIC_EXIT_CODE: u8 = 111;

/// Names the function that the program begins with: `fn main(start: rt::Start) -> u8`, which gives the exit code. A program
/// with much state has it outside of its stack, and gets it as second argument: `entry!(main, State = State::new())`.
#[macro_export]
macro_rules! entry {
    ($main:path $(, $state:ty = $begin:expr)?) => {
        // Safety: no other symbol of this name is linked: a program has one `entry!`. The caller is `_start` alone.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn pilotlight_main(stack: *mut usize) -> u8 {
            // Safety: `_start` hands over the stack pointer as the kernel set it.
            let start = unsafe { $crate::Start::from_stack(stack) };
            $(static mut STATE: $state = $begin;)?
            let main: fn($crate::Start $(, &'static mut $state)?) -> u8 = $main;
            // Safety: this function is called once, and nobody else can name the state.
            main(start $(, unsafe { &mut *(&raw mut STATE as *mut $state) })?)
        }
    };
}

unsafe extern "C" {
    /// Ends the process, in assembly beside `_start`.
    fn pilotlight_exit(code: u8) -> !;
}

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // Safety: the routine takes a number and does not return.
    unsafe { pilotlight_exit(PANIC_EXIT_CODE) }
}

/// The prebuilt core of debug builds names it; with panic=abort nothing calls it.
#[cfg(not(test))]
// Safety: the name is the compiler's own, and std, which has the other one, is not linked.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Asked by compiler-builtins whether the processor has atomic instructions of its own: 0 says that it need not use them.
#[cfg(all(target_arch = "aarch64", not(test)))]
// Safety: libc, which has the other one of this name, is not linked.
#[unsafe(no_mangle)]
extern "C" fn getauxval(_: usize) -> usize {
    0
}
