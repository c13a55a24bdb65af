//! The authorization URL, which a login opens in the browser.

use std::fmt;

use url::Url;

/// The authorization URL: the URL to open in the user's browser.
///
/// [`Start::begin`](crate::Start::begin) returns it. Its query contains the `state` of the login, which `Display` shows and `Debug`
/// does not: show the URL to the user, but do not log it.
///
/// ```
/// # use std::time::SystemTime;
/// # use workos_login::url::Url;
/// # use workos_login::{Client, Screen, ConnectionSelector};
/// # let client = Client::public("client_123".parse()?);
/// # let start = client.login(ConnectionSelector::AuthKit(Screen::SignIn), "http://127.0.0.1:8080/callback".parse()?);
/// let (url, pending) = start.begin(SystemTime::now(), &mut rand::rng());
/// println!("Log in at {url}");
///
/// let url = Url::from(url);
/// assert_eq!(url.host_str(), Some("api.workos.com"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// Makes an authorization URL of an endpoint with a form-encoded query.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the URL as ASCII text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for AuthorizationUrl {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<AuthorizationUrl> for String {
    fn from(url: AuthorizationUrl) -> Self {
        url.0
    }
}

impl From<AuthorizationUrl> for Url {
    fn from(url: AuthorizationUrl) -> Self {
        Self::parse(&url.0).expect("a URL followed by a form-encoded query is a URL")
    }
}

impl fmt::Display for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the query: `state` is part of it, and a log must not contain it.
        let endpoint = self.0.split('?').next().unwrap_or_default();
        f.debug_tuple("AuthorizationUrl")
            .field(&endpoint)
            .finish_non_exhaustive()
    }
}
