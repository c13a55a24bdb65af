//! The page to return to after a login: a path of this origin.
//!
//! Browsers and URL parsers disagree about `//`, `\` and control characters, so the text is parsed as a browser does (WHATWG URL), the origin is
//! compared, and the parser's own spelling of path and query is what is redirected to.

use workos_login::url::{Position, Url};

const MAX_BYTES: usize = 2048;

/// Returns the path and the query, or `None` for another origin or a text that is no path.
pub(crate) fn path_of(origin: &Url, text: &str) -> Option<String> {
    if !text.starts_with('/') || text.len() > MAX_BYTES {
        return None;
    }
    let url = origin.join(text).ok()?;
    let path = &url[Position::BeforePath..];
    // A path such as `/.//host` begins with two slashes after the dot is removed, and would be another host in `Location`.
    let is_local = url.origin() == origin.origin() && !path.starts_with("//");
    // As JSON in the cookie, a backslash has two bytes. Browsers reject a cookie that is longer than 4096 bytes.
    let stored = path.len() + path.matches('\\').count();
    (is_local && stored <= MAX_BYTES).then(|| path.to_owned())
}
