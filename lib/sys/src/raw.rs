//! The few system calls that rustix lacks, and those that the device programs make most, by number, in their smallest form.
//!
//! Its one law: no file but this and those below it names a system-call number, and each function is safe to call:
//! it hands the kernel only memory that it borrows for the time of the call. Numbers and structures are those of
//! linux-raw-sys. Calls of Linux 3.2 are the base; a newer one is tried first only where the old one is wrong, and EPERM
//! (a seccomp filter) counts like ENOSYS there.
#![allow(unsafe_code)]

use core::ffi::{CStr, c_char, c_int};
use core::mem::MaybeUninit;
use core::num::NonZeroU32;
use core::{mem, slice};
use linux_raw_sys::general as nr;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

mod descriptor;
mod entry;
mod heap;
mod poll;
mod signals;

pub use descriptor::OwnedFd;
pub use entry::Words;
pub use heap::Heap;
pub(crate) use poll::{PollFd, PollList, poll};
pub(crate) use signals::{Mask, set_mask, signalfd, take_signal};
pub use signals::{reset_disposition, reset_dispositions};

/// Makes a system call of up to four arguments; no call of ours has more that count. What is not given is left as it is.
///
/// # Safety
/// The arguments must be what the call of that number takes, and memory that they point to must live through the call.
#[inline(always)]
unsafe fn syscall<const N: usize>(number: u32, arguments: [usize; N]) -> usize {
    let number = number as usize;
    let argument = |place: usize| arguments.get(place).copied().map_or(MaybeUninit::uninit(), MaybeUninit::new);
    let (a, b, c, d) = (argument(0), argument(1), argument(2), argument(3));
    let result;
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
            options(nostack));
        // r7, which carries the number, is the frame pointer in Thumb code and must be put back.
        #[cfg(target_arch = "arm")]
        core::arch::asm!("push {{r7}}", "mov r7, r4", "svc 0", "pop {{r7}}", in("r4") number,
            inlateout("r0") a => result, in("r1") b, in("r2") c, in("r3") d);
        #[cfg(target_arch = "riscv64")]
        core::arch::asm!("ecall", in("a7") number, inlateout("a0") a => result, in("a1") b, in("a2") c, in("a3") d,
            options(nostack));
    }
    result
}

/// The kernel answers an error as its negated number, 4,095 at most; no call of ours answers anything else that is negative, such
/// as an address.
#[inline(always)]
fn check(result: usize) -> Result<usize, Errno> {
    if result.cast_signed() >= 0 {
        return Ok(result);
    }
    // Safety: the type is transparent for the low 16 bits of the negated number, which is below 4,096 (MAX_ERRNO).
    Err(unsafe { mem::transmute::<u16, Errno>(result as u16) })
}

/// Does the error say that the kernel lacks a call, or that a filter takes it away?
#[cfg(target_pointer_width = "32")]
fn is_missing(error: Errno) -> bool {
    matches!(error, Errno::NOSYS | Errno::PERM)
}

/// Reads a clock, clock_gettime(2): seconds and nanoseconds. On 32 bits the call of 5.1 is asked first: the wall clock of the old
/// one ends in 2038, and a kernel without `COMPAT_32BIT_TIME` has no other.
// Its fields are 32 bits wide on 32-bit architectures.
#[allow(clippy::useless_conversion)]
fn read_clock(clock: u32) -> (i64, u32) {
    #[cfg(target_pointer_width = "32")]
    {
        let mut time = nr::__kernel_timespec { tv_sec: 0, tv_nsec: 0 };
        // Safety: the kernel writes one structure of this very type, or fails and writes nothing.
        if check(unsafe { syscall(nr::__NR_clock_gettime64, [clock as usize, &raw mut time as usize]) }).is_ok() {
            return (time.tv_sec, time.tv_nsec as u32);
        }
    }
    let mut time: nr::__kernel_old_timespec = nr::__kernel_old_timespec { tv_sec: 0, tv_nsec: 0 };
    // Safety: the kernel writes one structure of this very type. Both clocks exist on every kernel, so it cannot fail.
    unsafe { syscall(nr::__NR_clock_gettime, [clock as usize, &raw mut time as usize]) };
    (i64::from(time.tv_sec), time.tv_nsec as u32)
}

