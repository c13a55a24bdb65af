//! Text from outside, escaped for the terminal.
//!
//! A character is escaped if it is not visible itself: controls (C0, DEL, C1), format characters (which include all that change the
//! direction of text), line and paragraph separators, and code points that are unassigned or for private use. All characters that names are written with stay.

use std::fmt;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Displays a text with invisible characters escaped as `\u{1b}`.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a text to display")]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_printable(c) {
                fmt::Write::write_char(f, c)?;
            } else {
                write!(f, "{}", c.escape_unicode())?;
            }
        }
        Ok(())
    }
}

/// Displays a JSON text with the same characters escaped as in JSON strings, so that it parses to the same values.
///
/// Compact JSON has such characters in strings only, and requires only the C0 controls to be escaped.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a text to display")]
pub struct PrintableJson<'a>(pub &'a str);

impl fmt::Display for PrintableJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_printable(c) {
                fmt::Write::write_char(f, c)?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

fn is_printable(c: char) -> bool {
    let invisible = matches!(c.general_category_group(), GeneralCategoryGroup::Other)
        || matches!(
            c.general_category(),
            GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
        );
    !invisible
}

#[cfg(test)]
#[path = "../../tests/unit/printable.rs"]
mod tests;
