//! The machine as a whole: reboot and sync.

use crate::errno::Errno;
use crate::raw;
pub use crate::raw::Reboot;

/// Asks the kernel to end or restart the machine, or what ctrl-alt-del does.
pub fn reboot(command: Reboot) -> Result<(), Errno> {
    raw::reboot(command)
}

/// Writes everything that the kernel holds in memory to the disks.
pub fn sync() {
    raw::sync();
}
