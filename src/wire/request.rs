//! Requests. Each is written when it is asked for, because what it contains is kept only in wiped memory until then.
//!
//! A body is written into a buffer that is large enough for the longest encoding of its fields. One that grew would leave copies of the secrets
//! in freed memory. The finished body belongs to the caller.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use serde::{Serialize, Serializer};
use url::form_urlencoded;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const USER_AGENT_VALUE: HeaderValue =
    HeaderValue::from_static(concat!("workos-login/", env!("CARGO_PKG_VERSION")));

/// The encoding of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Form,
    Json,
}

/// A field of a request. An absent one is omitted: it is neither `null` nor empty.
pub(crate) type Field<'a> = (&'static str, Option<&'a str>);

/// Makes a POST request of `fields` to `uri`.
pub(crate) fn post(uri: &Uri, encoding: Encoding, fields: &[Field<'_>]) -> Request<Vec<u8>> {
    let fields = Fields(fields);
    let (body, content_type) = match encoding {
        Encoding::Form => (fields.form(), FORM),
        Encoding::Json => (fields.json(), JSON),
    };
    // The builder would return a `Result`. These parts are valid already.
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, JSON);
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(USER_AGENT, USER_AGENT_VALUE);
    request
}

/// Makes a GET request without authentication to `uri`.
pub(crate) fn get(uri: &Uri, accept: &'static str) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(USER_AGENT, USER_AGENT_VALUE);
    request
}

struct Fields<'a>(&'a [Field<'a>]);

impl<'a> Fields<'a> {
    fn present(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.0
            .iter()
            .filter_map(|&(name, value)| Some((name, value?)))
    }

    fn form(&self) -> Vec<u8> {
        const MAX_ESCAPED: usize = "%00".len();
        let mut form =
            // Up to three times the size that is needed, for the time of one request.
            form_urlencoded::Serializer::new(String::with_capacity(self.size(MAX_ESCAPED)));
        self.serialize(serde_urlencoded::Serializer::new(&mut form))
            .expect("a map of strings is form-encoded without an error");
        form.finish().into_bytes()
    }

    fn json(&self) -> Vec<u8> {
        const MAX_ESCAPED: usize = "\\u0000".len();
        let mut body = Vec::with_capacity("{}".len() + self.size(MAX_ESCAPED));
        body.push(b'{');
        for (name, value) in self.present() {
            if body.len() > 1 {
                body.push(b',');
            }
            push_json(&mut body, name);
            body.push(b':');
            push_json(&mut body, value);
        }
        body.push(b'}');
        body
    }

    /// Returns the maximum size of the fields if a byte has at most `max_escaped` bytes.
    ///
    /// A buffer of that size never grows. One that grew would leave an unwiped copy of the secrets behind.
    fn size(&self, max_escaped: usize) -> usize {
        self.present()
            .map(|(name, value)| name.len() + max_escaped * value.len() + "\"\":\"\",".len())
            .sum()
    }
}

/// Writes a text as JSON. Usually nothing is escaped; then the text is copied and not looked at byte by byte.
fn push_json(body: &mut Vec<u8>, text: &str) {
    let is_plain = |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        body.push(b'"');
        body.extend_from_slice(text.as_bytes());
        body.push(b'"');
    } else {
        serde_json::to_writer(body, text).expect("a text is JSON, and a write to memory succeeds");
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.present())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_never_grows_out_of_its_buffer() {
        for value in ["", "a", "\u{0}\u{1}\u{7f}", "ä\"\\", "&=%+"] {
            let value = value.repeat(1000);
            let fields = [
                ("name", Some(&*value)),
                ("absent", None),
                ("other", Some("")),
            ];
            let fields = Fields(&fields);
            assert_eq!(fields.form().capacity(), fields.size("%00".len()));
            assert_eq!(fields.json().capacity(), 2 + fields.size("\\u0000".len()));
        }
    }

    #[test]
    fn a_json_body_is_what_serde_json_writes() {
        for value in ["", "a b~", "\u{0}\u{1f}\u{7f}", "ä\"\\/", "\u{2028}'&<"] {
            let fields = [("name", Some(value)), ("absent", None), ("other", Some(""))];
            let expected = serde_json::to_vec(&Fields(&fields)).unwrap();
            assert_eq!(Fields(&fields).json(), expected);
        }
        assert_eq!(Fields(&[("absent", None)]).json(), b"{}");
    }
}
