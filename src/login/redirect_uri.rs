//! The redirect URI of a login, and what is the same URI.
//!
//! The text is sent and stored exactly as it was given, because the service compares it with the registered one. What comes back is
//! compared part by part, because browsers and operating systems normalize URIs: case, default ports, an empty path.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Url, form_urlencoded};

use crate::ids::is_graphic;
use crate::limits::{MAX_CALLBACK_BYTES, MAX_REDIRECT_URI_BYTES};
use crate::wire::authorization::RESPONSE_PARAMETERS;
use crate::wire::text;

/// A redirect URI: where the service sends the browser after the login.
///
/// It is sent exactly as it was parsed, because the service compares it with the registered one. There are three forms (RFC 8252
/// section 7):
///
/// ```
/// use workos_login::RedirectUri;
///
/// let _: RedirectUri = "http://127.0.0.1:8080/callback".parse()?; // command-line program
/// let _: RedirectUri = "com.example.app:/callback".parse()?; // desktop or mobile application
/// let _: RedirectUri = "https://app.example.com/callback".parse()?; // server
/// # Ok::<(), workos_login::InvalidRedirectUri>(())
/// ```
///
/// An `http` URI of another host than loopback is accepted for development; the service decides what can be registered. An
/// authorization code that is read on the way there cannot be exchanged without the code verifier.
///
/// A private-use URI scheme should be a reversed domain name, such as `com.example.app`: any application can register any scheme,
/// and a domain name is not chosen twice by accident (RFC 8252 section 7.1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(Arc<str>);

impl RedirectUri {
    /// Returns the redirect URI exactly as it was parsed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a redirect URI that was parsed before it was stored.
    pub(crate) fn of_stored(text: &str) -> Result<Self, InvalidRedirectUri> {
        // Most are http URIs without a query. For these, the grammar of RFC 3986 detects a damaged text, and costs much less than the rules
        // of the URL Standard about hosts, which the text met before it was stored.
        let is_plain = |uri: Uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.query().is_none()
                && !text.contains('#')
        };
        if text.len() <= MAX_REDIRECT_URI_BYTES && text.parse().is_ok_and(is_plain) {
            return Ok(Self(text.into()));
        }
        text.parse()
    }

    /// Returns whether `uri` is this redirect URI, whatever its query.
    ///
    /// Scheme, host, port and path are compared, or the path of a URI that begins with it.
    #[must_use]
    pub fn matches(&self, uri: &str) -> bool {
        uri.len() <= MAX_CALLBACK_BYTES && self.is_address(before_query(uri))
    }

    /// Returns whether `address`, a URI without its query or the path of one, is this redirect URI.
    pub(crate) fn is_address(&self, address: &str) -> bool {
        // Most redirect URIs have no query and come back as they were sent.
        if address == &*self.0 {
            return true;
        }
        let expected = before_query(&self.0);
        if address == expected {
            return true;
        }
        let Ok(expected) = Url::parse(expected) else {
            return false;
        };
        // A web server sees the path only. Scheme and host are its own, or those of a proxy in front of it.
        if address.starts_with('/') {
            return path(&expected) == address;
        }
        // Equal URIs can be spelled in several ways: case, default ports, dots.
        Url::parse(address).is_ok_and(|address| {
            expected.scheme() == address.scheme()
                && expected.username() == address.username()
                && expected.password() == address.password()
                && expected.host_str() == address.host_str()
                // A server may ignore the port of a loopback redirect URI (RFC 8252 section 7.3). Here it counts: the listener has one port.
                && expected.port_or_known_default() == address.port_or_known_default()
                && path(&expected) == path(&address)
        })
    }
}

/// Returns the path. Browsers and operating systems write the empty path of a private-use URI scheme as `/`.
fn path(url: &Url) -> &str {
    match url.path() {
        "" => "/",
        path => path,
    }
}

fn before_query(uri: &str) -> &str {
    let end = uri.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    &uri[..end.unwrap_or(uri.len())]
}

impl FromStr for RedirectUri {
    type Err = InvalidRedirectUri;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_REDIRECT_URI_BYTES {
            return Err(InvalidRedirectUri(Problem::TooLong));
        }
        // `Url::parse` strips these characters silently, so it would check another text than the one that is sent.
        if !is_graphic(text) && (text.trim() != text || text.chars().any(char::is_control)) {
            return Err(InvalidRedirectUri(Problem::Control));
        }
        let url = Url::parse(text).map_err(|_| InvalidRedirectUri(Problem::NotAbsolute))?;
        // Such a URI has no path that could be compared. RFC 8252 section 7.1 writes the scheme with one slash and a path. Script
        // schemes are of this form, too, and have a message of their own.
        if url.cannot_be_a_base() {
            return Err(InvalidRedirectUri(match url.scheme() {
                scheme if FORBIDDEN_SCHEMES.contains(&scheme) => Problem::Scheme,
                _ => Problem::NoPath,
            }));
        }
        if FORBIDDEN_SCHEMES.contains(&url.scheme()) {
            return Err(InvalidRedirectUri(Problem::Scheme));
        }
        // RFC 6749 section 3.1.2.
        if url.fragment().is_some() {
            return Err(InvalidRedirectUri(Problem::Fragment));
        }
        let query = url.query().unwrap_or_default();
        // The service appends its parameters to this query, and one that occurs twice makes the callback malformed.
        if form_urlencoded::parse(query.as_bytes())
            .any(|(name, _)| RESPONSE_PARAMETERS.contains(&&*name))
        {
            return Err(InvalidRedirectUri(Problem::ReservedName));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectUri({:?})", &*self.0)
    }
}

