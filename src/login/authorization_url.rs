//! The address that a login begins at.

use std::fmt;

use url::Url;

/// The address to open in the user's browser: the login page of the service, with what this login asks for.
///
/// Made by [`Start::begin`](crate::Start::begin). Its query holds the state of the login, which `Debug` does not show and
/// `Display` does: show it to the user, but do not log it.
///
/// ```
/// # use std::time::SystemTime;
/// # use workos_login::url::Url;
/// # use workos_login::{Client, Screen, ConnectionSelector};
/// # let client = Client::public("client_123".parse()?);
/// # let start = client.login(ConnectionSelector::AuthKit(Screen::SignIn), "http://127.0.0.1:8080/callback".parse()?);
/// let (address, pending) = start.begin(SystemTime::now(), &mut rand::rng());
/// println!("Log in at {address}");
///
/// let url = Url::from(address);
/// assert_eq!(url.host_str(), Some("api.workos.com"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// `text` is an endpoint that is a URL, with a form-encoded query behind it.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the address as text: a URL, in ASCII.
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
        Self::parse(&url.0)
            .expect("an endpoint that was a URL is one with a form-encoded query, too")
    }
}

impl fmt::Display for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.0.split('?').next().unwrap_or_default();
        f.debug_tuple("AuthorizationUrl")
            .field(&endpoint)
            .finish_non_exhaustive()
    }
}
