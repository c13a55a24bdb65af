//! Sessions in the cookie of the SDK for Node, so that services in both languages share them.
//!
//! The cookie is an iron seal with the version of its content behind a tilde. The content has no handle and no sequence number: the handle is
//! derived from the ID of the session at the service, which a refresh keeps, and the sequence number is the time at which the access token was
//! issued. So a session that the other service has refreshed replaces the one that a manager of this process has.

use std::collections::BTreeMap;
use std::fmt;
use std::time::UNIX_EPOCH;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use workos_login::secrecy::{ExposeSecret, SecretString};
use workos_login::{Authenticated, Impersonator, User};
use workos_login_session::{Generation, SealingKeys, StoredSession};
use zeroize::Zeroizing;

use crate::cookies::Shared;
use crate::error::BuildError;
use crate::in_cookies::{Form, Seal};
use crate::iron::Iron;
use crate::settings::Settings;

/// The version of the content that is sealed.
const VERSION: &str = "2";
/// The minimum that the SDK for Node requires.
const MIN_PASSWORD_CHARACTERS: usize = 32;

/// Sessions in the cookie `wos-session` of the official SDK for Node.
///
/// It is for a service that moves from Node to Rust: users stay logged in, and both services can share the sessions behind one domain for as long
/// as the move takes. Each opens, refreshes and replaces the cookie of the other.
///
/// ```
/// use workos_login_axum::NodeSealedSessions;
///
/// # fn password() -> workos_login_axum::workos_login::secrecy::SecretString { "p".repeat(32).into() }
/// let sessions = NodeSealedSessions::new(&password()) // WORKOS_COOKIE_PASSWORD
///     .cookie_name("wos-session")
///     .domain("example.com");
/// ```
///
/// # Limits
///
/// * The cookie is one that Node can read: without the prefix `__Host-`, in one piece of at most 4 kB, and without the client ID in its seal. Use
///   another password for each client. The identity provider's tokens are not in it.
/// * If both services refresh a session at the same time, one of them sends a used refresh token. The service accepts it for a few
///   seconds after its use; the library and the SDK send it later only if the new cookie was lost.
/// * The clock of the server must be right, because the time of the receipt of a token is not in the cookie.
///
/// When the last service has moved, [`SealedCookies`](crate::SealedCookies) are faster, and have key rotation and stricter cookies. The change
/// logs the users out.
pub struct NodeSealedSessions {
    iron: Iron,
    cookie: Shared,
    has_short_password: bool,
}

impl NodeSealedSessions {
    /// Makes sessions that are sealed with the cookie password of the service in Node, usually its `WORKOS_COOKIE_PASSWORD`.
    ///
    /// The password has at least 32 characters. Pending logins are sealed with a key that is derived from it.
    #[must_use]
    pub fn new(password: &SecretString) -> Self {
        let password = password.expose_secret();
        Self {
            iron: Iron::new(password.as_bytes()),
            cookie: Shared {
                name: "wos-session".to_owned(),
                domain: None,
            },
            // The length of a string of JavaScript.
            has_short_password: password.encode_utf16().count() < MIN_PASSWORD_CHARACTERS,
        }
    }

    /// Sets the name of the cookie; `wos-session` by default.
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie.name = name.into();
        self
    }

    /// Sets the `Domain` of the cookie, which must be that of the service in Node; none by default.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    pub(crate) fn cookie(&self) -> &Shared {
        &self.cookie
    }

    /// Returns what makes the configuration unusable.
    pub(crate) fn problem(&self) -> Option<BuildError> {
        if self.has_short_password {
            Some(BuildError::ShortPassword)
        } else if !self.cookie.is_valid() {
            Some(BuildError::InvalidCookie)
        } else {
            None
        }
    }

    /// Returns the keys of the pending logins.
    pub(crate) fn keys(&self) -> SealingKeys {
        SealingKeys::new(1, &self.iron.secret("pending logins", ""))
    }

    fn handle(&self, session: &Authenticated) -> String {
        // Without an ID, the refresh token stands for the session until it is replaced.
        let id = match session.session_id() {
            Some(id) => id.as_str().to_owned(),
            None => Generation::of(session).to_string(),
        };
        URL_SAFE_NO_PAD.encode(*self.iron.secret("session", &id))
    }
}