impl Serialize for RedirectUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RedirectUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, Self::from_str)
    }
}

/// An invalid [`RedirectUri`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRedirectUri(Problem);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Control,
    Fragment,
    NoPath,
    NotAbsolute,
    ReservedName,
    Scheme,
    TooLong,
}

impl fmt::Display for InvalidRedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Problem::Control => f.write_str("redirect URI has white space around it or a control character; remove it"),
            Problem::Fragment => f.write_str("redirect URI must not have a fragment; remove \"#…\""),
            Problem::NoPath => f.write_str("redirect URI has no path; write it as com.example.app:/callback or myapp://callback"),
            Problem::NotAbsolute => f.write_str("redirect URI is not absolute; write it exactly as it is registered"),
            Problem::ReservedName => write!(
                f,
                "redirect URI has a query parameter that the service uses ({}); rename it",
                RESPONSE_PARAMETERS.join(", ")
            ),
            Problem::Scheme => f.write_str("redirect URI has a scheme that runs scripts or reads files; register another one"),
            Problem::TooLong => write!(
                f,
                "redirect URI is longer than {MAX_REDIRECT_URI_BYTES} bytes; register a shorter one"
            ),
        }
    }
}

impl std::error::Error for InvalidRedirectUri {}

/// Schemes that a browser handles itself, or that never reach an application.
const FORBIDDEN_SCHEMES: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "javascript",
    "jar",
    "mailto",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rejects(text: &str, problem: Problem) {
        assert_eq!(
            text.parse::<RedirectUri>(),
            Err(InvalidRedirectUri(problem)),
            "{text}"
        );
    }

    #[test]
    fn keeps_the_text_that_is_registered() {
        for text in [
            "http://localhost:8080/callback",
            "http://[::1]:8080/callback",
            "com.example.app:/cb",
            "myapp://callback",
            "https://app.example.org/cb?next=/a b&x=1",
            "HTTPS://App.example.org",
        ] {
            assert_eq!(text.parse::<RedirectUri>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn rejects_a_uri_that_cannot_receive_a_callback() {
        rejects("", Problem::NotAbsolute);
        rejects("/callback", Problem::NotAbsolute);
        rejects("localhost:8080/callback", Problem::NoPath);
        rejects("javascript:alert(1)", Problem::Scheme);
        rejects("JavaScript:alert(1)", Problem::Scheme);
        rejects("data:text/html,x", Problem::Scheme);
        rejects("file:///etc/passwd", Problem::Scheme);
        rejects("com.example.app:cb", Problem::NoPath);
        rejects("https://app.example.org/cb#top", Problem::Fragment);
        rejects("https://app.example.org/cb?state=1", Problem::ReservedName);
        rejects("https://app.example.org/cb?%63ode=1", Problem::ReservedName);
        rejects("https://app.example.org/c\nb", Problem::Control);
        rejects(" https://app.example.org/cb", Problem::Control);
        rejects(
            &format!("https://app.example.org/{}", "a".repeat(2048)),
            Problem::TooLong,
        );
    }

    #[test]
    fn a_stored_redirect_uri_is_checked() {
        for text in [
            "http://127.0.0.1:8080/callback",
            "https://app.example.org",
            "https://app.example.org/cb?next=/a b&x=1",
            "com.example.app:/cb",
        ] {
            assert_eq!(RedirectUri::of_stored(text).unwrap().as_str(), text);
        }
        let long = format!("http://127.0.0.1/{}", "a".repeat(2048));
        for text in [
            "",
            "/callback",
            "127.0.0.1:8080",
            "http://[::1/callback",
            "http://127.0.0.1/callback#top",
            "http://127.0.0.1/callback?state=1",
            "http://127.0.0.1/call\nback",
            "javascript:alert(1)",
            "ws://127.0.0.1/callback",
            &long,
        ] {
            assert!(RedirectUri::of_stored(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_redirect_uri_is_the_same_however_it_is_spelled() {
        let https: RedirectUri = "https://app.example.org/cb?next=1".parse().unwrap();
        assert!(https.is_address("https://app.example.org/cb"));
        assert!(https.is_address("HTTPS://APP.example.org:443/cb"));
        assert!(https.is_address("/cb"));
        for other in [
            "http://app.example.org/cb",
            "https://app.example.org/cb/",
            "https://evil.example/cb",
            "/",
            "/cb/x",
        ] {
            assert!(!https.is_address(other), "{other}");
        }
        assert!(!https.is_address("https://user@app.example.org/cb"));

        let private: RedirectUri = "myapp://callback".parse().unwrap();
        assert!(private.is_address("myapp://callback/"));
        assert!(!private.is_address("myapp://other"));
        assert!(private.matches("myapp://callback?code=1&state=2"));
        assert!(!private.matches("myapp://other?code=1&state=2"));
    }
}