/// The monotonic clock: seconds and nanoseconds since an unstated moment, near boot.
pub(crate) fn clock_monotonic() -> (i64, u32) {
    read_clock(nr::CLOCK_MONOTONIC)
}

/// The wall clock: seconds since 1970 and nanoseconds.
pub(crate) fn clock_realtime() -> (i64, u32) {
    read_clock(nr::CLOCK_REALTIME)
}

/// Makes a copy of this process, fork(2): `None` in the child, its process id in the parent.
///
/// # Safety
/// The process must have one thread: the child holds a copy of the caller only, locks of others would stay locked.
pub(crate) unsafe fn fork() -> Result<Option<NonZeroU32>, Errno> {
    // Safety: no flag but the signal at its end: no stack, no identifier is read or written by the kernel.
    let pid = check(unsafe { syscall(nr::__NR_clone, [nr::SIGCHLD as usize, 0, 0, 0]) })?;
    Ok(NonZeroU32::new(pid as u32))
}

/// Becomes another program, execve(2). Returns only on failure. Both lists must end in a null pointer.
pub(crate) fn execve(path: &CStr, arguments: &[*const c_char], environment: &[*const c_char]) -> Errno {
    let ended = |list: &[*const c_char]| list.last().is_some_and(|pointer| pointer.is_null());
    if !ended(arguments) || !ended(environment) {
        return Errno::INVAL;
    }
    // Safety: path ends in NUL, both lists in null as checked above. The kernel only reads; a stray pointer within a list
    // gives EFAULT and no harm.
    let answer = unsafe {
        syscall(nr::__NR_execve, [path.as_ptr() as usize, arguments.as_ptr() as usize, environment.as_ptr() as usize])
    };
    check(answer).err().unwrap_or(Errno::INVAL)
}

/// Ends this process, exit_group(2).
pub(crate) fn exit(code: u8) -> ! {
    loop {
        // Safety: the call takes a number and does not return.
        unsafe { syscall(nr::__NR_exit_group, [usize::from(code)]) };
    }
}

/// Opens a file below a directory, openat(2).
pub(crate) fn openat(directory: BorrowedFd, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    let (directory, flags) = (directory.as_raw_fd() as usize, flags | nr::O_LARGEFILE);
    // Safety: path ends in NUL, the kernel only reads it.
    let answer =
        unsafe { syscall(nr::__NR_openat, [directory, path.as_ptr() as usize, flags as usize, mode as usize]) };
    // Safety: the descriptor is new, so nobody else owns it.
    check(answer).map(|fd| unsafe { OwnedFd::new(fd) })
}

/// Lets descriptor 0, 1 or 2 lead where `fd` does, dup3(2), which does not take two of one number.
pub(crate) fn redirect(fd: BorrowedFd, number: u8) -> Result<(), Errno> {
    let (fd, number) = (fd.as_raw_fd() as usize, usize::from(number.min(2)));
    if fd == number {
        return Ok(());
    }
    // Safety: numbers only; what 0, 1 and 2 lead to is nobody's memory.
    check(unsafe { syscall(nr::__NR_dup3, [fd, number, 0]) }).map(drop)
}

/// What the kernel tells of a file.
#[cfg(target_pointer_width = "64")]
pub(crate) type Stat = nr::stat;
/// What the kernel tells of a file.
#[cfg(target_pointer_width = "32")]
pub(crate) type Stat = nr::stat64;

/// Tells of a file below a directory, or for an empty path with `AT_EMPTY_PATH` of that descriptor itself: fstatat(2).
pub(crate) fn stat<'a>(
    directory: BorrowedFd,
    path: &CStr,
    flags: u32,
    stat: &'a mut MaybeUninit<Stat>,
) -> Result<&'a Stat, Errno> {
    #[cfg(target_pointer_width = "64")]
    const NUMBER: u32 = nr::__NR_newfstatat;
    #[cfg(target_pointer_width = "32")]
    const NUMBER: u32 = nr::__NR_fstatat64;
    let (directory, place) = (directory.as_raw_fd() as usize, stat.as_mut_ptr() as usize);
    // Safety: path ends in NUL; the kernel writes one structure of this very type.
    check(unsafe { syscall(NUMBER, [directory, path.as_ptr() as usize, place, flags as usize]) })?;
    // Safety: it has written it.
    Ok(unsafe { stat.assume_init_ref() })
}

