//! The machine as a whole: reboot(2) and sync(2).
//!
//! Its one law: the numbers of a command are those of the kernel's `linux/reboot.h`.

use super::call::syscall;
use crate::errno::Errno;
use linux_raw_sys::general as nr;

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
    // Safety: numbers only; what the machine does then is the caller's wish.
    unsafe { syscall(nr::__NR_reboot, [MAGIC.0, MAGIC.1, command as u32 as usize]) }.nothing()
}

/// sync(2), which cannot fail.
pub(crate) fn sync() {
    // Safety: it takes nothing.
    let _ = unsafe { syscall(nr::__NR_sync, []) };
}
