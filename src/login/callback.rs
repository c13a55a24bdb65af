//! A callback: the parameters of a redirect URI, parsed but not trusted.
//!
//! A callback is parsed before it is known which login it is for, so parsing is a step of its own. It rejects what no login can
//! accept: a repeated parameter, both `code` and `error` or neither, a value over its limit. Everything else is checked by
//! [`AwaitingCallback::accept`](crate::AwaitingCallback::accept).

use std::borrow::Cow;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::error::{Error, ErrorResponse, Malformed, MalformedKind, ResponseKind};
use crate::escaped::Escaped;
use crate::limits::{MAX_CALLBACK_BYTES, MAX_CODE_BYTES, MAX_STATE_BYTES};
use crate::wire::authorization::RESPONSE_PARAMETERS;

/// A callback that is parsed but not trusted.
///
/// [`AwaitingCallback::accept`](crate::AwaitingCallback::accept) compares its `state` before it uses anything else.
/// [`AwaitingCallback::handle`](crate::AwaitingCallback::handle) does both.
///
/// ```
/// use workos_login::Callback;
///
/// // As a browser, a listener or the operating system passes it on:
/// let whole = Callback::parse("http://127.0.0.1:8080/callback?code=abc&state=xyz")?;
/// let path = Callback::parse("/callback?code=abc&state=xyz")?;
/// let query = Callback::parse("code=abc&state=xyz")?;
/// assert_eq!([whole.state(), path.state(), query.state()], [Some("xyz"); 3]);
///
/// assert!(Callback::parse("/favicon.ico").is_err());
/// # Ok::<(), workos_login::Error>(())
/// ```
pub struct Callback {
    pub(crate) address: Option<Box<str>>,
    pub(crate) state: Option<SecretString>,
    pub(crate) iss: Option<Box<str>>,
    pub(crate) result: Result<SecretString, ErrorResponse>,
}

impl Callback {
    /// Parses a URL of any scheme, a path with a query, or a query.
    ///
    /// Names are case-sensitive, unknown parameters are ignored (RFC 6749 sections 3.1 and 4.1.2), and a fragment is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if it has neither `code` nor `error`, both, a parameter of the protocol twice, or exceeds a
    /// [limit](crate::limits).
    pub fn parse(uri: &str) -> Result<Self, Error> {
        // Before anything is decoded: the redirect URI takes requests from any sender.
        if uri.len() > MAX_CALLBACK_BYTES {
            return Err(too_long("URL", MAX_CALLBACK_BYTES));
        }
        let (address, query) = split_query(uri);
        let mut values: [Option<_>; RESPONSE_PARAMETERS.len()] = Default::default();
        for (name, value) in parameters(query) {
            // RFC 6749 section 3.1: a response parameter must not occur more than once. With two values, two readers of one URI could
            // each take another one. Unknown parameters are ignored (section 4.1.2), also repeated ones.
            if let Some(index) = RESPONSE_PARAMETERS.iter().position(|known| *known == name)
                && values[index].replace(value).is_some()
            {
                return Err(malformed(MalformedKind::Duplicate(
                    RESPONSE_PARAMETERS[index],
                )));
            }
        }
        let [code, error, description, iss, state] = values;

        let result = result(code, error, description)?;
        if state
            .as_ref()
            .is_some_and(|state| state.len() > MAX_STATE_BYTES)
        {
            return Err(too_long("state", MAX_STATE_BYTES));
        }
        Ok(Self {
            address: address.map(Into::into),
            state: state.map(|state| state.into_owned().into()),
            iss: iss.map(Into::into),
            result,
        })
    }

    /// Returns the decoded `state`, which tells several pending logins of one user apart.
    ///
    /// A server must find the pending login through a cookie of the browser: with `state` alone, the login of an attacker could be
    /// finished in the browser of a victim (RFC 9700 section 4.7).
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref().map(|state| state.expose_secret())
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.result.as_ref().err();
        let error = error.and_then(ErrorResponse::code).map(Escaped);
        f.debug_struct("Callback")
            .field("error", &error)
            .finish_non_exhaustive()
    }
}

/// Returns the authorization code or the authorization error of a callback.
fn result(
    code: Option<Cow<'_, str>>,
    error: Option<Cow<'_, str>>,
    description: Option<Cow<'_, str>>,
) -> Result<Result<SecretString, ErrorResponse>, Error> {
    // A parameter without a value counts as omitted (section 3.1).
    let code = code.filter(|code| !code.is_empty());
    let error = error.filter(|error| !error.is_empty());
    match (code, error) {
        // Sections 4.1.2 and 4.1.2.1 exclude each other. To prefer one would let an attacker who can append a parameter choose.
        (Some(_), Some(_)) => Err(malformed(MalformedKind::CodeAndError)),
        (None, None) => Err(malformed(MalformedKind::NeitherCodeNorError)),
        (Some(code), None) if code.len() > MAX_CODE_BYTES => Err(too_long("code", MAX_CODE_BYTES)),
        // A code without escapes is copied once, from the URI of the caller into the secret. Another copy would not be wiped.
        (Some(code), None) => Ok(Ok(code.into_owned().into())),
        (None, Some(error)) => Ok(Err(ErrorResponse {
            kind: ResponseKind::Authorization,
            status: None,
            code: Some(error.into()),
            description: description.map(|text| text.into_owned().into()),
            request_id: None,
            retry_at: None,
        })),
    }
}

/// Splits a callback into its address, if it has one, and its query, without the fragment.
pub(crate) fn split_query(uri: &str) -> (Option<&str>, &str) {
    // A redirect without a fragment inherits that of the page before (RFC 9110 section 10.2.2), so one can appear unsent. Usually there is
    // none, which a fold over all bytes finds in less time than a search: it is vectorized.
    let uri = match uri.bytes().fold(false, |any, byte| any | (byte == b'#')) {
        true => uri.split('#').next().unwrap_or(uri),
        false => uri,
    };
    let (before, query) = match uri.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (uri, None),
    };
    if is_address(before, query.is_some()) {
        return (Some(before), query.unwrap_or_default());
    }
    (None, uri.strip_prefix('?').unwrap_or(uri))
}

/// Parses a form-encoded query. Usually nothing is escaped; then the pairs are split without decoding each byte.
fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let is_plain = |byte| !matches!(byte, b'%' | b'+');
    let is_plain = query.bytes().fold(true, |all, byte| all & is_plain(byte));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(move |pair| {
        if !is_plain {
            let mut decoded = form_urlencoded::parse(pair.as_bytes());
            return decoded.next().unwrap_or_default();
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.into(), value.into())
    })
}

/// Returns whether `before`, the part before a question mark, is an address: a path, a URI with a scheme (RFC 3986 section 3.1), or
/// anything else with a query. A value of a bare query can contain a question mark, but only after an `=`.
fn is_address(before: &str, has_query: bool) -> bool {
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    before.starts_with('/')
        || before
            .split_once(':')
            .is_some_and(|(scheme, _)| is_scheme(scheme))
        || has_query && !before.is_empty() && !before.contains('=')
}

fn malformed(flaw: MalformedKind) -> Error {
    Malformed::from(flaw).into()
}

fn too_long(part: &'static str, limit: usize) -> Error {
    malformed(MalformedKind::CallbackTooLong(part, limit))
}
