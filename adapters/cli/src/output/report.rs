//! The result of a command.

use serde::Serialize;

/// The result of a command: one object in JSON, or lines of text.
pub(crate) trait Report: Serialize {
    /// Returns the lines. Each is printed as one line, whatever characters it contains.
    fn lines(&self) -> Vec<String>;
}

/// Formats a heading, and below it the rows that have a value.
pub(crate) fn table<'a>(
    heading: String,
    rows: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Vec<String> {
    let rows = rows
        .into_iter()
        .filter_map(|(name, value)| Some(format!("  {name:<15}  {}", value?)));
    std::iter::once(heading).chain(rows).collect()
}
