//! The result of a login: who it was.

use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde::Serialize;
use workos_login::{Authenticated, AuthenticationMethod, OrganizationId, User};

use crate::report::Report;

/// Who logged in. No token, no code.
#[derive(Serialize)]
pub(crate) struct LoggedIn {
    user: Person,
    organization_id: Option<OrganizationId>,
    authentication_method: Option<AuthenticationMethod>,
    impersonated_by: Option<String>,
    /// Seconds.
    expires_in: Option<u64>,
}

/// A user, as far as a script may want to know them. What the service does not say is `null`.
#[derive(Serialize)]
struct Person {
    id: String,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl LoggedIn {
    /// Takes out of a session what may be shown.
    pub(crate) fn new(session: &Authenticated, now: SystemTime) -> Self {
        Self {
            user: Person::from(session.user()),
            organization_id: session.organization_id().cloned(),
            authentication_method: session.authentication_method().cloned(),
            impersonated_by: session.impersonator().map(|staff| staff.email().to_owned()),
            expires_in: session
                .expires_in(now)
                .map(|left| left.as_secs_f64().round() as u64),
        }
    }
}

impl Person {
    /// The name that the user is greeted by: the best that is known.
    fn best_name(&self) -> String {
        let names =
            [&self.first_name, &self.last_name].map(|name| name.as_deref().unwrap_or_default());
        let names = names.join(" ");
        [
            self.name.as_deref(),
            Some(names.trim()),
            self.email.as_deref(),
        ]
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty())
        .unwrap_or(&self.id)
        .to_owned()
    }
}

impl From<&User> for Person {
    fn from(user: &User) -> Self {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Self {
            id: user.id().to_owned(),
            email: owned(user.email()),
            email_verified: user.email_verified(),
            name: owned(user.name()),
            first_name: owned(user.first_name()),
            last_name: owned(user.last_name()),
        }
    }
}

impl Report for LoggedIn {
    fn lines(&self) -> Vec<String> {
        let life = self
            .expires_in
            .map(|seconds| format!("good for {}", format_duration(Duration::from_secs(seconds))));
        let rows = [
            ("user", Some(&*self.user.id)),
            ("e-mail", self.user.email.as_deref()),
            (
                "organization",
                self.organization_id.as_ref().map(OrganizationId::as_str),
            ),
            (
                "signed in by",
                self.authentication_method
                    .as_ref()
                    .map(AuthenticationMethod::as_str),
            ),
            ("impersonated by", self.impersonated_by.as_deref()),
            ("access token", life.as_deref()),
        ];
        let rows = rows
            .into_iter()
            .filter_map(|(name, value)| Some(format!("  {name:<15}  {}", value?)));
        std::iter::once(format!("Hello {}!", self.user.best_name()))
            .chain(rows)
            .collect()
    }
}
