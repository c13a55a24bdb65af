//! The result of a login: who it was.

use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde::Serialize;
use workos_login::Authenticated;
use workos_login_keyring::Place;

use crate::identity::Who;
use crate::output::report::{Report, table};
use crate::session::account;

/// Who logged in. No token, no code.
#[derive(Serialize)]
pub(crate) struct LoggedIn {
    #[serde(flatten)]
    who: Who,
    /// Seconds.
    expires_in: Option<u64>,
    #[serde(serialize_with = "account::optional_code")]
    kept_in: Option<Place>,
}

impl LoggedIn {
    /// Takes out of a session what may be shown.
    pub(crate) fn new(session: &Authenticated, now: SystemTime) -> Self {
        Self {
            who: Who::from(session),
            expires_in: session
                .expires_in(now)
                .map(|left| left.as_secs_f64().round() as u64),
            kept_in: None,
        }
    }

    /// Adds where the session is kept.
    pub(crate) fn kept_in(self, kept_in: Option<Place>) -> Self {
        Self { kept_in, ..self }
    }
}

impl Report for LoggedIn {
    fn lines(&self) -> Vec<String> {
        let life = self
            .expires_in
            .map(|seconds| format!("good for {}", format_duration(Duration::from_secs(seconds))));
        let kept_in = self.kept_in.as_ref().map(ToString::to_string);
        let rows = [
            ("access token", life.as_deref()),
            ("kept in", kept_in.as_deref()),
        ];
        table(
            format!("Hello {}!", self.who.best_name()),
            self.who.rows().into_iter().chain(rows),
        )
    }
}
