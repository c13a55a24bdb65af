//! The address that the browser comes back to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Url, form_urlencoded};

use crate::limits::MAX_REDIRECT_URI_BYTES;
use crate::wire::authorization::RESPONSE_PARAMETERS;
use crate::wire::text;

/// The registered address that the browser is sent back to after the login.
///
/// The text is kept and sent as it is, because the service compares it with what was
/// registered. Three forms are usual (RFC 8252 section 7):
///
/// ```
/// use workos_login::RedirectUri;
///
/// let _: RedirectUri = "http://127.0.0.1:8080/callback".parse()?; // a terminal program
/// let _: RedirectUri = "com.example.app:/callback".parse()?; // a desktop or mobile application
/// let _: RedirectUri = "https://app.example.com/callback".parse()?; // a server
/// # Ok::<(), workos_login::InvalidRedirectUri>(())
/// ```
///
/// What the service has registered decides: an `http` address that is not on this machine is taken here, too, for
/// development hosts. The code on its way to it can be read, but is worth nothing without the verifier.
///
/// For a scheme of your own, use a domain name that you control, reversed
/// (`com.example.app`): any program on the machine can register any scheme, and a long
/// name is at least not taken by accident (RFC 8252 section 7.1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(Arc<str>);

impl RedirectUri {
    /// Returns the address, exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `address`, up to its query, is this address: a whole URL, or a path.
    pub(crate) fn is_address(&self, address: &str) -> bool {
        // Most addresses have no query, and come back as they were sent.
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
        if address.starts_with('/') {
            return path(&expected) == address;
        }
        // Equal addresses can be spelled in several ways: case, default ports, dots.
        Url::parse(address).is_ok_and(|address| {
            expected.scheme() == address.scheme()
                && expected.username() == address.username()
                && expected.password() == address.password()
                && expected.host_str() == address.host_str()
                && expected.port_or_known_default() == address.port_or_known_default()
                && path(&expected) == path(&address)
        })
    }
}

/// The path; browsers and operating systems write the empty path of a private-use scheme as `/`, too.
fn path(url: &Url) -> &str {
    match url.path() {
        "" => "/",
        path => path,
    }
}

pub(crate) fn before_query(uri: &str) -> &str {
    let end = uri.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    &uri[..end.unwrap_or(uri.len())]
}

impl FromStr for RedirectUri {
    type Err = InvalidRedirectUri;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_REDIRECT_URI_BYTES {
            return Err(InvalidRedirectUri(Flaw::TooLong));
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(InvalidRedirectUri(Flaw::Control));
        }
        let url = Url::parse(text).map_err(|_| InvalidRedirectUri(Flaw::NotAbsolute))?;
        if url.cannot_be_a_base() {
            return Err(InvalidRedirectUri(match url.scheme() {
                scheme if FORBIDDEN_SCHEMES.contains(&scheme) => Flaw::Scheme,
                _ => Flaw::NoPath,
            }));
        }
        if FORBIDDEN_SCHEMES.contains(&url.scheme()) {
            return Err(InvalidRedirectUri(Flaw::Scheme));
        }
        if url.fragment().is_some() {
            return Err(InvalidRedirectUri(Flaw::Fragment));
        }
        let query = url.query().unwrap_or_default();
        if form_urlencoded::parse(query.as_bytes())
            .any(|(name, _)| RESPONSE_PARAMETERS.contains(&&*name))
        {
            return Err(InvalidRedirectUri(Flaw::ReservedName));
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

/// A text that cannot be a redirect address. [`RedirectUri`]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRedirectUri(Flaw);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
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
            Flaw::Control => f.write_str("the redirect address begins or ends with white space, or contains a control character"),
            Flaw::Fragment => f.write_str("the redirect address has a fragment (#…): remove it (RFC 6749 section 3.1.2)"),
            Flaw::NoPath => f.write_str("the redirect address has no path: write it as com.example.app:/callback or myapp://callback"),
            Flaw::NotAbsolute => f.write_str("the redirect address is not an absolute address: write it whole, as it is registered"),
            Flaw::ReservedName => write!(
                f,
                "the query of the redirect address has one of the names that the service answers with ({}): rename it",
                RESPONSE_PARAMETERS.join(", ")
            ),
            Flaw::Scheme => f.write_str("the scheme of the redirect address runs scripts or reads files: register another one"),
            Flaw::TooLong => write!(f, "the redirect address is longer than {MAX_REDIRECT_URI_BYTES} bytes"),
        }
    }
}

impl std::error::Error for InvalidRedirectUri {}

/// Schemes that a browser acts on itself, or that never reach an application.
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
    fn refused(text: &str, flaw: Flaw) {
        assert_eq!(
            text.parse::<RedirectUri>(),
            Err(InvalidRedirectUri(flaw)),
            "{text}"
        );
    }

    #[test]
    fn the_registered_text_is_kept() {
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
    fn what_cannot_receive_a_callback_is_refused() {
        refused("", Flaw::NotAbsolute);
        refused("/callback", Flaw::NotAbsolute);
        refused("localhost:8080/callback", Flaw::NoPath);
        refused("javascript:alert(1)", Flaw::Scheme);
        refused("JavaScript:alert(1)", Flaw::Scheme);
        refused("data:text/html,x", Flaw::Scheme);
        refused("file:///etc/passwd", Flaw::Scheme);
        refused("com.example.app:cb", Flaw::NoPath);
        refused("https://app.example.org/cb#top", Flaw::Fragment);
        refused("https://app.example.org/cb?state=1", Flaw::ReservedName);
        refused("https://app.example.org/cb?%63ode=1", Flaw::ReservedName);
        refused("https://app.example.org/c\nb", Flaw::Control);
        refused(" https://app.example.org/cb", Flaw::Control);
        refused(
            &format!("https://app.example.org/{}", "a".repeat(2048)),
            Flaw::TooLong,
        );
    }

    #[test]
    fn an_address_is_ours_however_it_is_spelled() {
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
    }
}
