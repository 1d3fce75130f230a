//! The request files: each counts while its owner's execute bit is set.
//!
//! `stopit` asks to stop, `reboot` to restart after that, `pwrfail` allows PWR to stop, `nosync` (by its mere existence)
//! leaves out the sync, `ctrlaltdel` is the script of that request. Source: runit(8), runit-init(8), runit-facts.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use protocol::paths::c::{CTRLALTDEL, NOSYNC, PWRFAIL, REBOOT, STOPIT};
use sys::Errno;
use sys::files::{self, CWD, OWNER_EXECUTE, PATH_MAX};

/// Mode of a request file that is made.
const NEW_FILE: u32 = 0o644;
/// Mode of a folder that is made for one.
const NEW_FOLDER: u32 = 0o755;

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

/// Makes a request file, if there is none, and sets its mark. The folder that it belongs into may have gone with whatever
/// went wrong: it is made again, for there is no other way to ask.
fn set(path: &'static CStr) -> Result<(), (&'static CStr, Errno)> {
    let make = || files::open_to_append(CWD, path, NEW_FILE).map(drop);
    let mut made = make();
    if made == Err(Errno::NOENT) {
        make_way(path);
        made = make();
    }
    match files::set_mode(CWD, path, OWNER_EXECUTE) {
        Ok(()) => Ok(()),
        Err(error) => Err((path, made.err().unwrap_or(error))),
    }
}

/// Makes the folders on the way to a file; where it is a link, those on the way from the root to its target as well. What
/// cannot be made is told when the file cannot be.
fn make_way(path: &CStr) {
    make_folders(path.to_bytes());
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    if let Ok(Some(target @ [b'/', ..])) = files::read_link(CWD, path, &mut buffer) {
        make_folders(target);
    }
}

/// Makes every folder that an absolute path names before its last slash.
fn make_folders(path: &[u8]) {
    let mut begun = [0; PATH_MAX];
    for (index, byte) in path.iter().enumerate() {
        if *byte == b'/'
            && let Ok(folder) = CStr::from_bytes_until_nul(&begun)
        {
            let _ = files::make_directory(CWD, folder, NEW_FOLDER);
        }
        if let Some(place) = begun.get_mut(index) {
            *place = *byte;
        }
    }
}
