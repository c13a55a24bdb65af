//! Names, attributes and chunks of cookies.
//!
//! A session that is longer than one cookie is split: the first cookie is `count.chunk`, the others are chunks. A seal covers the whole text, so a
//! missing or a swapped chunk does not open. An extra chunk or a name that occurs twice is rejected before: it is not of this server.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use cookie::{Cookie, SameSite};
use memchr::memchr_iter;

/// The maximum size of a chunk. Browsers limit name, value and attributes of a cookie to 4096 bytes together.
const CHUNK_BYTES: usize = 3800;
/// The maximum size of the name and the value (RFC 6265bis section 5.6).
const COOKIE_BYTES: usize = 4096;
const MAX_CHUNKS: usize = 8;

/// A session that does not fit into the cookies of a browser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLong {
    length: usize,
    max: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the session is {} bytes long, and cookies hold at most {}; keep the sessions in a store, such as workos-login-redis",
            self.length, self.max
        )
    }
}

impl Error for TooLong {}

/// The names and the attributes of the cookies of one application.
pub(crate) struct Cookies {
    pub(crate) session: String,
    pub(crate) pending_prefix: String,
    is_secure: bool,
    shared: Option<Shared>,
}

/// A session cookie that another service reads and sets, too: in one piece, under a name without a prefix.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) domain: Option<String>,
}

#[cfg(feature = "node-sealed-sessions")]
impl Shared {
    pub(crate) fn is_valid(&self) -> bool {
        let is_word = |text: &str, others: &str| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
            !text.is_empty() && text.chars().all(is_part)
        };
        is_word(&self.name, "-_.") && self.domain.as_ref().is_none_or(|name| is_word(name, "-."))
    }
}

/// The session cookie of a request.
pub(crate) struct SessionCookie<'a> {
    /// The whole value; `None` if there is none, or if the cookies do not make one.
    pub(crate) value: Option<Cow<'a, str>>,
    /// The names that the request has.
    pub(crate) names: Vec<String>,
}

impl Cookies {
    pub(crate) fn new(name: &str, is_secure: bool, shared: Option<Shared>) -> Self {
        // The prefix makes the browser reject a cookie that another subdomain set (RFC 6265bis section 4.1.3.2).
        let prefix = if is_secure { "__Host-" } else { "" };
        Self {
            session: match &shared {
                Some(shared) => shared.name.clone(),
                None => format!("{prefix}{name}-session"),
            },
            pending_prefix: format!("{prefix}{name}-login-"),
            is_secure,
            shared,
        }
    }

    /// Finds the session cookie of a request.
    pub(crate) fn session<'a>(&self, headers: &'a HeaderMap) -> SessionCookie<'a> {
        if self.shared.is_some() {
            // Of several with this name, the other service reads the first one, too.
            let cookie = parse(headers).find(|(name, _)| *name == self.session);
            return SessionCookie {
                names: cookie.iter().map(|_| self.session.clone()).collect(),
                value: cookie.map(|(_, value)| value.into()),
            };
        }
        let chunk_of = |name: &str| match name.strip_prefix(&*self.session)? {
            "" => Some(0),
            suffix => suffix.strip_prefix('.')?.parse().ok().filter(|&n| n > 0),
        };
        let mut chunks: Vec<Chunk<'_>> = parse(headers)
            .filter_map(|(name, value)| Some((chunk_of(name)?, name, value)))
            .collect();
        chunks.sort_by_key(|(number, _, _)| *number);
        SessionCookie {
            value: join(&chunks),
            names: chunks
                .iter()
                .map(|(_, name, _)| (*name).to_owned())
                .collect(),
        }
    }

    /// Returns the names and the values of the pending logins of a request.
    pub(crate) fn pending<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        parse(headers).filter(|(name, _)| name.starts_with(&self.pending_prefix))
    }

    /// Returns the headers that set the session cookie and delete those of `old` that it does not replace.
    pub(crate) fn set_session(
        &self,
        value: &str,
        lifetime: Duration,
        old: &[String],
    ) -> Result<Vec<HeaderValue>, TooLong> {
        self.check_length(value)?;
        if self.shared.is_some() {
            return Ok(vec![self.set(&self.session, value.to_owned(), lifetime)]);
        }
        let count = value.len().div_ceil(CHUNK_BYTES).max(1);
        // The value is base64url, so every byte is a character.
        let chunks = (0..count).map(|n| {
            let chunk = &value[n * CHUNK_BYTES..value.len().min((n + 1) * CHUNK_BYTES)];
            match n {
                0 => (self.session.clone(), format!("{count}.{chunk}")),
                _ => (format!("{}.{n}", self.session), chunk.to_owned()),
            }
        });
        let chunks: Vec<(String, String)> = chunks.collect();
        let stale = old
            .iter()
            .filter(|name| !chunks.iter().any(|(set, _)| set == *name));
        let deleted: Vec<HeaderValue> = stale.map(|name| self.delete(name)).collect();
        let set = chunks
            .into_iter()
            .map(|(name, value)| self.set(&name, value, lifetime));
        Ok(set.chain(deleted).collect())
    }

    pub(crate) fn set(&self, name: &str, value: String, lifetime: Duration) -> HeaderValue {
        let mut cookie = Cookie::new(name, value);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_secure(self.is_secure);
        cookie.set_path("/");
        cookie.set_max_age(lifetime.try_into().ok());
        if let Some(Shared {
            domain: Some(domain),
            ..
        }) = &self.shared
            && name == self.session
        {
            cookie.set_domain(domain.clone());
        }
        let mut header = HeaderValue::try_from(cookie.to_string())
            .expect("the name and the value of a cookie of this server are ASCII");
        header.set_sensitive(true);
        header
    }

    pub(crate) fn delete(&self, name: &str) -> HeaderValue {
        self.set(name, String::new(), Duration::ZERO)
    }

    /// Checks that a session fits into its cookies.
    pub(crate) fn check_length(&self, value: &str) -> Result<(), TooLong> {
        let max = match &self.shared {
            Some(shared) => COOKIE_BYTES - shared.name.len(),
            None => MAX_CHUNKS * CHUNK_BYTES,
        };
        let length = value.len();
        if length > max {
            return Err(TooLong { length, max });
        }
        Ok(())
    }
}

/// The number, the name and the value of a chunk.
type Chunk<'a> = (usize, &'a str, &'a str);

/// Returns the names and the values of the cookies of a request (RFC 6265 section 5.4).
fn parse(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(split)
        .filter_map(|cookie| cookie.trim().split_once('='))
}

/// Splits a header at each semicolon. A session cookie is long, and `memchr` searches it several times as fast as `str::split`.
fn split(header: &str) -> impl Iterator<Item = &str> {
    let ends = memchr_iter(b';', header.as_bytes()).chain([header.len()]);
    let mut start = 0;
    ends.map(move |end| {
        let cookie = &header[start..end];
        start = end + 1;
        cookie
    })
}

fn join<'a>(chunks: &[Chunk<'a>]) -> Option<Cow<'a, str>> {
    let (_, _, first) = chunks.first()?;
    let (count, first) = first.split_once('.')?;
    let is_complete = chunks.len() <= MAX_CHUNKS
        && count == chunks.len().to_string()
        && chunks
            .iter()
            .enumerate()
            .all(|(n, (number, _, _))| n == *number);
    is_complete.then(|| match &chunks[1..] {
        [] => first.into(),
        others => {
            let others = others.iter().map(|(_, _, value)| *value);
            std::iter::once(first).chain(others).collect()
        }
    })
}
