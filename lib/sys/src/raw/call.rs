//! The system call itself, and what its answer says.
//!
//! Its one law: no other file knows how an architecture asks its kernel, nor how the kernel answers.

use super::OwnedFd;
use super::{AsRawFd, BorrowedFd};
use crate::errno::Errno;
use core::mem::MaybeUninit;
use core::num::NonZeroI32;

/// What the kernel answers: nothing (zero), a number, or the negated number of an error, which is 4,095 at most. No call of ours
/// answers anything else that is negative, such as an address.
#[derive(Clone, Copy)]
#[must_use]
pub(crate) struct Answer(isize);

impl Answer {
    /// That of a call which answers nothing.
    #[inline(always)]
    pub(crate) fn nothing(self) -> Result<(), Errno> {
        NonZeroI32::new(self.0 as i32).map_or(Ok(()), |negated| Err(Errno(negated)))
    }

    /// That of a call which cannot fail.
    pub(crate) fn value(self) -> usize {
        self.0.cast_unsigned()
    }

    /// That of a call which answers a number.
    #[inline(always)]
    pub(crate) fn number(self) -> Result<usize, Errno> {
        // Safety: it has been looked at.
        if self.0 < 0 { Err(unsafe { self.error() }) } else { Ok(self.value()) }
    }

    /// That of a call which was refused.
    ///
    /// # Safety
    /// The answer must be below zero.
    #[inline(always)]
    pub(crate) unsafe fn error(self) -> Errno {
        // Safety: what is below zero and above -4,096 is no zero in 32 bits either.
        Errno(unsafe { NonZeroI32::new_unchecked(self.0 as i32) })
    }

    /// That of a call which answers a number that tells nothing.
    #[inline(always)]
    pub(crate) fn done(self) -> Result<(), Errno> {
        self.number().map(drop)
    }

    /// That of a call which opens a file.
    ///
    /// # Safety
    /// The number must be that of a new descriptor, so that nobody else owns it.
    #[inline(always)]
    pub(crate) unsafe fn file(self) -> Result<OwnedFd, Errno> {
        // Safety: the caller says so.
        self.number().map(|fd| unsafe { OwnedFd::new(fd) })
    }
}

/// A descriptor as an argument. The kernel looks at its lower 32 bits alone.
#[inline(always)]
pub(crate) fn of(fd: BorrowedFd) -> usize {
    fd.as_raw_fd().cast_unsigned() as usize
}

/// The most arguments of a call of ours that count: five where the kernel has the newer forms of some calls only (epoll_pwait).
const MOST: usize = if cfg!(any(target_arch = "aarch64", target_arch = "riscv64")) { 5 } else { 4 };

/// Makes a system call of up to [`MOST`] arguments. What is not given is left as it is.
///
/// # Safety
/// The arguments must be what the call of that number takes, and memory that they point to must live through the call.
#[inline(always)]
pub(super) unsafe fn syscall<const N: usize>(number: u32, arguments: [usize; N]) -> Answer {
    const { assert!(N <= MOST, "more arguments than are handed over") };
    let argument = |place: usize| arguments.get(place).copied().map_or(MaybeUninit::uninit(), MaybeUninit::new);
    let (a, b, c, d) = (argument(0), argument(1), argument(2), argument(3));
    #[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
    let e = argument(4);
    // All of the register counts on some.
    let number = number as isize;
    let result: isize;
    // Safety: the registers are those of the kernel's calling convention for the architecture; what the kernel changes
    // besides the result is declared, and the caller answers for the arguments.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("syscall", inlateout("rax") number => result, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            lateout("rcx") _, lateout("r11") _, options(nostack));
        // LLVM keeps esi for itself, so the fourth argument changes places with it around the call.
        #[cfg(target_arch = "x86")]
        core::arch::asm!("xchg esi, {d}", "int 0x80", "xchg esi, {d}", d = inout(reg) d => _,
            inlateout("eax") number => result, in("ebx") a, in("ecx") b, in("edx") c, options(nostack));
        #[cfg(target_arch = "aarch64")]
        core::arch::asm!("svc 0", in("x8") number, inlateout("x0") a => result, in("x1") b, in("x2") c, in("x3") d,
            in("x4") e, options(nostack));
        #[cfg(target_arch = "arm")]
        core::arch::asm!("bl {enter}", enter = sym enter_kernel, in("r4") number, inlateout("r0") a => result,
            in("r1") b, in("r2") c, in("r3") d, out("lr") _);
        #[cfg(target_arch = "riscv64")]
        core::arch::asm!("ecall", in("a7") number, inlateout("a0") a => result, in("a1") b, in("a2") c, in("a3") d,
            in("a4") e, options(nostack));
    }
    Answer(result)
}

/// The system call of the number in r4. r7, which carries it for the kernel, is the frame pointer in Thumb code: no inline assembly
/// may name it, and here it is put back.
#[cfg(target_arch = "arm")]
#[unsafe(naked)]
extern "C" fn enter_kernel() {
    core::arch::naked_asm!("push {{r7, lr}}", "mov r7, r4", "svc 0", "pop {{r7, pc}}")
}
