//! A request, written when it is asked for.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use serde::{Serialize, Serializer};
use url::form_urlencoded;

/// How the body of a request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Form,
    Json,
}

/// A field of a request. An absent one is not written: not as `null`, not as empty.
pub(crate) type Field<'a> = (&'static str, Option<&'a str>);

/// Makes a POST of `fields` to `uri`.
pub(crate) fn post(uri: &Uri, encoding: Encoding, fields: &[Field<'_>]) -> Request<Vec<u8>> {
    let fields = Fields(fields);
    let (body, content_type) = match encoding {
        Encoding::Form => (fields.form(), "application/x-www-form-urlencoded"),
        Encoding::Json => (fields.json(), "application/json"),
    };
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("workos-login/", env!("CARGO_PKG_VERSION"))),
    );
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
        // Escaping makes three bytes of one at most, so the text never moves and leaves no copy behind.
        let size = self
            .present()
            .map(|(name, value)| name.len() + 3 * value.len() + "=&".len())
            .sum();
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(size));
        form.extend_pairs(self.present());
        form.finish().into_bytes()
    }

    fn json(&self) -> Vec<u8> {
        // Escaping makes six bytes of one at most, so the text never moves and leaves no copy behind.
        let size: usize = self
            .present()
            .map(|(name, value)| name.len() + 6 * value.len() + "\"\":\"\",".len())
            .sum();
        let mut body = Vec::with_capacity("{}".len() + size);
        serde_json::to_writer(&mut body, self)
            .expect("texts by name are JSON, and memory does not refuse a write");
        body
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.present())
    }
}
