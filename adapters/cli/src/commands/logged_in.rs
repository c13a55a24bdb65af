//! The result of `workos-login login`.

use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde::Serialize;
use workos_login::Authenticated;
use workos_login_native::Location;

use crate::identity::Identity;
use crate::output::report::{Report, table};
use crate::selection::serialize_location;

/// The logged-in user. Contains no token.
#[derive(Serialize)]
pub(crate) struct LoggedIn {
    #[serde(flatten)]
    identity: Identity,
    /// Seconds, rounded.
    expires_in: Option<u64>,
    /// `None` if the session is not stored.
    #[serde(serialize_with = "serialize_location")]
    store: Option<Location>,
}

impl LoggedIn {
    pub(crate) fn new(session: &Authenticated, store: Option<Location>, now: SystemTime) -> Self {
        Self {
            identity: Identity::from(session),
            expires_in: session
                .expires_in(now)
                .map(|left| left.as_secs_f64().round() as u64),
            store,
        }
    }
}

impl Report for LoggedIn {
    fn lines(&self) -> Vec<String> {
        let access_token = match self.expires_in.map(Duration::from_secs) {
            Some(left) => format!("expires in {}", format_duration(left)),
            None => "unknown lifetime".to_owned(),
        };
        let store = self.store.as_ref().map(ToString::to_string);
        let rows = [
            ("access token", Some(&*access_token)),
            ("stored in", store.as_deref()),
        ];
        table(
            format!("Hello {}!", self.identity.display_name()),
            self.identity.rows().into_iter().chain(rows),
        )
    }
}
