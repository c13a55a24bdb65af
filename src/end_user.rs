//! The end user of a server.

use std::fmt;
use std::net::IpAddr;

use secrecy::SecretString;

/// The end user for whom a server sends a request: what the service cannot see, because the request comes from the server.
///
/// [`Client::for_end_user`](crate::Client::for_end_user) makes a client that sends it with every grant. The service uses it to detect
/// fraud and shows it in the list of sessions.
///
/// ```
/// use workos_login::{Client, EndUser};
///
/// let client = Client::confidential("client_123".parse()?, "sk_123".parse()?);
/// // In the handler of a request:
/// let end_user = EndUser::new().ip_address("203.0.113.7".parse()?).user_agent("Mozilla/5.0");
/// let client = client.for_end_user(end_user);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` shows nothing of it.
#[derive(Clone, Default)]
pub struct EndUser {
    pub(crate) ip_address: Option<Box<str>>,
    pub(crate) user_agent: Option<Box<str>>,
    pub(crate) device_id: Option<Box<str>>,
    pub(crate) signals_id: Option<Box<str>>,
    pub(crate) invitation_token: Option<SecretString>,
}

impl EndUser {
    /// Makes an end user of whom nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `ip_address`.
    #[must_use]
    pub fn ip_address(self, address: IpAddr) -> Self {
        Self {
            ip_address: Some(address.to_string().into()),
            ..self
        }
    }

    /// Sets `user_agent`, the header of the user's browser.
    #[must_use]
    pub fn user_agent(self, text: &str) -> Self {
        Self {
            user_agent: Some(text.into()),
            ..self
        }
    }

    /// Sets `device_id`.
    #[must_use]
    pub fn device_id(self, id: &str) -> Self {
        Self {
            device_id: Some(id.into()),
            ..self
        }
    }

    /// Sets `signals_id`, which only a code exchange sends.
    #[must_use]
    pub fn signals_id(self, id: &str) -> Self {
        Self {
            signals_id: Some(id.into()),
            ..self
        }
    }

    /// Sets `invitation_token`, which only a code exchange sends.
    #[must_use]
    pub fn invitation_token(self, token: &str) -> Self {
        Self {
            invitation_token: Some(token.into()),
            ..self
        }
    }
}

impl fmt::Debug for EndUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndUser").finish_non_exhaustive()
    }
}
