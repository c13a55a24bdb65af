//! An access token, and the session that it belongs to.

use std::time::{Duration, SystemTime};

use workos_login::Authenticated;
use workos_login::secrecy::ExposeSecret;

use crate::error::text;

/// A usable access token, with the session that it belongs to. Its text does not show it.
#[derive(uniffi::Object)]
pub struct Token(pub(crate) workos_login_session::Token);

#[uniffi::export]
impl Token {
    /// Returns the value of the `Authorization` header: the access token after `Bearer`. Send it over https only.
    #[must_use]
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.0.secret().expose_secret())
    }

    /// Returns the time until the access token expires; nothing if that is unknown.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.0.session().expires_in(SystemTime::now())
    }

    /// Returns the session.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::of(self.0.session())
    }

    /// Returns what went wrong although the access token is usable: a failed refresh, or a session that could not be saved.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.0.warning().map(|warning| text(warning))
    }
}

/// A session without its tokens.
#[derive(Clone, uniffi::Record)]
pub struct Session {
    /// The user.
    pub user: Option<User>,
    /// The organization that the user is logged in to.
    pub organization_id: Option<String>,
    /// The role of the user in the organization, as the access token names it, unverified.
    pub role: Option<String>,
    /// The permissions of the user in the organization, as the access token names them, unverified.
    pub permissions: Vec<String>,
}

/// A user.
#[derive(Clone, uniffi::Record)]
pub struct User {
    /// The ID.
    pub id: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The URL of the profile picture.
    pub profile_picture_url: Option<String>,
}

impl Session {
    pub(crate) fn of(session: &Authenticated) -> Self {
        Self {
            user: session.user().map(User::of),
            organization_id: session.organization_id().map(ToString::to_string),
            role: session.role(),
            permissions: session.permissions(),
        }
    }
}

impl User {
    fn of(user: &workos_login::User) -> Self {
        Self {
            id: user.id().to_owned(),
            email: user.email().map(str::to_owned),
            first_name: user.first_name().map(str::to_owned),
            last_name: user.last_name().map(str::to_owned),
            profile_picture_url: user.profile_picture_url().map(str::to_owned),
        }
    }
}
