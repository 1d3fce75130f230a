//! Sizes of our programs for a board of each target: with the core and the std that the toolchain has compiled, and from source.
//!
//! Its one law: the two ways differ in nothing else; a way that this machine cannot go is left out, and said.

use anyhow::Result;

use super::table::Section;
use super::{Scale, Topic, measure, sizes};
use crate::board;
use crate::conformance::programs::Programs;
use crate::host;
use crate::lanes::Lane;
use crate::toolchain::Source;

/// The rows of the sizes; the sets are those of [`section`].
pub const TOPIC: Topic = Topic { title: "targets", ..sizes::TOPIC };

/// Measures the two sets of each.
pub fn section() -> Result<(Section, Vec<anyhow::Error>)> {
    let mut sets = Vec::new();
    for board in board::of_each_target()? {
        let name = &board.name;
        sets.push(Programs::built(name, &board, compiled)?);
        sets.push(Programs::built(&format!("{name} from source"), &board, from_source)?);
    }
    Ok(measure(&TOPIC, &sets, Scale::Full))
}

fn compiled(lane: Lane, target: &str) -> Result<Option<Source>> {
    let is_there = Source::for_target(target)? == Source::Prebuilt;
    Ok(is_there.then_some(Source::Prebuilt).or_else(|| missing(lane, target, "compiled")))
}

/// Core and std from source, where it can be had.
pub fn from_source(lane: Lane, target: &str) -> Result<Option<Source>> {
    let source = Source::smallest_for_target(target)?;
    Ok(Some(source).filter(|source| *source != Source::Prebuilt).or_else(|| missing(lane, target, "as source")))
}

fn missing(lane: Lane, target: &str, what: &str) -> Option<Source> {
    host::say(&format!("core for {target} is not to be had {what}: the {lane:?} programs are left out"));
    None
}
