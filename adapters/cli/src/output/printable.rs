//! Text from outside, escaped for the terminal.
//!
//! A character is escaped if it is not visible itself: controls (C0, DEL, C1), format characters (which include all that change the
//! direction of text), line and paragraph separators, and code points that are unassigned or for private use. All characters that names are written with stay.

use std::fmt;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Displays a text with invisible characters escaped as `\u{1b}`.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

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
pub(crate) struct PrintableJson<'a>(pub(crate) &'a str);

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
mod tests {
    use super::*;

    const HOSTILE: [char; 26] = [
        '\0',
        '\u{7}',
        '\u{8}',
        '\t',
        '\n',
        '\r',
        '\u{1b}',
        '\u{7f}',
        '\u{80}',
        '\u{9b}',
        '\u{9d}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{e000}',
        '\u{e0041}',
        '\u{1d173}',
    ];

    #[test]
    fn escapes_invisible_characters() {
        for c in HOSTILE {
            assert_eq!(
                Printable(&format!("a{c}b")).to_string(),
                format!("a\\u{{{:x}}}b", u32::from(c))
            );
        }
        for c in ('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}')
            .chain('\0'..='\u{1f}')
        {
            assert!(!is_printable(c), "{c:?}");
        }
    }

    #[test]
    fn keeps_the_characters_of_names() {
        for name in [
            "Zoë O'Brien-Łukasz",
            "नादिया",
            "ناديا",
            "山田 太郎",
            "e\u{301}",
            "\"x\" <a@b.c> \\ 🙂",
        ] {
            assert_eq!(Printable(name).to_string(), name);
            assert_eq!(PrintableJson(name).to_string(), name);
        }
    }

    #[test]
    fn escaped_json_parses_to_the_same_value() {
        let hostile: String = HOSTILE.iter().collect();
        let json = PrintableJson(&serde_json::to_string(&hostile).unwrap()).to_string();
        assert!(json.chars().all(is_printable), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }
}
