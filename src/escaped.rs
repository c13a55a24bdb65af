//! Texts from responses and callbacks in messages.

use std::fmt;

/// A text from a response or a callback in a message: escaped, and cut after eighty characters.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 80;
        for c in self.0.chars().take(MAX_CHARS) {
            match c {
                ' ' | '!'..='~' => fmt::Write::write_char(f, c)?,
                _ => write!(f, "{}", c.escape_unicode())?,
            }
        }
        if self.0.chars().nth(MAX_CHARS).is_some() {
            f.write_str("…")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_cuts_a_text_in_a_message() {
        assert_eq!(
            Escaped("a\u{1b}[2Jé\n").to_string(),
            "a\\u{1b}[2J\\u{e9}\\u{a}"
        );
        assert_eq!(
            Escaped(&"a".repeat(200)).to_string(),
            format!("{}…", "a".repeat(80))
        );
    }
}
