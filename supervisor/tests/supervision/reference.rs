//! The original: Debian's package of runit 2.1.2, to compare with.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The directory of the original's programs. Without it a comparison fails; it is never left out.
pub(crate) fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| match pilotlight_qemu_tests::reference::root() {
        Ok(root) => root.join("usr/bin"),
        Err(reason) => panic!("there is no original to compare with: {reason:#}"),
    })
}
