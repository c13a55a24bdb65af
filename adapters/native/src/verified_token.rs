//! The verification of the token that names the user of a session.

use std::time::SystemTime;

use workos_login::BlockingHttpClient;
use workos_login::keys::{AccessClaims, IdClaims, KeySet, Verified};
use workos_login::secrecy::ExposeSecret;

use crate::error::NativeError;
use crate::native_client::NativeClient;
use crate::session::NativeSession;

/// The verified token of a session, and its claims.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the tokens that can name the user of a session"
)]
pub enum VerifiedToken {
    /// The access token of WorkOS.
    AccessToken(Verified<AccessClaims>),
    /// The ID token of an authorization server.
    IdToken(Verified<IdClaims>),
}

impl NativeSession {
    /// Verifies the token that names the user, with keys that are fetched from the issuer.
    ///
    /// At WorkOS it is the access token, which is refreshed first if it is due. At an authorization server it is the ID token: an access token
    /// there can be opaque, and its audience is a resource server.
    ///
    /// # Errors
    ///
    /// [`NativeError::Unverified`] if the token is invalid, for example because it has expired; another one if there is no token or no
    /// key. Do not trust the claims then.
    pub fn verify(&self) -> Result<VerifiedToken, NativeError> {
        match self.app.client() {
            NativeClient::OAuth(client) => {
                let session = self.authenticated()?;
                let token = session.as_ref().and_then(|session| session.id_token());
                let token = token.ok_or(NativeError::NoIdToken)?;
                let keys = client
                    .key_set(client.id().as_str())
                    .map_err(NativeError::VerificationUnsupported)?;
                self.fetched(keys)?
                    .verify_id_token(token.expose_secret(), SystemTime::now())
                    .map(VerifiedToken::IdToken)
            }
            NativeClient::UserManagement(client) => {
                let token = self.access_token()?;
                self.fetched(client.key_set())?
                    .verify_access_token(token.secret().expose_secret(), SystemTime::now())
                    .map(VerifiedToken::AccessToken)
            }
        }
        .map_err(NativeError::Unverified)
    }

    fn fetched(&self, mut keys: KeySet) -> Result<KeySet, NativeError> {
        Ok(self.app.agent.send(keys.fetch(SystemTime::now()))?)
    }
}
