//! The result of a command: one object in JSON, or lines of text.
//!
//! Members that the service did not send are `null` in JSON and omitted in text.

use std::time::Duration;

use humantime::format_duration;
use serde_json::{Map, Value, json};
use workos_login::{Authenticated, User};

/// The result of a command.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Each is printed as one line, whatever characters it contains.
    pub(crate) lines: Vec<String>,
    pub(crate) members: Map<String, Value>,
}

impl Report {
    /// Makes a report of a line of text.
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self::default().line(line)
    }

    /// Makes a report of the user, the organization and the impersonator of a session. It contains no token.
    ///
    /// `heading` makes the first line of the user's name.
    pub(crate) fn of_session(
        session: &Authenticated,
        heading: impl FnOnce(&str) -> String,
    ) -> Self {
        let user = session.user();
        let organization = session.organization_id().map(|id| id.as_str());
        let method = session.authentication_method().map(|it| it.as_str());
        let impersonator = session.impersonator().map(|it| it.email());
        let name = user.map_or_else(|| "unknown user".to_owned(), display_name);
        Self::new(heading(&name))
            .row("user", user.map(User::id))
            .row("e-mail", user.and_then(User::email))
            .row("organization", organization)
            .row("logged in with", method)
            .row("impersonated by", impersonator)
            .with(json!({
                "user": user.map(profile),
                "organization_id": organization,
                "authentication_method": method,
                "impersonated_by": impersonator,
            }))
    }

    /// Adds a line with a name and a value, if there is one.
    pub(crate) fn row(mut self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        let line = value.map(|value| format!("  {name:<15}  {}", value.as_ref()));
        self.lines.extend(line);
        self
    }

    /// Adds a line.
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Adds the members of a JSON object.
    pub(crate) fn with(mut self, members: Value) -> Self {
        if let Value::Object(members) = members {
            self.members.extend(members);
        }
        self
    }
}

/// Describes the expiry of an access token by its lifetime in seconds.
pub(crate) fn expiry(expires_in: Option<u64>) -> String {
    match expires_in.map(Duration::from_secs) {
        Some(Duration::ZERO) => "expired".to_owned(),
        Some(left) => format!("expires in {}", format_duration(left)),
        None => "unknown lifetime".to_owned(),
    }
}

/// Returns the name of the user, or else the e-mail address, or else the user ID.
fn display_name(user: &User) -> String {
    let names = [user.first_name(), user.last_name()].map(Option::unwrap_or_default);
    let full_name = names.join(" ");
    let candidates = [user.name(), Some(full_name.trim()), user.email()];
    let mut names = candidates.into_iter().flatten();
    let name = names.find(|name| !name.trim().is_empty());
    name.unwrap_or(user.id()).to_owned()
}

fn profile(user: &User) -> Value {
    json!({
        "id": user.id(),
        "email": user.email(),
        "email_verified": user.email_verified(),
        "name": user.name(),
        "first_name": user.first_name(),
        "last_name": user.last_name(),
    })
}
