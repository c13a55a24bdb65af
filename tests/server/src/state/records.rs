//! The records that the server keeps.
//!
//! An `expires_at` of `None` means never: the lifetime ends beyond the range of [`SystemTime`].

use std::time::SystemTime;

use crate::response::MockResponse;
use crate::user::Challenge;

/// An authorization code that was issued.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationCode {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: Option<String>,
    pub(crate) user_id: String,
    pub(crate) organization_id: Option<String>,
    pub(crate) method: String,
    pub(crate) expires_at: Option<SystemTime>,
}

/// A login whose user is authenticated and that has no session yet.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    /// The organization that was requested.
    pub(crate) organization_id: Option<String>,
    pub(crate) method: String,
    /// The challenges that are not completed, next first.
    pub(crate) challenges: Vec<Challenge>,
}

/// A login that waits for an authentication challenge.
#[derive(Clone, Debug)]
pub(crate) struct PendingLogin {
    pub(crate) login: Login,
    /// `None` for organization selection.
    pub(crate) challenge: Option<Challenge>,
    /// The ID that the grant must carry: of the radar challenge or of the SMS verification.
    pub(crate) challenge_id: Option<String>,
    pub(crate) expires_at: Option<SystemTime>,
}

/// A device login that has not ended.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) client_id: String,
    pub(crate) user_code: String,
    pub(crate) decision: Option<Decision>,
    pub(crate) expires_at: Option<SystemTime>,
    /// The polling interval in seconds. Each `slow_down` increases it.
    pub(crate) interval: u64,
    pub(crate) polled_at: Option<SystemTime>,
}

#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// Contains the ID of the user.
    Approved(String),
    Denied,
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) client_id: String,
    pub(crate) organization_id: Option<String>,
    /// The `authentication_method` of the login. A refresh repeats it.
    pub(crate) method: String,
    pub(crate) logged_in_at: SystemTime,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) ended: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct RefreshToken {
    pub(crate) session_id: String,
    /// `None` until the token is used.
    pub(crate) replay: Option<Replay>,
}

/// The use of a refresh token. An identical request within the replay window gets this response.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    pub(crate) used_at: SystemTime,
    pub(crate) organization_id: Option<String>,
    pub(crate) response: MockResponse,
}

impl RefreshToken {
    pub(crate) fn unused(session_id: &str) -> Self {
        Self {
            session_id: session_id.to_owned(),
            replay: None,
        }
    }
}

/// Returns whether a point in time is before the expiry.
pub(crate) fn is_live(expires_at: Option<SystemTime>, now: SystemTime) -> bool {
    expires_at.is_none_or(|end| now < end)
}
