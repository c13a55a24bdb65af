//! The claims of a session's access token.
//!
//! Nothing of them is stored: each call decodes the token.

use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use crate::login::authenticated::Authenticated;
use crate::wire::claims::{AuthTime, UserClaims, payload};

/// Claims of the access token.
///
/// They are **not verified**: the signature is not checked. They are as reliable as the token endpoint, from which the token came
/// over TLS, and as the store of the session. Use them to decide what to show, for instance. A resource server, which receives the
/// token from a client, must verify it.
///
/// A JWT template can put any JSON into a claim. A claim of another type than the documented one is absent, and so are all claims of
/// an opaque token.
impl Authenticated {
    /// Returns the role of the user in the organization (`role`), unverified.
    #[must_use]
    pub fn role(&self) -> Option<String> {
        self.user_claims().role
    }

    /// Returns the roles of the user in the organization (`roles`), unverified.
    #[must_use]
    pub fn roles(&self) -> Vec<String> {
        self.user_claims().roles
    }

    /// Returns the permissions of the user in the organization (`permissions`), unverified.
    #[must_use]
    pub fn permissions(&self) -> Vec<String> {
        self.user_claims().permissions
    }

    /// Returns the entitlements of the organization (`entitlements`), unverified.
    #[must_use]
    pub fn entitlements(&self) -> Vec<String> {
        self.user_claims().entitlements
    }

    /// Returns the feature flags of the session (`feature_flags`), unverified.
    #[must_use]
    pub fn feature_flags(&self) -> Vec<String> {
        self.user_claims().feature_flags
    }

    /// Returns when the user last authenticated (`auth_time`), by the clock of the service and unverified.
    ///
    /// An authorization server usually has it in the ID token (OpenID Connect Core section 2), which is read if the access token has
    /// none. [`Start::max_age`](crate::Start::max_age) demands a recent authentication; a refresh does not change the time.
    #[must_use]
    pub fn auth_time(&self) -> Option<SystemTime> {
        let in_id_token = || read::<AuthTime>(self.id_token.as_ref()?)?.auth_time;
        let in_access_token = self
            .claims::<AuthTime>()
            .and_then(|claims| claims.auth_time);
        in_access_token.or_else(in_id_token)
    }

    /// Returns the claims as `T`, unverified; `None` if the token is opaque or `T` cannot be read from its claims.
    ///
    /// ```
    /// # use workos_login::Authenticated;
    /// #[derive(serde::Deserialize)]
    /// struct Custom {
    ///     tier: Option<String>,
    /// }
    ///
    /// fn is_gold(session: &Authenticated) -> bool {
    ///     session.claims::<Custom>().and_then(|claims| claims.tier).as_deref() == Some("gold")
    /// }
    /// ```
    #[must_use]
    pub fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        read(&self.access_token)
    }

    fn user_claims(&self) -> UserClaims {
        self.claims().unwrap_or_default()
    }
}

fn read<T: DeserializeOwned>(token: &SecretString) -> Option<T> {
    payload(token.expose_secret())
}
