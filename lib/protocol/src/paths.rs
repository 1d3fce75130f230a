//! Every path and file name of the system, once.
//!
//! Each is there as `&str`, and in [`c`] under the same name as `&CStr` for system calls. Its one law: no other file spells
//! one of these. What a distribution must place elsewhere is set when it builds, by the environment variable named beside
//! the constant; a value that is no path ends the build. Source: the man pages' FILES sections and runit-facts.

/// Declares each path as `&str`, and in module `c` as `&CStr`; `=> "VARIABLE"` lets the build's environment replace it, and
/// `DIRECTORY / "name"` is a file of a directory that may have been replaced.
macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident = $(@$directory:ident /)? $default:literal $(=> $variable:literal)?;)*) => {
        $(
            $(#[$doc])*
            $(#[doc = concat!("\n\nSet at build time by `", $variable, "`.")])?
            pub const $name: &str = paths!(@value $($directory /)? $default $(, $variable)?);
        )*

        /// The same paths as `&CStr`.
        pub mod c {
            use core::ffi::CStr;
            $(
                #[doc = concat!("[`super::", stringify!($name), "`] for a system call.")]
                pub const $name: &CStr = {
                    const WITH_NUL: [u8; super::$name.len() + 1] = super::with_nul(super::$name);
                    match CStr::from_bytes_with_nul(&WITH_NUL) {
                        Ok(path) => path,
                        Err(_) => panic!("a path set at build time holds a NUL"),
                    }
                };
            )*
        }
    };
    (@value $default:literal) => { $default };
    (@value $directory:ident / $name:literal) => {{
        const BYTES: [u8; $directory.len() + 1 + $name.len()] = join($directory, $name);
        match core::str::from_utf8(&BYTES) {
            Ok(path) => path,
            Err(_) => panic!("two pieces of text make a text"),
        }
    }};
    (@value $($directory:ident /)? $default:literal, $variable:literal) => {
        match option_env!($variable) {
            Some(path) => {
                assert!(
                    is_replacement(path),
                    concat!($variable, ": not an absolute path of at most 255 bytes, without NUL and without a slash at its end")
                );
                path
            }
            None => paths!(@value $($directory /)? $default),
        }
    };
}

/// The longest path that the build may set, in bytes: what a link may hold that runsv reads (LINK_MAX), for `supervise` may
/// be a link to such a path.
const REPLACEMENT_MAX: usize = 255;

/// May the build set this path?
const fn is_replacement(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == 0 {
            return false;
        }
        index += 1;
    }
    bytes.len() > 1 && bytes.len() <= REPLACEMENT_MAX && bytes[0] == b'/' && bytes[bytes.len() - 1] != b'/'
}

/// The path of `name` in `directory`, at build time. `N` is one more than the two lengths.
const fn join<const N: usize>(directory: &str, name: &str) -> [u8; N] {
    let mut bytes = [b'/'; N];
    let mut index = 0;
    while index < directory.len() {
        bytes[index] = directory.as_bytes()[index];
        index += 1;
    }
    while index + 1 < N {
        bytes[index + 1] = name.as_bytes()[index - directory.len()];
        index += 1;
    }
    bytes
}

/// Appends a NUL, at build time. `N` is one more than the length.
const fn with_nul<const N: usize>(path: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut index = 0;
    while index + 1 < N {
        bytes[index] = path.as_bytes()[index];
        index += 1;
    }
    bytes
}

/// The path of a hook with its NUL, `?` in the place of the letter.
pub const HOOK: [u8; HOOKS.len() + 3] = join(HOOKS, "?\0");
/// Where that letter stands in it.
pub const HOOK_LETTER: usize = HOOKS.len() + 1;

