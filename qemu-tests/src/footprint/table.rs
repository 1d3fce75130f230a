//! The table of a run: as text for a person, and as JSON that is read again.
//!
//! Its one law: a value that is not there is `-`, never 0.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

use super::Row;

/// What stands where there is no value.
pub(super) const MISSING: &str = "-";
/// Where a number gets no decimals: three digits say enough.
const WHOLE: f64 = 100.0;

/// A row and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// As in [`Row`].
    pub key: String,
    /// As in [`Row`].
    pub what: String,
    /// As in [`Row`].
    pub unit: String,
    /// As in [`Row`].
    pub how: String,
    /// As in [`Row`].
    pub exact: bool,
    /// The values by the titles of their sets.
    pub values: BTreeMap<String, f64>,
}

impl Measured {
    /// A row with these values.
    pub fn of(row: &Row, values: BTreeMap<String, f64>) -> Self {
        let [key, what, unit, how] = [row.key, row.what, row.unit, row.how].map(str::to_owned);
        Self { key, what, unit, how, exact: row.exact, values }
    }
}

/// What was measured in a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The topic.
    pub title: String,
    /// The kernel that it was measured on.
    pub kernel: String,
    /// The titles of the sets, in order.
    pub sets: Vec<String>,
    /// The rows, in order.
    pub rows: Vec<Measured>,
}

/// A number as the table shows it: whole where it is whole or large.
pub fn number(value: f64) -> String {
    match value {
        _ if value.fract() == 0.0 || value.abs() >= WHOLE => format!("{value:.0}"),
        _ if value.abs() >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = [self.title.as_str(), "unit"].into_iter().chain(self.sets.iter().map(String::as_str));
        let mut lines = vec![heads.chain(["kind", "how"]).map(str::to_owned).collect::<Vec<_>>()];
        for row in &self.rows {
            let values = self.sets.iter().map(|set| row.values.get(set).map_or(MISSING.into(), |value| number(*value)));
            let start = [row.what.clone(), row.unit.clone()].into_iter().chain(values);
            let kind = if row.exact { "exact" } else { "noisy" };
            lines.push(start.chain([kind.into(), row.how.clone()]).collect());
        }
        formatter.write_str(&aligned(&lines, 2..2 + self.sets.len()))
    }
}

/// Lines of cells in columns; those of `right` are numbers.
fn aligned(lines: &[Vec<String>], right: std::ops::Range<usize>) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<_> = (0..columns)
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    let mut text = String::new();
    for line in lines {
        let mut padded = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            // Writing into a string cannot fail.
            let _ = if right.contains(&column) {
                write!(padded, "{cell:>width$}  ")
            } else {
                write!(padded, "{cell:width$}  ")
            };
        }
        text += padded.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> Section {
        let row = |key: &str, exact, values: &[(&str, f64)]| Measured {
            key: key.into(),
            what: format!("the {key}"),
            unit: "kB".into(),
            how: "by hand".into(),
            exact,
            values: values.iter().map(|(set, value)| ((*set).to_owned(), *value)).collect(),
        };
        let rows =
            vec![row("first", true, &[("ours", 0.0), ("theirs", 1234.5)]), row("second", false, &[("ours", 1.25)])];
        Section { title: "things".into(), kernel: "a kernel".into(), sets: vec!["ours".into(), "theirs".into()], rows }
    }

    #[test]
    fn a_missing_value_is_a_dash_and_a_zero_is_a_zero() {
        let expected = "things      unit  ours  theirs  kind   how\n\
                        the first   kB       0    1234  exact  by hand\n\
                        the second  kB     1.2       -  noisy  by hand\n";
        assert_eq!(section().to_string(), expected);
    }

    #[test]
    fn a_section_is_the_same_when_it_is_read_again() {
        let text = serde_json::to_string(&section()).expect("a section is JSON");
        assert_eq!(serde_json::from_str::<Section>(&text).expect("it is a section"), section());
    }
}