/// Reads once, read(2).
#[inline(always)]
pub(crate) fn read(fd: BorrowedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    let (fd, place) = (fd.as_raw_fd() as usize, buffer.as_mut_ptr() as usize);
    // Safety: the kernel writes into the buffer, as far as it reaches.
    check(unsafe { syscall(nr::__NR_read, [fd, place, buffer.len()]) })
}

/// Reads a symbolic link, readlinkat(2); as much of the target as the buffer holds.
pub(crate) fn readlinkat<'a>(
    directory: BorrowedFd,
    path: &CStr,
    buffer: &'a mut [MaybeUninit<u8>],
) -> Result<&'a [u8], Errno> {
    let (directory, place) = (directory.as_raw_fd() as usize, buffer.as_mut_ptr() as usize);
    // Safety: path ends in NUL; the kernel writes into the buffer, as far as it reaches.
    let answer = unsafe { syscall(nr::__NR_readlinkat, [directory, path.as_ptr() as usize, place, buffer.len()]) };
    let length = check(answer)?.min(buffer.len());
    // Safety: so many bytes have been written.
    Ok(unsafe { slice::from_raw_parts(buffer.as_ptr().cast(), length) })
}

/// Sets both times of a file to now, of a link itself where it is one: utimensat(2).
pub(crate) fn touch(directory: BorrowedFd, path: &CStr) -> Result<(), Errno> {
    let (directory, flags) = (directory.as_raw_fd() as usize, nr::AT_SYMLINK_NOFOLLOW as usize);
    // Safety: path ends in NUL, the kernel only reads it; null stands for the time that it is.
    check(unsafe { syscall(nr::__NR_utimensat, [directory, path.as_ptr() as usize, 0, flags]) }).map(drop)
}

/// Lets reading and writing wait from now on, fcntl(2).
pub(crate) fn set_blocking(fd: BorrowedFd) -> Result<(), Errno> {
    let fd = fd.as_raw_fd() as usize;
    // Safety: numbers only.
    let flags = check(unsafe { syscall(nr::__NR_fcntl, [fd, nr::F_GETFL as usize]) })?;
    let flags = flags & !(nr::O_NONBLOCK as usize);
    // Safety: numbers only.
    check(unsafe { syscall(nr::__NR_fcntl, [fd, nr::F_SETFL as usize, flags]) }).map(drop)
}

/// The bytes as text for the kernel; `None` unless they end in their only NUL.
pub(crate) fn text(bytes: &[u8]) -> Option<&CStr> {
    if bytes.last() != Some(&0) {
        return None;
    }
    // Safety: there is a NUL at the end, if there is none before.
    let text = unsafe { CStr::from_ptr(bytes.as_ptr().cast()) };
    Some(text).filter(|text| text.to_bytes_with_nul().len() == bytes.len())
}

/// Standard input, output or error: 0, 1 or 2.
pub(crate) fn standard(number: u8) -> BorrowedFd<'static> {
    // No file of ours gets a number up to 2 (see `files::settle_descriptors`) and none of ours closes them; should one be
    // closed all the same, the calls on it answer EBADF.
    descriptor::borrow(c_int::from(number.min(2)))
}

/// Marks every descriptor above 2 to be closed when another program is executed: one call on 5.11 and later, else one for
/// each that a process may have by the usual limit.
pub(crate) fn close_inherited_on_exec() {
    const FIRST: usize = 3;
    const AFTER_INHERITED: usize = 1024;
    /// From the kernel's `linux/close_range.h`, which linux-raw-sys leaves out.
    const CLOSE_RANGE_CLOEXEC: usize = 4;
    // Safety: numbers only; the descriptors stay open in this process.
    let at_once = unsafe { syscall(nr::__NR_close_range, [FIRST, u32::MAX as usize, CLOSE_RANGE_CLOEXEC]) };
    if check(at_once).is_err() {
        for fd in FIRST..AFTER_INHERITED {
            // Safety: numbers only. One that is not open answers EBADF.
            unsafe { syscall(nr::__NR_fcntl, [fd, nr::F_SETFD as usize, nr::FD_CLOEXEC as usize]) };
        }
    }
}