impl Form for NodeSealedSessions {
    fn begin(&self, session: &Authenticated) -> (String, u64) {
        (self.handle(session), issued_at(session))
    }

    fn next(&self, _: u64, session: &Authenticated) -> u64 {
        issued_at(session)
    }

    fn seal(&self, _: &Settings, seal: &Seal) -> String {
        let text = to_node(seal.record.session());
        let expires = UNIX_EPOCH + seal.expires.since(UNIX_EPOCH.into());
        let sealed = self.iron.seal(&text, expires, &mut rand::rng());
        format!("{sealed}~{VERSION}")
    }

    fn open(&self, settings: &Settings, value: &str) -> Option<Seal> {
        let now = settings.now();
        let (sealed, version) = match value.split_once('~') {
            Some((sealed, version)) => (sealed, Some(version)),
            None => (value, None),
        };
        let text = self.iron.open(sealed, now)?;
        let tokens = from_node(&text, version)?;
        let session = settings.client.import_session(&tokens, now).ok()?;
        Some(Seal {
            handle: self.handle(&session),
            sequence: issued_at(&session),
            // The seal was checked.
            expires: (now + settings.session_ttl).into(),
            record: StoredSession::new(session),
        })
    }
}

impl fmt::Debug for NodeSealedSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeSealedSessions")
            .field("cookie_name", &self.cookie.name)
            .finish_non_exhaustive()
    }
}

/// Returns the time at which the access token was issued, in seconds; 0 if it is unknown.
fn issued_at(session: &Authenticated) -> u64 {
    #[derive(Deserialize)]
    struct IssuedAt {
        iat: f64,
    }
    let claims: Option<IssuedAt> = session.claims();
    claims.map_or(0, |claims| claims.iat as u64)
}

/// The content of the cookie, with the members of a session that the SDK seals.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<NodeUser<'a>>,
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonator: Option<&'a Impersonator>,
}

/// A user as the SDK has it: what is absent is `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeUser<'a> {
    object: &'static str,
    id: &'a str,
    email: Option<&'a str>,
    email_verified: Option<bool>,
    name: Option<&'a str>,
    first_name: Option<&'a str>,
    profile_picture_url: Option<&'a str>,
    last_name: Option<&'a str>,
    last_sign_in_at: Option<&'a str>,
    locale: Option<&'a str>,
    created_at: Option<&'a str>,
    updated_at: Option<&'a str>,
    external_id: Option<&'a str>,
    metadata: BTreeMap<&'a str, &'a str>,
}

impl<'a> From<&'a User> for NodeUser<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            object: "user",
            id: user.id(),
            email: user.email(),
            email_verified: user.email_verified(),
            name: user.name(),
            first_name: user.first_name(),
            profile_picture_url: user.profile_picture_url(),
            last_name: user.last_name(),
            last_sign_in_at: user.last_sign_in_at(),
            locale: user.locale(),
            created_at: user.created_at(),
            updated_at: user.updated_at(),
            external_id: user.external_id(),
            metadata: user.metadata().collect(),
        }
    }
}

fn to_node(session: &Authenticated) -> Zeroizing<Vec<u8>> {
    let content = Content {
        organization_id: session.organization_id().map(|id| id.as_str()),
        user: session.user().map(Into::into),
        access_token: session.access_token().expose_secret(),
        refresh_token: session.refresh_token().map(ExposeSecret::expose_secret),
        authentication_method: session
            .authentication_method()
            .map(|method| method.as_str()),
        impersonator: session.impersonator(),
    };
    // Large enough: a buffer that grew would leave an unwiped copy.
    let mut text = Zeroizing::new(Vec::with_capacity(16 * 1024));
    serde_json::to_writer(&mut *text, &content).expect("the content is an object of texts");
    text
}

