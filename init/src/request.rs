//! The request files: each counts while its owner's execute bit is set.
//!
//! `stopit` asks to stop, `reboot` to restart after that, `pwrfail` allows PWR to stop, `nosync` (by its mere existence)
//! leaves out the sync, `ctrlaltdel` is the script of that request. Source: runit(8), runit-init(8), runit-facts.

use core::ffi::CStr;
use protocol::paths::c::{CTRLALTDEL, NOSYNC, PWRFAIL, REBOOT, STOPIT};
use sys::Errno;
use sys::files::{self, CWD, OWNER_EXECUTE};

/// Mode of a request file that is made.
const NEW_FILE: u32 = 0o644;

/// Is the system to be stopped?
pub fn is_stop_asked() -> bool {
    files::owner_may_execute(CWD, STOPIT)
}

/// Takes back the request to stop. That it fails (a read-only root) does no harm: the stop goes on, and a new boot does not
/// look at it without a CONT.
pub fn clear_stop() {
    let _ = files::set_mode(CWD, STOPIT, 0);
}

/// Is the machine to be restarted after the stop?
pub fn is_reboot_asked() -> bool {
    files::owner_may_execute(CWD, REBOOT)
}

/// May PWR stop the system?
pub fn is_power_fail_heeded() -> bool {
    files::owner_may_execute(CWD, PWRFAIL)
}

/// Is there a script for ctrl-alt-del?
pub fn has_ctrl_alt_del() -> bool {
    files::owner_may_execute(CWD, CTRLALTDEL)
}

/// Are the disks to be written before the end?
pub fn is_sync_wanted() -> bool {
    files::facts(CWD, NOSYNC).is_err()
}

/// Asks to stop the system, and to restart it or not; the file and the reason if that cannot be written down.
pub fn ask(restart: bool) -> Result<(), (&'static CStr, Errno)> {
    if restart {
        set(REBOOT)?;
    } else {
        match files::set_mode(CWD, REBOOT, 0) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err((REBOOT, error)),
        }
    }
    set(STOPIT)
}

/// Makes a request file, if there is none, and sets its mark.
fn set(path: &'static CStr) -> Result<(), (&'static CStr, Errno)> {
    let made = files::open_to_append(CWD, path, NEW_FILE).map(drop);
    match files::set_mode(CWD, path, OWNER_EXECUTE) {
        Ok(()) => Ok(()),
        Err(error) => Err((path, made.err().unwrap_or(error))),
    }
}
