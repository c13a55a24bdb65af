//! What a command has to tell when it is done.

use serde::Serialize;

/// The result of a command: one object in JSON, or lines for a person.
pub(crate) trait Report: Serialize {
    /// Returns the lines. Each is one line on the terminal, whatever is in it.
    fn lines(&self) -> Vec<String>;
}

/// A line, and below it what is known, each with its name.
pub(crate) fn table<'a>(
    line: String,
    rows: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Vec<String> {
    let rows = rows
        .into_iter()
        .filter_map(|(name, value)| Some(format!("  {name:<15}  {}", value?)));
    std::iter::once(line).chain(rows).collect()
}
