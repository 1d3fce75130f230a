//! What differs on purpose: the one table of expected differences between the original and ours.
//!
//! Its one law: a row says what both show, in the very words of the transcript, and why: a row of ARCHITECTURE.md
//! "Differences", or what 2.3.0 changed since Debian's 2.1.2.

/// Why something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A row of ARCHITECTURE.md "Differences", in its words for ours.
    Mended(&'static str),
    /// 2.3.0 does as ours does.
    Newer(&'static str),
}

/// One expected difference.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The scenario that shows it.
    pub scenario: &'static str,
    /// The step of it.
    pub step: &'static str,
    /// The program that makes the difference.
    pub program: &'static str,
    /// What the original shows.
    pub theirs: &'static str,
    /// What ours shows.
    pub ours: &'static str,
    /// Why.
    pub cause: Cause,
}

/// chpst's usage, with what 2.3.0 names and 2.1.2 does not.
macro_rules! usage {
    ($before:literal, $more:literal) => {
        concat!(
            $before,
            "2: usage: chpst [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] ",
            $more,
            "[-n nice] [-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog\n2: \nexit 100"
        )
    };
}

const CHPST_HAS_C: Cause = Cause::Newer("chpst has -C, and its usage names it");
const OF_THE_SERVICE: Cause =
    Cause::Newer("sv status as an init script: the exit code is the service's, never its log's");
const SETLOCK: Cause = Cause::Mended("setlock: as daemontools");
const SLASH: Cause = Cause::Mended("a trailing slash is remembered while waiting");
const CHECK_OUTPUT: Cause = Cause::Mended("a check has /dev/null for its standard output");
const SENTENCE: Cause = Cause::Mended("runsvchdir: X: not a directory.");
const IGNORED: Cause =
    Cause::Mended("services have default dispositions; runsv itself still ignores what it was told to");
const CONTENT: Cause = Cause::Mended("runit-init leaves the content of a request file");
const NO_DIRECTORY: Cause = Cause::Mended("one sentence for a directory that cannot be opened, whatever the reason");
const CLOSE: Cause = Cause::Mended("svlogd -v tells of no close of what it never opened");

/// The table.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        scenario: "chpst: locks",
        step: "chpst -L lock timeout 5 setlock -x -n lock echo never; echo $?",
        program: "chpst",
        theirs: "124\nexit 0",
        ours: "0\nexit 0",
        cause: SETLOCK,
    },
    Difference {
        scenario: "chpst: locks",
        step: "chpst -L lock timeout 5 setlock -x lock echo never; echo $?",
        program: "chpst",
        theirs: "0\nexit 0",
        ours: "124\nexit 0",
        cause: SETLOCK,
    },
    Difference {
        scenario: "chpst: misuse",
        step: "chpst",
        program: "chpst",
        theirs: usage!("", ""),
        ours: usage!("", "[-C pwd] "),
        cause: CHPST_HAS_C,
    },
    Difference {
        scenario: "chpst: misuse",
        step: "chpst -V",
        program: "chpst",
        theirs: usage!("2: VERSION\n", ""),
        ours: usage!("2: VERSION\n", "[-C pwd] "),
        cause: CHPST_HAS_C,
    },
    Difference {
        scenario: "chpst: process state",
        step: "chpst -C / pwd",
        program: "chpst",
        theirs: usage!("2: chpst: illegal option -- C\n", ""),
        ours: "/\nexit 0",
        cause: CHPST_HAS_C,
    },
    Difference {
        scenario: "runit-init: requests",
        step: "a file that is there; runit-init 0",
        program: "runit-init",
        theirs: "exit 0\nreboot 0 4\nreboot 644 4\nstopit 100 0\nstopit 644 4\nexit 0",
        ours: "exit 0\nreboot 0 4\nreboot 644 4\nstopit 100 4\nstopit 644 4\nexit 0",
        cause: CONTENT,
    },
    Difference {
        scenario: "runit-init: requests",
        step: "a file that is there; runit-init 6",
        program: "runit-init",
        theirs: "exit 0\nreboot 100 0\nreboot 644 4\nstopit 100 0\nstopit 644 4\nexit 0",
        ours: "exit 0\nreboot 100 4\nreboot 644 4\nstopit 100 4\nstopit 644 4\nexit 0",
        cause: CONTENT,
    },
    Difference {
        scenario: "runsv: what a service is given",
        step: "what runsv was told to ignore",
        program: "runsv",
        theirs: "SigIgn 200",
        ours: "SigIgn 0",
        cause: IGNORED,
    },
    Difference {
        scenario: "runsvchdir: switching",
        step: "runsvchdir file",
        program: "runsvchdir",
        theirs: "2: runsvchdir: fatal: filenot a directory.\nexit 111",
        ours: "2: runsvchdir: fatal: file: not a directory.\nexit 111",
        cause: SENTENCE,
    },
    Difference {
        scenario: "runsvdir: what it refuses",
        step: "-P input",
        program: "runsvdir",
        theirs: "runsvdir input: warning: unable to change directory to input: not a directory",
        ours: "runsvdir input: warning: unable to stat input: not a directory",
        cause: NO_DIRECTORY,
    },
    Difference {
        scenario: "sv: as an init script",
        step: "/etc/init.d/web status (down, its log runs)",
        program: "sv",
        theirs: "down: web: Ns, normally up; run: log: (pid N) Ns\nexit 0",
        ours: "down: web: Ns, normally up; run: log: (pid N) Ns\nexit 3",
        cause: OF_THE_SERVICE,
    },
    Difference {
        scenario: "sv: as an init script",
        step: "/etc/init.d/web status (it runs, its log is down)",
        program: "sv",
        theirs: "run: web: (pid N) Ns; down: log: Ns, normally up\nexit 3",
        ours: "run: web: (pid N) Ns; down: log: Ns, normally up\nexit 0",
        cause: OF_THE_SERVICE,
    },
    Difference {
        scenario: "sv: check scripts",
        step: "a check that prints",
        program: "sv",
        theirs: "ok: run: web: (pid N) Ns\n2: refused\nexit 0",
        ours: "ok: run: web: (pid N) Ns\nexit 0",
        cause: CHECK_OUTPUT,
    },
    Difference {
        scenario: "sv: names",
        step: "sv -w30 up service/web/",
        program: "sv",
        theirs: "fail: service/web/: unable to change to service directory: file does not exist\nexit 1",
        ours: "ok: run: service/web/: (pid N) Ns\nexit 0",
        cause: SLASH,
    },
    Difference {
        scenario: "svlogd: refusals",
        step: "svlogd plain",
        program: "svlogd",
        theirs: "2: svlogd: warning: unable to change directory: plain: not a directory\n\
                 2: svlogd: fatal: no functional log directories.\nexit 111",
        ours: "2: svlogd: warning: unable to open log directory: plain: not a directory\n\
               2: svlogd: fatal: no functional log directories.\nexit 111",
        cause: NO_DIRECTORY,
    },
    Difference {
        scenario: "svlogd: refusals",
        step: "svlogd -v log no/such",
        program: "svlogd",
        theirs: "2: svlogd: info: close: \n2: svlogd: warning: unable to lock directory: log: temporary failure\n\
                 2: svlogd: warning: unable to open log directory: no/such: file does not exist\n\
                 2: svlogd: fatal: no functional log directories.\nexit 111",
        ours: "2: svlogd: warning: unable to lock directory: log: temporary failure\n\
               2: svlogd: warning: unable to open log directory: no/such: file does not exist\n\
               2: svlogd: fatal: no functional log directories.\nexit 111",
        cause: CLOSE,
    },
];
