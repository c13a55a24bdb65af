//! What a command has to tell when it is done.

use serde::Serialize;

/// The result of a command: one object in JSON, or lines for a person.
pub(crate) trait Report: Serialize {
    /// Returns the lines. Each is one line on the terminal, whatever is in it.
    fn lines(&self) -> Vec<String>;
}
