//! Every path and file name of the system, once.
//!
//! Its one law: no other file spells one of these. What a distribution must place elsewhere is set when it builds, by the
//! environment variable named beside the constant. Source: the man pages' FILES sections and runit-facts.

/// A path that the environment of the build may replace.
macro_rules! placed {
    ($(#[$doc:meta])* $name:ident, $variable:literal, $default:literal) => {
        $(#[$doc])*
        #[doc = concat!("\n\nSet at build time by `", $variable, "`.")]
        pub const $name: &str = match option_env!($variable) {
            Some(path) => path,
            None => $default,
        };
    };
}

placed!(
    /// The services directory that sv looks in and runsvdir is usually given; `SVDIR` replaces it at run time.
    SERVICES, "PILOTLIGHT_SERVICES", "/service"
);
placed!(
    /// The directory of the services directories, where runsvchdir works; `RUNSVDIR` replaces it at run time.
    RUNLEVELS, "PILOTLIGHT_RUNLEVELS", "/etc/runit/runsvdir"
);
placed!(
    /// Where runsv keeps `supervise` of a service directory that nobody can write; holds `NAME` and `NAME.log`.
    STATE, "PILOTLIGHT_STATE", "/run/runit/supervise"
);
placed!(
    /// Stage 1, the system's one-time tasks.
    STAGE_1, "PILOTLIGHT_STAGE_1", "/etc/runit/1"
);
placed!(
    /// Stage 2, which runs until shutdown.
    STAGE_2, "PILOTLIGHT_STAGE_2", "/etc/runit/2"
);
placed!(
    /// Stage 3, the tasks of shutdown.
    STAGE_3, "PILOTLIGHT_STAGE_3", "/etc/runit/3"
);
placed!(
    /// What a ctrl-alt-del request runs.
    CTRLALTDEL, "PILOTLIGHT_CTRLALTDEL", "/etc/runit/ctrlaltdel"
);
placed!(
    /// The request file of shutdown: acted on while its owner x bit is set.
    STOPIT, "PILOTLIGHT_STOPIT", "/etc/runit/stopit"
);
placed!(
    /// The request file of reboot: the shutdown ends in a reboot while its owner x bit is set.
    REBOOT, "PILOTLIGHT_REBOOT", "/etc/runit/reboot"
);
placed!(
    /// While it exists, nothing is synced before the system ends.
    NOSYNC, "PILOTLIGHT_NOSYNC", "/etc/runit/nosync"
);
placed!(
    /// The request file of power failure: SIGPWR asks for shutdown while its owner x bit is set.
    PWRFAIL, "PILOTLIGHT_PWRFAIL", "/etc/runit/pwrfail"
);
placed!(
    /// The program that runit-init becomes as process 1.
    RUNIT, "PILOTLIGHT_RUNIT", "/sbin/runit"
);

/// The console of the system.
pub const CONSOLE: &str = "/dev/console";

/// The folder of a service directory that runsv writes into.
pub const SUPERVISE: &str = "supervise";
/// Held with flock(2) by the runsv of the directory.
pub const LOCK: &str = "lock";
/// The fifo for control letters.
pub const CONTROL: &str = "control";
/// The fifo that has a reader while a runsv is ready.
pub const OK: &str = "ok";
/// The record of 20 bytes.
pub const STATUS: &str = "status";
/// The record in words.
pub const STAT: &str = "stat";
/// The process id in digits, empty if none runs.
pub const PID: &str = "pid";
/// What is appended to a name while the file is being written; a rename then publishes it.
pub const NEW: &str = ".new";

/// The folder of the log service below a service directory.
pub const LOG: &str = "log";
/// What is appended to a service's name for its log service, below [`STATE`].
pub const LOG_STATE: &str = ".log";
/// While it exists, runsv does not start the service by itself.
pub const DOWN: &str = "down";
/// The program of a service.
pub const RUN: &str = "run";
/// The program that runs after it.
pub const FINISH: &str = "finish";
/// The program by which sv asks whether a running service works.
pub const CHECK: &str = "check";
/// The folder of the hooks, one for each control letter.
pub const HOOKS: &str = "control";

/// The runlevel in force, a symlink below [`RUNLEVELS`].
pub const CURRENT: &str = "current";
/// The runlevel before it.
pub const PREVIOUS: &str = "previous";
/// The symlink while it is being made.
pub const CURRENT_NEW: &str = "current.new";
