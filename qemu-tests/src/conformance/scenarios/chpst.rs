//! chpst and its emulations: what the program below them is, and what they refuse.

use anyhow::Result;

use crate::conformance::Scenario;
use crate::conformance::stage::Stage;

const ALONE: &[&str] = &["chpst"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "chpst: misuse", uses: ALONE, play: misuse },
    Scenario { name: "chpst: what the system refuses", uses: ALONE, play: what_the_system_refuses },
    Scenario { name: "chpst: process state", uses: ALONE, play: process_state },
    Scenario { name: "chpst: environment directories", uses: ALONE, play: environment_directories },
    Scenario { name: "chpst: accounts", uses: ALONE, play: accounts },
    Scenario { name: "chpst: limits", uses: ALONE, play: limits },
    Scenario { name: "chpst: locks", uses: ALONE, play: locks },
    Scenario { name: "chpst: emulations", uses: ALONE, play: emulations },
];

/// Prints who a program is.
const IDS: &str = "grep -E '^(Uid|Gid|Groups):' /proc/self/status";

fn tell_all(stage: &Stage, lines: &[&str]) -> Result<()> {
    lines.iter().try_for_each(|line| stage.shell(line))
}

fn misuse(stage: &Stage) -> Result<()> {
    tell_all(
        stage,
        &[
            "chpst -q true 2>&1 | head -n 1",
            "chpst -u 2>&1 | head -n 1",
            "chpst -n x true >/dev/null 2>&1; echo $?",
            "chpst >/dev/null 2>&1; echo $?",
        ],
    )?;
    // The usage of 2.3.0 names more options.
    stage.tell(&["chpst"])?;
    stage.tell(&["chpst", "-V"])?;
    for name in ["envdir", "envuidgid", "pgrphack", "setlock", "setuidgid", "softlimit"] {
        stage.tell(&[name])?;
        stage.tell(&[name, "-q"])?;
        stage.tell(&[name, "one"])?;
    }
    Ok(())
}

fn what_the_system_refuses(stage: &Stage) -> Result<()> {
    stage.file("plain", "no script", 0o644)?;
    stage.file("garbage", "\u{1}\u{2}garbage", 0o755)?;
    stage.file("orphan", "#!/no/such/interpreter\n", 0o755)?;
    tell_all(
        stage,
        &[
            "chpst no-such-program",
            "chpst ./no-such-program",
            "chpst ./plain",
            "chpst ./orphan",
            "chpst ./garbage",
            "chpst /",
            "chpst ''",
            "chpst -e no/such true",
            "chpst -e plain true",
            "chpst -/ /no/such true",
            "chpst -l no/such true",
            "chpst -l /proc/self/no-such true",
            "chpst -u no-such-user true",
            "chpst -u '' true",
            "chpst -u :x:y true",
            "chpst -u root:no-such-group true",
            "chpst -U no-such-user true",
            "PATH=/no/such:/ chpst_=1 $(which chpst) usr",
        ],
    )
}

fn process_state(stage: &Stage) -> Result<()> {
    tell_all(
        stage,
        &[
            "chpst sh -c 'exit 42'",
            "chpst sh -c 'kill -TERM $$'",
            "chpst -b other sh -c 'echo $0'",
            "chpst -b other -- sh -c 'echo $0'",
            "chpst echo -v -- -x",
            "chpst -n 3 nice",
            "chpst -n +3 nice",
            "chpst -n 1000 nice",
            "chpst -012 sh -c 'ls /proc/$$/fd >/dev/null; exit 7'",
            "chpst -0 readlink /proc/self/fd/0 || echo closed",
            "chpst -v -P true",
            "chpst -P sh -c 'read -r a </proc/$$/stat; set -- ${a##*) }; [ $3 = $$ ] && [ $4 = $$ ] && echo leads'",
            "(trap '' HUP; chpst grep SigIgn /proc/self/status)",
            "chpst grep -E '^Sig(Blk|Ign)' /proc/self/status",
            "env -i $(command -v chpst) sh -c 'echo found'",
            "chpst -/ / pwd",
            "chpst -C / pwd",
        ],
    )
}

