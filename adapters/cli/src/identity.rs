//! Whose session it is.

use serde::Serialize;
use workos_login::{Authenticated, AuthenticationMethod, OrganizationId, User};

/// Whose session it is, as far as a script may want to know. No token, no code.
#[derive(Serialize)]
pub(crate) struct Who {
    user: Option<Person>,
    organization_id: Option<OrganizationId>,
    authentication_method: Option<AuthenticationMethod>,
    impersonated_by: Option<String>,
}

/// A user. What the service does not say is `null`.
#[derive(Serialize)]
struct Person {
    id: String,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl Who {
    /// Returns the name that the user is greeted by: the best that is known.
    pub(crate) fn best_name(&self) -> String {
        self.user
            .as_ref()
            .map_or_else(|| "unknown user".to_owned(), Person::best_name)
    }

    /// Returns what is known, with its name.
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
                "signed in by",
                self.authentication_method
                    .as_ref()
                    .map(AuthenticationMethod::as_str),
            ),
            ("impersonated by", self.impersonated_by.as_deref()),
        ]
    }
}

impl From<&Authenticated> for Who {
    fn from(session: &Authenticated) -> Self {
        Self {
            user: session.user().map(Person::from),
            organization_id: session.organization_id().cloned(),
            authentication_method: session.authentication_method().cloned(),
            impersonated_by: session.impersonator().map(|staff| staff.email().to_owned()),
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
