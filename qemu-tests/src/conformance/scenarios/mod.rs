//! The scenarios, by the program that they are about.
//!
//! Their one law: a scenario notes what a script, a tool or a person can observe, and what is mended on purpose it either
//! leaves out or shows in a step of its own, which then stands in the table of differences.

mod chpst;
mod hooks;
mod init;
mod mended;
mod runlevels;
mod runsv;
mod runsvdir;
mod start;
mod sv;
mod sv_words;
mod svlogd;
mod svlogd_rules;
mod utmpset;

use super::Scenario;

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    let lists = [
        chpst::SCENARIOS,
        hooks::SCENARIOS,
        init::SCENARIOS,
        mended::SCENARIOS,
        runlevels::SCENARIOS,
        runsv::SCENARIOS,
        runsvdir::SCENARIOS,
        start::SCENARIOS,
        sv::SCENARIOS,
        sv_words::SCENARIOS,
        svlogd::SCENARIOS,
        svlogd_rules::SCENARIOS,
        utmpset::SCENARIOS,
    ];
    lists.into_iter().flatten()
}