paths! {
    /// The services directory that sv looks in and runsvdir is usually given; `SVDIR` replaces it at run time.
    SERVICES = "/service" => "PILOTLIGHT_SERVICES";
    /// The directory of the stages, the request files and the runlevels.
    ETC = "/etc/runit" => "PILOTLIGHT_ETC";
    /// The directory of the services directories, where runsvchdir works; `RUNSVDIR` replaces it at run time.
    RUNLEVELS = @ETC / "runsvdir" => "PILOTLIGHT_RUNLEVELS";
    /// Where runsv keeps `supervise` of a service directory that nobody can write; holds `NAME` and `NAME.log`.
    STATE = "/run/runit/supervise" => "PILOTLIGHT_STATE";
    /// Stage 1, the system's one-time tasks.
    STAGE_1 = @ETC / "1" => "PILOTLIGHT_STAGE_1";
    /// Stage 2, which runs until shutdown.
    STAGE_2 = @ETC / "2" => "PILOTLIGHT_STAGE_2";
    /// Stage 3, the tasks of shutdown.
    STAGE_3 = @ETC / "3" => "PILOTLIGHT_STAGE_3";
    /// What a ctrl-alt-del request runs.
    CTRLALTDEL = @ETC / "ctrlaltdel" => "PILOTLIGHT_CTRLALTDEL";
    /// The request file of shutdown: acted on while its owner x bit is set.
    STOPIT = @ETC / "stopit" => "PILOTLIGHT_STOPIT";
    /// The request file of reboot: the shutdown ends in a reboot while its owner x bit is set.
    REBOOT = @ETC / "reboot" => "PILOTLIGHT_REBOOT";
    /// While it exists, nothing is synced before the system ends.
    NOSYNC = @ETC / "nosync" => "PILOTLIGHT_NOSYNC";
    /// The request file of power failure: SIGPWR asks for shutdown while its owner x bit is set.
    PWRFAIL = @ETC / "pwrfail" => "PILOTLIGHT_PWRFAIL";
    /// The program that runit-init becomes as process 1.
    RUNIT = "/sbin/runit" => "PILOTLIGHT_RUNIT";

    /// The console of the system.
    CONSOLE = "/dev/console";

    /// Which boot of the machine this is.
    BOOT_ID = "/proc/sys/kernel/random/boot_id";
    /// What the kernel tells of this process.
    OWN_STAT = "/proc/self/stat";
    /// What the kernel tells of the first process of this process namespace.
    FIRST_STAT = "/proc/1/stat";
    /// The open files of this process, by number.
    OWN_DESCRIPTORS = "/proc/self/fd/";
    /// What the kernel tells of each process.
    PROC = "/proc/";
    /// How gladly the out-of-memory killer takes this process.
    OOM_SCORE = "/proc/self/oom_score_adj";

    /// The folder of a service directory that runsv writes into.
    SUPERVISE = "supervise";
    /// Held with flock(2) by the runsv of the directory.
    LOCK = "lock";
    /// The same within a service directory.
    SUPERVISE_LOCK = @SUPERVISE / "lock";
    /// The fifo for control letters.
    CONTROL = "control";
    /// The fifo that has a reader while a runsv is ready.
    OK = "ok";
    /// The record of 20 bytes.
    STATUS = "status";
    /// The record in words.
    STAT = "stat";
    /// The process id in digits, empty if none runs.
    PID = "pid";
    /// The record of the process that was started last, by which the next runsv knows it again.
    BIRTH = "birth";
    /// [`STATUS`] while it is being written; a rename then publishes it.
    STATUS_NEW = "status.new";
    /// [`STAT`] while it is being written.
    STAT_NEW = "stat.new";
    /// [`PID`] while it is being written.
    PID_NEW = "pid.new";

    /// The folder of the log service below a service directory.
    LOG = "log";
    /// Which service directory a folder below [`STATE`] is for.
    DIRECTORY = "directory";
    /// What is appended to a service's name for its log service, below [`STATE`].
    LOG_STATE = ".log";
    /// While it exists, runsv does not start the service by itself.
    DOWN = "down";
    /// The program of a service.
    RUN = "run";
    /// The program that runs after it.
    FINISH = "finish";
    /// The program by which sv asks whether a running service works.
    CHECK = "check";
    /// The folder of the hooks, one for each control letter.
    HOOKS = "control";
    /// How many seconds `./finish` may take.
    FINISH_LIMIT = "finish-limit";
    /// How many seconds a hook may take.
    CONTROL_LIMIT = "control-limit";

    /// The runlevel in force, a symlink below [`RUNLEVELS`].
    CURRENT = "current";
    /// The runlevel before it.
    PREVIOUS = "previous";
    /// The symlink [`CURRENT`] while it is being made.
    CURRENT_NEW = "current.new";
    /// The symlink [`PREVIOUS`] while it is being made.
    PREVIOUS_NEW = "previous.new";
}
