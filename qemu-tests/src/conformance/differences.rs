//! What differs on purpose: the one table of expected differences between the original and ours.
//!
//! Its one law: a row says what both show, in the very words of the transcript, and why: a row of ARCHITECTURE.md
//! "Differences", or what 2.3.0 changed since Debian's 2.1.2.

use super::causes::{
    ADOPTION, ALL, BYTES, CHECK_OUTPUT, CHPST_HAS_C, CLOSE, CONTENT, CRASH, Cause, EQUALS, HOOK, IDS, IGNORED, JUNK,
    KILLED_CHECK, LAST_LINE, LENGTH, OF_THE_SERVICE, OPTION, SENTENCE, SETLOCK, SLASH,
};

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

const fn row(
    program: &'static str,
    scenario: &'static str,
    step: &'static str,
    cause: Cause,
    theirs: &'static str,
    ours: &'static str,
) -> Difference {
    Difference { scenario, step, program, theirs, ours, cause }
}

/// The table: program, scenario, step, cause, the original's, ours.
pub const DIFFERENCES: &[Difference] = &[
    row(
        "chpst",
        "chpst: locks",
        "chpst -L lock timeout 5 setlock -x -n lock echo never; echo $?",
        SETLOCK,
        "124\nexit 0",
        "0\nexit 0",
    ),
    row(
        "chpst",
        "chpst: locks",
        "chpst -L lock timeout 5 setlock -x lock echo never; echo $?",
        SETLOCK,
        "0\nexit 0",
        "124\nexit 0",
    ),
    row("chpst", "chpst: misuse", "chpst", CHPST_HAS_C, usage!("", ""), usage!("", "[-C pwd] ")),
    row(
        "chpst",
        "chpst: misuse",
        "chpst -V",
        CHPST_HAS_C,
        usage!("2: VERSION\n", ""),
        usage!("2: VERSION\n", "[-C pwd] "),
    ),
    row(
        "chpst",
        "chpst: process state",
        "chpst -C / pwd",
        CHPST_HAS_C,
        usage!("2: chpst: illegal option -- C\n", ""),
        "/\nexit 0",
    ),
    row(
        "runit-init",
        "runit-init: requests",
        "a file that is there; runit-init 0",
        CONTENT,
        "exit 0\nreboot 0 4\nreboot 644 4\nstopit 100 0\nstopit 644 4\nexit 0",
        "exit 0\nreboot 0 4\nreboot 644 4\nstopit 100 4\nstopit 644 4\nexit 0",
    ),
    row(
        "runit-init",
        "runit-init: requests",
        "a file that is there; runit-init 6",
        CONTENT,
        "exit 0\nreboot 100 0\nreboot 644 4\nstopit 100 0\nstopit 644 4\nexit 0",
        "exit 0\nreboot 100 4\nreboot 644 4\nstopit 100 4\nstopit 644 4\nexit 0",
    ),
    row("runsv", "runsv: what a service is given", "what runsv was told to ignore", IGNORED, "SigIgn 200", "SigIgn 0"),
    row(
        "runsvchdir",
        "runsvchdir: switching",
        "runsvchdir file",
        SENTENCE,
        "2: runsvchdir: fatal: filenot a directory.\nexit 111",
        "2: runsvchdir: fatal: file: not a directory.\nexit 111",
    ),
    row(
        "sv",
        "sv: as an init script",
        "/etc/init.d/web status (down, its log runs)",
        OF_THE_SERVICE,
        "down: web: Ns, normally up; run: log: (pid N) Ns\nexit 0",
        "down: web: Ns, normally up; run: log: (pid N) Ns\nexit 3",
    ),
    row(
        "sv",
        "sv: as an init script",
        "/etc/init.d/web status (it runs, its log is down)",
        OF_THE_SERVICE,
        "run: web: (pid N) Ns; down: log: Ns, normally up\nexit 3",
        "run: web: (pid N) Ns; down: log: Ns, normally up\nexit 0",
    ),
    row(
        "sv",
        "sv: check scripts",
        "a check that prints",
        CHECK_OUTPUT,
        "ok: run: web: (pid N) Ns\n2: refused\nexit 0",
        "ok: run: web: (pid N) Ns\nexit 0",
    ),
    row(
        "sv",
        "sv: names",
        "sv -w30 up service/web/",
        SLASH,
        "fail: service/web/: unable to change to service directory: file does not exist\nexit 1",
        "ok: run: service/web/: (pid N) Ns\nexit 0",
    ),
    row(
        "svlogd",
        "svlogd: refusals",
        "svlogd -v log no/such",
        CLOSE,
        "2: svlogd: info: close: \n2: svlogd: warning: unable to lock directory: log: temporary failure\n\
                 2: svlogd: warning: unable to open log directory: no/such: file does not exist\n\
                 2: svlogd: fatal: no functional log directories.\nexit 111",
        "2: svlogd: warning: unable to lock directory: log: temporary failure\n\
               2: svlogd: warning: unable to open log directory: no/such: file does not exist\n\
               2: svlogd: fatal: no functional log directories.\nexit 111",
    ),
    row(
        "chpst",
        "mended: chpst",
        "chpst -U ::1 env | grep UID=",
        IDS,
        "UID=0\nexit 0",
        "2: chpst: fatal: invalid uid/gids: :1\nexit 1",
    ),
    row(
        "chpst",
        "mended: chpst",
        "chpst -U :4294967296:1 env | grep UID=",
        IDS,
        "UID=0\nexit 0",
        "2: chpst: fatal: invalid uid/gids: 4294967296:1\nexit 1",
    ),
    row("chpst", "mended: chpst", "chpst -e env env | grep NAME", EQUALS, "NAME=x=y\nexit 0", "exit 1"),
    row("chpst", "mended: chpst", "chpst -m '' true 2>/dev/null", CRASH, "exit 139", "exit 100"),
    row("runsv", "mended: runsv", "a hook that is killed", HOOK, "0", "1"),
    row(
        "sv",
        "mended: sv",
        "sv status",
        ALL,
        "2: usage: sv [-v] [-w sec] command service ...\n2: \nexit 100",
        "run: web: (pid N) Ns\nexit 0",
    ),
    row(
        "sv",
        "mended: sv",
        "sv --rubbish status web",
        OPTION,
        "run: web: (pid N) Ns\nexit 0",
        "2: sv: illegal option -- rubbish\n2: usage: sv [-v] [-w sec] command service ...\n2: \nexit 100",
    ),
    row(
        "sv",
        "mended: sv",
        "sv -w1 check web",
        KILLED_CHECK,
        "ok: run: web: (pid N) Ns\nexit 0",
        "timeout: run: web: (pid N) Ns\nexit 1",
    ),
    row(
        "sv",
        "mended: sv",
        "sv status web",
        LENGTH,
        "run: web: (pid N) Ns\nexit 0",
        "warning: web: unable to read supervise/status: bad format\nexit 1",
    ),
    row(
        "svlogd",
        "mended: svlogd",
        "the files of end",
        LAST_LINE,
        "config 0644 0 bytes\ncurrent 0744 7 bytes\nlock 0600 0 bytes",
        "config 0644 0 bytes\ncurrent 0744 14 bytes\nlock 0600 0 bytes",
    ),
    row(
        "svlogd",
        "mended: svlogd",
        "the contents of end",
        LAST_LINE,
        "-- config\n-- current\na line\n-- lock\n",
        "-- config\n-- current\na line\nno end\n-- lock\n",
    ),
    row(
        "svlogd",
        "mended: svlogd",
        "svlogd junk",
        JUNK,
        "exit 0",
        "2: svlogd: warning: unable to scan number: junk/config: s1000x\n2: svlogd: warning: unknown line: junk/config: junk\nexit 0",
    ),
    row(
        "svlogd",
        "mended: svlogd",
        "the files of junk",
        JUNK,
        "@STAMP.s 0744 7 bytes\nconfig 0644 14 bytes\ncurrent 0744 0 bytes\nlock 0600 0 bytes",
        "config 0644 14 bytes\ncurrent 0744 7 bytes\nlock 0600 0 bytes",
    ),
    row(
        "svlogd",
        "mended: svlogd",
        "the contents of junk",
        JUNK,
        "-- @STAMP.s\na line\n-- config\ns1000x\njunk\nt\n-- current\n-- lock\n",
        "-- config\ns1000x\njunk\nt\n-- current\na line\n-- lock\n",
    ),
    row(
        "svlogd",
        "mended: svlogd",
        "the contents of bytes",
        BYTES,
        "-- config\n-- current\n012345678_\tabc\t\n-- lock\n",
        "-- config\n-- current\n012345678__abc_\n-- lock\n",
    ),
    // Once while it is down, once when runsv has left.
    row(
        "runsv",
        "runsv: files and modes",
        "the births of service/web",
        ADOPTION,
        "",
        "log/supervise/birth 0600 64 bytes\nsupervise/birth 0600 64 bytes",
    ),
    row(
        "runsv",
        "runsv: files and modes",
        "the births of service/web",
        ADOPTION,
        "",
        "log/supervise/birth 0600 64 bytes\nsupervise/birth 0600 64 bytes",
    ),
    row(
        "runsv",
        "start: supervise elsewhere",
        "the births of elsewhere",
        ADOPTION,
        "",
        "web.log/birth 0600 64 bytes\nweb/birth 0600 64 bytes",
    ),
];
