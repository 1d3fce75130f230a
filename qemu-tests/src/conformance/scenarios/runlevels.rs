//! runsvchdir, in a mount namespace whose /etc is the stage's.

use anyhow::Result;

use crate::conformance::Scenario;
use crate::conformance::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] =
    &[Scenario { name: "runsvchdir: switching", uses: &["runsvchdir"], play: switching }];

/// Runs a shell line as root of a namespace in which /etc/runit/runsvdir is the stage's.
fn told(stage: &Stage, line: &str) -> Result<()> {
    let script = format!("mount --bind {} /etc && {line}", stage.path("etc").display());
    stage.tell_in_namespace(line, &script)
}

fn switching(stage: &Stage) -> Result<()> {
    for name in ["one", "two", "three"] {
        stage.make_dir(&format!("etc/runit/runsvdir/{name}"))?;
    }
    told(stage, "runsvchdir one")?;
    stage.link("etc/runit/runsvdir/current", "one")?;
    stage.file("etc/runit/runsvdir/file", "", 0o644)?;
    for line in [
        "runsvchdir two",
        "runsvchdir two",
        "runsvchdir three extra words",
        "runsvchdir /etc/runit/runsvdir/one",
        "runsvchdir .hidden",
        "runsvchdir no-such",
        "runsvchdir ''",
        "runsvchdir",
        "runsvchdir previous",
    ] {
        told(stage, line)?;
        stage.see_files("etc/runit/runsvdir")?;
    }
    told(stage, "runsvchdir file")?;
    stage.make_dir("etc/runit/elsewhere/two")?;
    told(stage, "rm -r /etc/runit/runsvdir; runsvchdir two")
}
