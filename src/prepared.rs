//! A request that is ready to be sent, as often as it takes.

use std::fmt;
use std::io;

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use serde::Serialize;
use url::form_urlencoded;
use zeroize::{Zeroize, Zeroizing};

/// How the body of a request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Form,
    Json,
}

pub(crate) struct Prepared {
    uri: Uri,
    encoding: Encoding,
    body: Zeroizing<Vec<u8>>,
}

impl Prepared {
    /// Encodes `fields` as the body of a POST to `uri`; `size` is how large the body will about be.
    pub(crate) fn new(uri: &Uri, encoding: Encoding, fields: &impl Serialize, size: usize) -> Self {
        let body = match encoding {
            Encoding::Json => {
                let mut body = WipedWhenMoved(Vec::with_capacity(size));
                serde_json::to_writer(&mut body, fields).expect(
                    "strings with string keys are JSON, and memory does not refuse a write",
                );
                body.0
            }
            Encoding::Form => {
                // Escaping makes three bytes of one at most, so the text never moves and leaves no copy behind.
                let mut form = form_urlencoded::Serializer::new(String::with_capacity(3 * size));
                fields
                    .serialize(serde_urlencoded::Serializer::new(&mut form))
                    .expect("strings with string keys are a form");
                form.finish().into_bytes()
            }
        };
        Self {
            uri: uri.clone(),
            encoding,
            body: Zeroizing::new(body),
        }
    }

    pub(crate) fn request(&self) -> Request<Vec<u8>> {
        let mut request = Request::new(self.body.to_vec());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static(match self.encoding {
                Encoding::Form => "application/x-www-form-urlencoded",
                Encoding::Json => "application/json",
            }),
        );
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("workos-login/", env!("CARGO_PKG_VERSION"))),
        );
        request
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("uri", &self.uri)
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

/// A buffer that wipes its old place when it has to move to a larger one.
struct WipedWhenMoved(Vec<u8>);

impl io::Write for WipedWhenMoved {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Vec::with_capacity(2 * (self.0.len() + bytes.len()));
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
