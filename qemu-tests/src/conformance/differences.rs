//! What differs on purpose: the one table of expected differences between the original and ours.
//!
//! Its one law: a row says what both show, in the very words of the transcript, and why: a row of ARCHITECTURE.md
//! "Differences", what 2.3.0 changed since Debian's 2.1.2, or a trifle.

/// Why something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A defect that is mended: the first column of a row of ARCHITECTURE.md "Differences".
    Mended(&'static str),
    /// Told otherwise, or kept otherwise, and no worse: why.
    Kept(&'static str),
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
const SETLOCK: Cause = Cause::Mended("setlock: the default does not wait, -n waits");
const SLASH: Cause = Cause::Mended("waiting forgets a trailing slash");
const CHECK_OUTPUT: Cause = Cause::Mended("a check has its standard output closed, so that printing is an error");
const SENTENCE: Cause = Cause::Mended("`runsvchdir: fatal: Xnot a directory.`");
const IGNORED: Cause = Cause::Mended("services inherit descriptors that runsv inherited, and ignored signals");
const CONTENT: Cause = Cause::Kept("runit-init leaves the content of a request file");
const NO_DIRECTORY: Cause = Cause::Kept("one sentence for a directory that cannot be opened, whatever the reason");
const CLOSE: Cause = Cause::Kept("svlogd -v tells of no close of what it never opened");

const IDS: Cause = Cause::Mended("chpst takes empty or overflowing ids as 0, root");
const EQUALS: Cause = Cause::Mended("an envdir file `A=B` sets another variable");
const CRASH: Cause = Cause::Mended("`chpst -m ''` crashes");
const HOOK: Cause = Cause::Mended("hooks run with CHLD and TERM blocked; one that dies by a signal counts as exit 0");
const ALL: Cause = Cause::Mended("`sv status` without a service is wrong usage");
const OPTION: Cause = Cause::Mended("an unknown word after two dashes ends the options silently");
const KILLED_CHECK: Cause = Cause::Mended("a check ended by a signal, or that cannot be run, agrees");
const LENGTH: Cause = Cause::Mended("a status of more than 20 bytes is read");
const LAST_LINE: Cause = Cause::Mended("the end of input drops a last line without newline");
const JUNK: Cause = Cause::Mended("bad configuration lines pass silently");
const BYTES: Cause = Cause::Mended("-r replaces within the first len bytes only");

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
        "runsvdir",
        "runsvdir: what it refuses",
        "-P input",
        NO_DIRECTORY,
        "runsvdir input: warning: unable to change directory to input: not a directory",
        "runsvdir input: warning: unable to stat input: not a directory",
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
        "svlogd plain",
        NO_DIRECTORY,
        "2: svlogd: warning: unable to change directory: plain: not a directory\n\
                 2: svlogd: fatal: no functional log directories.\nexit 111",
        "2: svlogd: warning: unable to open log directory: plain: not a directory\n\
               2: svlogd: fatal: no functional log directories.\nexit 111",
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
];
