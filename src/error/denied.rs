//! Somebody said no.

use std::fmt;

use secrecy::ExposeSecret;

use crate::error::{ErrorResponse, Shown};
use crate::login::callback::Failure;

/// The answer of a user, or of their identity provider, who did not let the login happen.
#[derive(Clone)]
pub struct Denied(pub(crate) Source);

/// Who brought the news.
#[derive(Clone)]
pub(crate) enum Source {
    Callback(Failure),
    Service(ErrorResponse),
}

impl Denied {
    /// Returns the error code exactly as it came, `access_denied` most often. The set is open (RFC 6749 section 4.1.2.1).
    #[must_use]
    pub fn code(&self) -> &str {
        match &self.0 {
            Source::Callback(failure) => &failure.code,
            Source::Service(answer) => answer.code().unwrap_or_default(),
        }
    }

    /// Returns the service's answer, when it was not the browser that brought the news.
    #[must_use]
    pub fn answer(&self) -> Option<&ErrorResponse> {
        match &self.0 {
            Source::Callback(_) => None,
            Source::Service(answer) => Some(answer),
        }
    }

    /// Returns the service's own words. They can quote a code or a token: do not log or print them.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        match &self.0 {
            Source::Callback(failure) => failure
                .description
                .as_ref()
                .map(|text| text.expose_secret()),
            Source::Service(answer) => answer.description(),
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            "access_denied" => {
                f.write_str("the login was denied (access_denied): begin again to try once more")
            }
            code => write!(
                f,
                "the login failed at the service ({}): begin again",
                Shown(code)
            ),
        }
    }
}

impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denied")
            .field("code", &Shown(self.code()))
            .finish_non_exhaustive()
    }
}