/// The content of the cookie, read with the names of the SDK and written with those of a token response.
#[derive(Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
struct Tokens<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    organization_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user: TokensUser<'a>,
    #[serde(borrow)]
    access_token: &'a RawValue,
    #[serde(borrow)]
    refresh_token: &'a RawValue,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    authentication_method: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    impersonator: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
struct TokensUser<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    email: Option<&'a RawValue>,
    #[serde(borrow)]
    email_verified: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    first_name: Option<&'a RawValue>,
    #[serde(borrow)]
    profile_picture_url: Option<&'a RawValue>,
    #[serde(borrow)]
    last_name: Option<&'a RawValue>,
    #[serde(borrow)]
    last_sign_in_at: Option<&'a RawValue>,
    #[serde(borrow)]
    locale: Option<&'a RawValue>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    updated_at: Option<&'a RawValue>,
    #[serde(borrow)]
    external_id: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

/// Content of an older version than 2 is in the member `persistent`, if there is one.
#[derive(Deserialize)]
struct Older<'a> {
    #[serde(borrow)]
    persistent: Option<&'a RawValue>,
}

fn from_node(text: &[u8], version: Option<&str>) -> Option<Zeroizing<Vec<u8>>> {
    let text = match version {
        None | Some(VERSION) => text,
        Some(_) => match serde_json::from_slice::<Older<'_>>(text).ok()?.persistent {
            Some(persistent) => persistent.get().as_bytes(),
            None => text,
        },
    };
    let content: Tokens<'_> = serde_json::from_slice(text).ok()?;
    // The names of a token response are at most twice as long, and their values are the same.
    let mut tokens = Zeroizing::new(Vec::with_capacity(text.len() * 2));
    serde_json::to_writer(&mut *tokens, &content).ok()?;
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn content() -> Value {
        json!({
            "organizationId": "org_1",
            "user": {
                "object": "user",
                "id": "user_1",
                "email": "alice@example.com",
                "emailVerified": true,
                "firstName": null,
                "metadata": { "firstName": "kept" },
            },
            "accessToken": "a\u{e9}\"",
            "refreshToken": "r",
            "authenticationMethod": "Password",
            "impersonator": { "email": "bob@example.com", "reason": null },
        })
    }

    fn tokens(content: &Value, version: Option<&str>) -> Option<Value> {
        let tokens = from_node(content.to_string().as_bytes(), version)?;
        Some(serde_json::from_slice(&tokens).unwrap())
    }

    #[test]
    fn the_content_becomes_a_token_response() {
        let expected = json!({
            "organization_id": "org_1",
            "user": {
                "id": "user_1",
                "email": "alice@example.com",
                "email_verified": true,
                "name": null,
                "first_name": null,
                "profile_picture_url": null,
                "last_name": null,
                "last_sign_in_at": null,
                "locale": null,
                "created_at": null,
                "updated_at": null,
                "external_id": null,
                "metadata": { "firstName": "kept" },
            },
            "access_token": "a\u{e9}\"",
            "refresh_token": "r",
            "authentication_method": "Password",
            "impersonator": { "email": "bob@example.com", "reason": null },
        });
        let older = json!({ "persistent": content() });
        for (content, version) in [
            (content(), Some("2")),
            (content(), None),
            (content(), Some("1")),
            (older.clone(), Some("1")),
        ] {
            assert_eq!(tokens(&content, version), Some(expected.clone()));
        }
        assert_eq!(tokens(&older, Some("2")), None);
    }

    #[test]
    fn content_without_tokens_is_no_session() {
        for name in ["user", "accessToken", "refreshToken"] {
            let mut content = content();
            content.as_object_mut().unwrap().remove(name);
            assert_eq!(tokens(&content, Some("2")), None, "{name}");
        }
        assert_eq!(tokens(&json!({}), Some("2")), None);
        assert!(from_node(b"\xff", Some("2")).is_none());
    }
}
