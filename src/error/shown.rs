//! Text from outside, on its way to a person.

use std::fmt;

/// A text from outside, made fit to be shown: escaped and cut.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 80;
        for c in self.0.chars().take(LONGEST) {
            match c {
                ' ' | '!'..='~' => fmt::Write::write_char(f, c)?,
                _ => write!(f, "{}", c.escape_unicode())?,
            }
        }
        if self.0.chars().nth(LONGEST).is_some() {
            f.write_str("…")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_escaped_and_cut() {
        assert_eq!(
            Shown("a\u{1b}[2Jé\n").to_string(),
            "a\\u{1b}[2J\\u{e9}\\u{a}"
        );
        assert_eq!(
            Shown(&"a".repeat(200)).to_string(),
            format!("{}…", "a".repeat(80))
        );
    }
}
