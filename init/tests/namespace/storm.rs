//! A storm of orphans: every one is reaped, and process 1 is what it was before.

use crate::ours;
use crate::process::{children, stat, wait_until};
use crate::system::Ended;
use pilotlight_qemu_tests::helper::STORM_OF_ORPHANS;

/// How many gusts the storm has: each may take as long as anything here may.
const GUSTS: u32 = 10;
/// Orphans of one gust.
const ORPHANS: u32 = 10_000;

#[test]
fn a_storm_of_a_hundred_thousand_orphans_leaves_no_zombie() {
    let storm =
        format!("for i in $(seq {GUSTS}); do /sbin/{STORM_OF_ORPHANS} {ORPHANS} || exit; done; exec sleep 1000");
    let mut system = ours().helper(STORM_OF_ORPHANS).stage("2", &storm).boot();
    for _ in 0..GUSTS {
        system.wait_for(&format!("{ORPHANS} orphans in "));
    }
    wait_until("stage 2 alone", || (children(system.first()).len() == 1).then_some(()));
    assert!(children(system.first()).iter().all(|pid| stat(*pid).is_some_and(|stat| !stat.is_zombie)));
    // How fast it was depends on the machine: it is shown, not asked for.
    system.lines().iter().filter(|line| line.contains("orphans in")).for_each(|line| println!("{line}"));
    system.stop();
    assert_eq!(system.end(), Ended::Off);
}
