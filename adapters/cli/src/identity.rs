//! The user of a session.
//!
//! Commands print it as the user of the session or as part of their own result. Members that the service did not send are `null` in
//! JSON and omitted in text.

use serde::Serialize;
use workos_login::{Authenticated, AuthenticationMethod, OrganizationId, User};

use crate::output::report::{Report, table};

/// The user, the organization and the impersonator of a session. Contains no token.
#[derive(Serialize)]
pub(crate) struct Identity {
    user: Option<Profile>,
    organization_id: Option<OrganizationId>,
    authentication_method: Option<AuthenticationMethod>,
    impersonated_by: Option<String>,
}

/// The profile of a user. Unknown members are `null` in JSON.
#[derive(Serialize)]
struct Profile {
    id: String,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl Identity {
    /// Returns the name of the user, or else the e-mail address, or else the user id.
    pub(crate) fn display_name(&self) -> String {
        match &self.user {
            Some(user) => user.display_name(),
            None => "unknown user".to_owned(),
        }
    }

    /// Returns the rows of a [`table`].
    pub(crate) fn rows(&self) -> [(&'static str, Option<&str>); 5] {
        let user = self.user.as_ref();
        [
            ("user", user.map(|user| &*user.id)),
            ("e-mail", user.and_then(|user| user.email.as_deref())),
            (
                "organization",
                self.organization_id.as_ref().map(OrganizationId::as_str),
            ),
            (
                "logged in with",
                self.authentication_method
                    .as_ref()
                    .map(AuthenticationMethod::as_str),
            ),
            ("impersonated by", self.impersonated_by.as_deref()),
        ]
    }
}

impl Report for Identity {
    fn lines(&self) -> Vec<String> {
        table(self.display_name(), self.rows())
    }
}

impl From<&Authenticated> for Identity {
    fn from(session: &Authenticated) -> Self {
        Self {
            user: session.user().map(Profile::from),
            organization_id: session.organization_id().cloned(),
            authentication_method: session.authentication_method().cloned(),
            impersonated_by: session
                .impersonator()
                .map(|impersonator| impersonator.email().to_owned()),
        }
    }
}

impl Profile {
    fn display_name(&self) -> String {
        let names =
            [&self.first_name, &self.last_name].map(|name| name.as_deref().unwrap_or_default());
        let full_name = names.join(" ");
        [
            self.name.as_deref(),
            Some(full_name.trim()),
            self.email.as_deref(),
        ]
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty())
        .unwrap_or(&self.id)
        .to_owned()
    }
}

impl From<&User> for Profile {
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
