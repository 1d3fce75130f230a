//! `_start`, and what the kernel lays on the stack of a new program: arguments and environment.
//!
//! Its one law: the kernel's memory is read as it is, once handed out mutably it is never handed out again.

use core::arch::global_asm;
use core::ffi::{CStr, c_char};
use core::{mem, ptr, slice};

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start",
    ".type _start,@function",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call pilotlight_main",
    "movzx edi, al",
    ".globl pilotlight_exit",
    "pilotlight_exit:",
    "mov eax, 231",
    "syscall",
    "ud2",
);
#[cfg(target_arch = "x86")]
global_asm!(
    ".globl _start",
    ".type _start,@function",
    "_start:",
    "xor ebp, ebp",
    "mov eax, esp",
    "and esp, -16",
    "sub esp, 12",
    "push eax",
    "call pilotlight_main",
    "movzx eax, al",
    "push eax",
    "push eax",
    ".globl pilotlight_exit",
    "pilotlight_exit:",
    "mov ebx, [esp + 4]",
    "mov eax, 252",
    "int 0x80",
    "ud2",
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start",
    ".type _start,%function",
    "_start:",
    "mov x29, #0",
    "mov x30, #0",
    "mov x0, sp",
    "bl pilotlight_main",
    "and x0, x0, #255",
    ".globl pilotlight_exit",
    "pilotlight_exit:",
    "mov x8, #94",
    "svc #0",
    "brk #1",
);
#[cfg(target_arch = "arm")]
global_asm!(
    ".globl _start",
    ".type _start,%function",
    "_start:",
    "mov r0, sp",
    "bl pilotlight_main",
    ".globl pilotlight_exit",
    ".type pilotlight_exit,%function",
    "pilotlight_exit:",
    "movs r7, #248",
    "svc #0",
    "udf #0",
);
#[cfg(target_arch = "riscv64")]
global_asm!(
    ".globl _start",
    ".type _start,@function",
    "_start:",
    ".option push",
    ".option norelax",
    "lla gp, __global_pointer$",
    ".option pop",
    "mv a0, sp",
    "call pilotlight_main",
    "andi a0, a0, 255",
    ".globl pilotlight_exit",
    "pilotlight_exit:",
    "li a7, 94",
    "ecall",
    "unimp",
);

/// What a program was started with.
pub struct Start {
    arguments: &'static mut [*mut c_char],
    environment: &'static [*const c_char],
}

impl Start {
    /// Reads the stack: the count, the arguments, null, the environment, null.
    ///
    /// # Safety
    /// `stack` must be the stack pointer as the kernel set it for this program, used here for the only time.
    pub unsafe fn from_stack(stack: *mut usize) -> Start {
        // Safety: by the kernel's contract the count stands first, that many pointers follow, a null, the pointers of the
        // environment and a null; all of it lives as long as the process, and nobody else has a reference to it.
        unsafe {
            let count = *stack;
            let first = stack.add(1).cast::<*mut c_char>();
            let environment = first.add(count.wrapping_add(1)).cast::<*const c_char>();
            let mut variables = 0;
            while !(*environment.add(variables)).is_null() {
                variables += 1;
            }
            Start {
                arguments: slice::from_raw_parts_mut(first, count),
                environment: slice::from_raw_parts(environment, variables + 1),
            }
        }
    }

    /// The number of arguments, the program's name included.
    pub fn count(&self) -> usize {
        self.arguments.len()
    }

    /// One argument; 0 is the program's name.
    pub fn argument(&self, index: usize) -> Option<&CStr> {
        let pointer = *self.arguments.get(index)?;
        // Safety: a pointer that is not null is the kernel's, to a string that ends in NUL, and was not taken.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
    }

    /// Takes the memory of one argument, without its NUL, to write into what `ps` shows. It is gone from the list then.
    pub fn take_argument(&mut self, index: usize) -> Option<&'static mut [u8]> {
        let pointer = mem::replace(self.arguments.get_mut(index)?, ptr::null_mut());
        if pointer.is_null() {
            return None;
        }
        // Safety: the kernel's string lives as long as the process and is ours to write; nobody else can reach it, for its
        // pointer has just left the list, and what `argument` gave out ended with the mutable borrow.
        Some(unsafe {
            let length = CStr::from_ptr(pointer).to_bytes().len();
            slice::from_raw_parts_mut(pointer.cast::<u8>(), length)
        })
    }

    /// The environment as execve(2) takes it: pointers to NAME=VALUE, the last one null.
    pub fn environment(&self) -> &'static [*const c_char] {
        self.environment
    }

    /// The value of one variable of the environment.
    pub fn variable(&self, name: &[u8]) -> Option<&'static CStr> {
        self.environment.iter().filter(|pointer| !pointer.is_null()).find_map(|pointer| {
            let mut place = *pointer;
            for byte in name.iter().chain(b"=") {
                // Safety: a pointer of the kernel's that is not null leads to a string that ends in NUL, and none has been passed.
                let its = unsafe { place.cast::<u8>().read() };
                if its != *byte || its == 0 {
                    return None;
                }
                place = place.wrapping_add(1);
            }
            // Safety: it is what is left of that string, which lives as long as the process.
            Some(unsafe { CStr::from_ptr(place) })
        })
    }
}
