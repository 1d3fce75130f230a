//! The measurements of `cargo footprint` in a short form: what they give is no number to show, but that they give one is.
//!
//! Its one law: each row has a value of ours and of the original's, so no measurement rots unseen.

use std::thread;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::conformance::programs::Programs;
use pilotlight_qemu_tests::footprint::{Scale, TOPICS, Topic, growth, measure, plot};

fn expect_values(topic: &Topic, set: &Programs) -> Result<()> {
    let (section, errors) = measure(topic, std::slice::from_ref(set), Scale::Short);
    ensure!(errors.is_empty(), "{errors:?}");
    ensure!(section.rows.len() == topic.rows.len(), "{}: rows are lost", topic.title);
    for row in section.rows {
        let value = row.values.get(&set.title);
        ensure!(
            value.is_some_and(|value| value.is_finite()),
            "{}: {} of {}: {value:?}",
            topic.title,
            row.what,
            set.title
        );
    }
    Ok(())
}

#[test]
fn each_row_has_a_value_of_ours_and_of_the_original() -> Result<()> {
    let sets = [Programs::ours()?, Programs::original()?];
    // All at once, for the numbers are of no use here.
    thread::scope(|scope| {
        let pairs = TOPICS.iter().flat_map(|topic| sets.iter().map(move |set| (topic, set)));
        let threads: Vec<_> = pairs.map(|(topic, set)| scope.spawn(move || expect_values(topic, set))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().ok().context("a measurement has panicked")?)
    })
}

#[test]
fn the_growth_of_ours_and_of_the_original_is_drawn() -> Result<()> {
    let panels = growth::panels(&[Programs::ours()?, Programs::original()?], Scale::Short)?;
    ensure!(
        panels.len() == growth::ROWS.len() && panels.iter().all(|panel| panel.curves.len() == 2),
        "curves are lost"
    );
    ensure!(plot::svg(&panels)?.ends_with("</svg>\n"), "the picture is not whole");
    Ok(())
}
