//! runit and runit-init as process 1 of a namespace: scenarios on the real programs.
//!
//! Where the original does the same, its transcript stands in the scenario, and `original` plays the scenario with it too.

mod console;
mod exhaustion;
mod limits;
mod missing;
mod old_calls;
mod original;
mod process;
mod processes;
mod requests;
mod runit_init;
mod setup;
mod shortage;
mod signals;
mod stages;
mod storm;
mod system;

use setup::Setup;
use std::path::Path;

/// The programs under test.
const RUNIT: &str = env!("CARGO_BIN_EXE_runit");
const RUNIT_INIT: &str = env!("CARGO_BIN_EXE_runit-init");

/// A system with our runit.
fn ours() -> Setup {
    Setup::new(Path::new(RUNIT))
}