fn environment_directories(stage: &Stage) -> Result<()> {
    for (name, text) in [
        ("PLAIN", "value\n"),
        ("TWO", "first\nsecond\n"),
        ("BLANKS", "  kept \t \n"),
        ("NEWLINE", "\n"),
        ("NULS", "a\0b\n"),
        ("UNENDED", "no newline"),
        ("EMPTY", ""),
        (".hidden", "hidden"),
    ] {
        stage.file(&format!("env/{name}"), text, 0o644)?;
    }
    stage.shell("EMPTY=set HOME=/ chpst -e env env -u SVDIR -u JOURNAL -u PATH -u PWD -u OLDPWD -u _ -u SHLVL -0 | sort -z | tr '\\0' '|'")?;
    stage.shell("EMPTY=set chpst -e env env | grep -c EMPTY")?;
    stage.shell("envdir env sh -c 'echo $PLAIN $TWO'")?;
    stage.shell("chpst -e env -e /no/such true")?;
    stage.make_dir("env/SUB")?;
    tell_all(stage, &["chpst -e env sh -c 'echo $PLAIN'", "chpst -v -e env sh -c 'echo $PLAIN'", "envdir env true"])
}

fn accounts(stage: &Stage) -> Result<()> {
    for account in ["root", "root:root", "daemon", "daemon:bin:sys", ":65534:65534", ":1:2:3:4", ":3:4"] {
        stage.shell(&format!("chpst -u {account} {IDS}"))?;
        stage.shell(&format!("chpst -U {account} env | grep -E '^(UID|GID)=' | sort"))?;
    }
    tell_all(
        stage,
        &[
            &format!("setuidgid daemon {IDS}"),
            "envuidgid daemon env | grep -E '^(UID|GID)=' | sort",
            "setuidgid daemon:bin true",
            "setuidgid :1:1 true",
            "envuidgid no-such true",
            "chpst -u daemon -l lock true",
            "chpst -v -u daemon -U bin true",
        ],
    )
}

fn limits(stage: &Stage) -> Result<()> {
    for (option, name) in [
        ("-t 60", "cpu time"),
        ("-f 100000", "file size"),
        ("-d 700000000", "data size"),
        ("-c 12345", "core file size"),
        ("-r 1000000", "resident set"),
        ("-o 20", "open files"),
        ("-o 99999999", "open files"),
        ("-p 5000", "processes"),
        ("-m 700000000", "data size"),
        ("-m 700000000", "stack size"),
        ("-m 700000000", "locked memory"),
        ("-m 700000000", "address space"),
    ] {
        stage.shell(&format!("chpst {option} grep 'Max {name}' /proc/self/limits"))?;
    }
    tell_all(
        stage,
        &[
            "chpst -t 1 sh -c 'while :; do :; done'",
            "softlimit -o 20 grep 'open files' /proc/self/limits",
            "softlimit -a 700000000 grep 'address space' /proc/self/limits",
            "softlimit -l 12345 grep 'locked memory' /proc/self/limits",
            "softlimit -s 7000000 grep 'stack size' /proc/self/limits",
            "softlimit -c = grep 'core file size' /proc/self/limits",
        ],
    )
}

fn locks(stage: &Stage) -> Result<()> {
    stage.file("kept", "content", 0o644)?;
    tell_all(
        stage,
        &[
            "umask 022; chpst -l lock stat -c %a lock",
            "chpst -L lock chpst -L lock true",
            "chpst -l kept cat kept",
            "chpst -L lock sh -c 'flock -n lock true || echo held'",
            "chpst -l lock sh -c 'ls -l /proc/$$/fd >held; grep -c /lock held'",
            "setlock other chpst -L other true",
            // Who waits, is ended: the original waits with -n, ours and daemontools' without.
            "chpst -L lock timeout 5 setlock -x -n lock echo never; echo $?",
            "chpst -L lock timeout 5 setlock -x lock echo never; echo $?",
            "setlock no/such echo never",
            "setlock -x no/such echo never",
            "setlock -X other sh -c 'exit 3'",
        ],
    )
}

fn emulations(stage: &Stage) -> Result<()> {
    stage.make_dir("names")?;
    for name in ["denvdir", "dsetuidgid", "dpgrphack"] {
        stage.link(&format!("names/{name}"), "../bin/chpst")?;
    }
    stage.file("env/NAME", "value", 0o644)?;
    tell_all(
        stage,
        &[
            "pgrphack sh -c 'read -r a </proc/$$/stat; set -- ${a##*) }; [ $4 = $$ ] && echo leads'",
            "names/denvdir env sh -c 'echo $NAME'",
            "names/dpgrphack sh -c 'read -r a </proc/$$/stat; set -- ${a##*) }; [ $4 = $$ ] && echo leads'",
            "names/dsetuidgid root sh -c 'echo as root'",
            "envdir no/such true",
            "setuidgid root no-such-program",
            "names/dsetuidgid",
        ],
    )
}
