//! utmpset, on records of its own in a mount namespace.

use anyhow::Result;

use crate::conformance::Scenario;
use crate::conformance::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "utmpset: logging out", uses: &["utmpset"], play: logging_out },
    Scenario { name: "utmpset: misuse", uses: &["utmpset"], play: misuse },
];

/// A record as login(1) leaves one; Linux has 384 bytes for it on the machines that tests run on.
fn record(kind: u8, line: &str, user: &str) -> Vec<u8> {
    let mut bytes = vec![0x5a; 384];
    let mut put = |at: usize, field: usize, text: &[u8]| {
        let padded = text.iter().copied().chain(std::iter::repeat(0)).take(field);
        bytes.iter_mut().skip(at).zip(padded).for_each(|(byte, new)| *byte = new);
    };
    put(0, 4, &[kind]);
    put(8, 32, line.as_bytes());
    put(44, 32, user.as_bytes());
    put(76, 256, b"host.example");
    bytes
}

/// Runs a shell line where /run and /var/log are empty but for utmp, and shows both files, the time left out.
fn told(stage: &Stage, line: &str) -> Result<()> {
    let show = |name: &str| {
        format!(
            "if [ -e {name} ]; then stat -c '{name} %a %s' {name}; od -An -v -tx1 -w384 {name} | \
             while read -r l; do echo $l | cut -d' ' -f1-340; echo $l | cut -d' ' -f349-; done; else echo no {name}; fi"
        )
    };
    let script = format!(
        "mount -t tmpfs x /run && mount -t tmpfs x /var/log && umask 022 && cp {}/utmp /run/utmp && chmod 664 /run/utmp \
         && {{ {line}; echo exit $?; {}; {}; }}",
        stage.path("").display(),
        show("/run/utmp"),
        show("/var/log/wtmp"),
    );
    stage.tell_in_namespace(line, &script)
}

fn logging_out(stage: &Stage) -> Result<()> {
    let records = [("~", "reboot", 2), ("tty1", "", 6), ("tty1", "joe", 7), ("tty1", "eve", 7), ("pts/0", "max", 7)];
    let records: Vec<u8> = records.into_iter().flat_map(|(line, user, kind)| record(kind, line, user)).collect();
    stage.file("utmp", records, 0o644)?;
    for line in [
        "utmpset tty1",
        "utmpset -w pts/0",
        "utmpset tty1; utmpset tty1; utmpset tty1",
        "utmpset -w tty9",
        "rm /run/utmp; utmpset tty1",
    ] {
        told(stage, line)?;
    }
    Ok(())
}

fn misuse(stage: &Stage) -> Result<()> {
    for words in
        [&["utmpset"][..], &["utmpset", "-w"], &["utmpset", "-x", "tty1"], &["utmpset", "-V"], &["utmpset", "-w", "--"]]
    {
        stage.tell(words)?;
    }
    Ok(())
}
