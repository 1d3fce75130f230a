//! runit and runit-init where they are not process 1. What they do as process 1 is compared in `init/tests/namespace`.

use anyhow::Result;

use crate::conformance::Scenario;
use crate::conformance::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "runit: not process 1", uses: &["runit"], play: not_process_1 },
    Scenario { name: "runit-init: requests", uses: &["runit-init"], play: requests },
];

fn not_process_1(stage: &Stage) -> Result<()> {
    for words in [&["runit"][..], &["runit", "-V"], &["runit", "0"]] {
        stage.tell(words)?;
    }
    Ok(())
}

/// Runs a shell line where a shell is process 1, and /etc and /run are the stage's; shows the request files, without the
/// directory, which a distribution may have chosen.
fn told(stage: &Stage, title: &str, before: &str, line: &str) -> Result<()> {
    let script = format!(
        "mount --bind {} /etc && mount -t tmpfs x /run && mkdir -p /etc/runit && umask 022 && {before} && {{ {line}; echo exit $?; \
         stat -c '%n %a %s' /etc/runit/* /run/* 2>/dev/null | sed 's#^/etc/runit/##; s#^/run/runit.##' | sort; \
         rm -f /etc/runit/*; }}",
        stage.path("etc").display(),
    );
    stage.tell_in_namespace(title, &script)
}

fn requests(stage: &Stage) -> Result<()> {
    stage.make_dir("etc/runit")?;
    for line in [
        "runit-init",
        "runit-init 1",
        "runit-init x",
        "runit-init ''",
        "runit-init 0",
        "runit-init 6",
        "runit-init 0now more",
        "runit-init 6x",
    ] {
        told(stage, line, "true", line)?;
    }
    // What is in a request file that is there already.
    let there =
        "for f in /etc/runit/stopit /etc/runit/reboot /run/runit.stopit /run/runit.reboot; do echo old >$f; done";
    for line in ["runit-init 0", "runit-init 6"] {
        told(stage, &format!("a file that is there; {line}"), there, line)?;
    }
    Ok(())
}
