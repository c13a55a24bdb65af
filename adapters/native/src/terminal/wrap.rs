//! Lines that are longer than the terminal is wide.

use console::measure_text_width;

/// Breaks a line between words. What follows is indented by two more columns; `used` is the width of what is printed before.
///
/// A word that is wider than the terminal is left in one piece, so that a URL can be copied and opened.
pub(super) fn wrap(line: &str, used: usize, columns: usize) -> String {
    let indent = line.len() - line.trim_start().len() + 2;
    let room = columns.saturating_sub(indent);
    let mut wrapped = String::new();
    let mut column = used;
    for word in line.split_inclusive(' ') {
        let width = measure_text_width(word.trim_end());
        if column + width > columns && width <= room && column > indent {
            wrapped.truncate(wrapped.trim_end().len());
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        }
        wrapped.push_str(word);
        column += measure_text_width(word);
    }
    wrapped
}

#[cfg(test)]
#[path = "../../tests/unit/wrap.rs"]
mod tests;