/// Reads records of a directory's entries, getdents64(2): as many as the buffer holds, none at its end.
pub(crate) fn getdents<'a>(directory: BorrowedFd, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8], Errno> {
    let place = buffer.as_mut_ptr() as usize;
    // Safety: the kernel writes into the buffer, as far as it reaches.
    let answer = unsafe { syscall(nr::__NR_getdents64, [directory.as_raw_fd() as usize, place, buffer.len()]) };
    let length = check(answer)?.min(buffer.len());
    // Safety: so many bytes have been written.
    Ok(unsafe { slice::from_raw_parts(buffer.as_ptr().cast(), length) })
}

/// A descriptor for watches, inotify_init1(2); non-blocking, closed on exec.
pub(crate) fn inotify() -> Result<OwnedFd, Errno> {
    // Safety: a number.
    let answer = unsafe { syscall(nr::__NR_inotify_init1, [(nr::IN_CLOEXEC | nr::IN_NONBLOCK) as usize]) };
    // Safety: the descriptor is new, so nobody else owns it.
    check(answer).map(|fd| unsafe { OwnedFd::new(fd) })
}

/// Watches what a path leads to, inotify_add_watch(2); the number of the watch.
pub(crate) fn inotify_add_watch(watches: BorrowedFd, path: &CStr, mask: u32) -> Result<c_int, Errno> {
    let (watches, path) = (watches.as_raw_fd() as usize, path.as_ptr() as usize);
    // Safety: path ends in NUL, the kernel only reads it.
    check(unsafe { syscall(nr::__NR_inotify_add_watch, [watches, path, mask as usize]) }).map(|watch| watch as c_int)
}

/// kill(2) with its raw target: a process, minus a group, or -1 for every process but the caller and process 1.
pub(crate) fn kill(target: c_int, signal: u8) -> Result<(), Errno> {
    // Safety: two numbers.
    check(unsafe { syscall(nr::__NR_kill, [target as usize, usize::from(signal)]) }).map(drop)
}

/// A descriptor of a process, pidfd_open(2); Linux 5.3 and later. It can be read when the process has ended.
pub(crate) fn pidfd_open(pid: c_int) -> Result<OwnedFd, Errno> {
    // Safety: two numbers.
    let answer = check(unsafe { syscall(nr::__NR_pidfd_open, [pid as usize, 0]) });
    // Safety: the descriptor is new, so nobody else owns it; the kernel closes it on exec.
    answer.map(|fd| unsafe { OwnedFd::new(fd) })
}

/// Sends a signal to the process of a descriptor and to no other, pidfd_send_signal(2).
pub(crate) fn pidfd_send_signal(process: BorrowedFd, signal: u8) -> Result<(), Errno> {
    let (process, signal) = (process.as_raw_fd() as usize, usize::from(signal));
    // Safety: numbers, and null for "the signal is what kill(2) would send".
    check(unsafe { syscall(nr::__NR_pidfd_send_signal, [process, signal, 0, 0]) }).map(drop)
}

/// What reboot(2) is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Reboot {
    /// Start the machine again.
    Restart = 0x0123_4567,
    /// Cut the power.
    PowerOff = 0x4321_FEDC,
    /// Stop the processors.
    Halt = 0xCDEF_0123,
    /// Let ctrl-alt-del send INT to process 1 instead of restarting the machine.
    SignalCtrlAltDel = 0,
}

/// reboot(2). Some commands do not return.
pub(crate) fn reboot(command: Reboot) -> Result<(), Errno> {
    const MAGIC: (usize, usize) = (0xfee1_dead, 672_274_793);
    // Safety: four numbers; what the machine does then is the caller's wish.
    check(unsafe { syscall(nr::__NR_reboot, [MAGIC.0, MAGIC.1, command as u32 as usize]) }).map(drop)
}

/// Writes the path of the working directory with its NUL; tells how many bytes that are: getcwd(2).
pub(crate) fn getcwd(buffer: &mut [u8]) -> Result<usize, Errno> {
    // Safety: the kernel writes at most the bytes that the buffer has.
    check(unsafe { syscall(nr::__NR_getcwd, [buffer.as_mut_ptr() as usize, buffer.len()]) })
}
