//! What a scenario saw, step by step, without what differs from run to run: ages, process ids, stamps, directories.
//!
//! Its one law: nothing else is left out.

use std::fmt;
use std::path::Path;

use regex_lite::Regex;

/// One step: what was done, and what was seen then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub done: String,
    /// What was seen, in lines.
    pub seen: String,
}

/// The steps of a scenario on one set of programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript(pub Vec<Step>);

impl fmt::Display for Transcript {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| writeln!(formatter, "{}\n{}", step.done, indent(&step.seen)))
    }
}

/// Lines set under what they belong to.
pub(super) fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Replaces what differs from run to run.
pub struct Masks {
    directory: String,
    rules: Vec<(Regex, &'static str)>,
}

/// What is replaced: stamps in hexadecimal and in digits, process ids, ages, versions.
const RULES: [(&str, &str); 7] = [
    (r"@[0-9a-f]{24}", "@STAMP"),
    (r"\d{4}-\d\d-\d\d([_T])\d\d:\d\d:\d\d\.\d{5}", "DATE${1}TIME"),
    (r"\(pid [1-9]\d*\)", "(pid N)"),
    (r"process [1-9]\d* was", "process N was"),
    (r"(^|[ :])\d+s\b", "${1}Ns"),
    (r"\$Id: [^$]*\$", "VERSION"),
    (r"(?m)^(2: )?[a-z]+ \(pilotlight\) .*$", "${1}VERSION"),
];

impl Masks {
    /// For a scenario that plays in this directory.
    pub fn new(directory: &Path) -> Self {
        let rules = RULES.iter().filter_map(|(rule, mask)| Some((Regex::new(rule).ok()?, *mask)));
        Self { directory: directory.display().to_string(), rules: rules.collect() }
    }

    /// The text without them.
    pub fn apply(&self, text: &str) -> String {
        let text = text.replace(&self.directory, "DIR");
        self.rules.iter().fold(text, |text, (rule, mask)| rule.replace_all(&text, *mask).into_owned())
    }
}
