//! Revocation: the end of a session at an authorization server (RFC 7009).
//!
//! [`Authenticated::revoke`] leads in. The response leads out, and no state follows.

use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, Response, Uri};
use secrecy::ExposeSecret;

use crate::client::{Client, OAuth};
use crate::client_binding::ClientBinding;
use crate::error::{ClientError, ClientErrorKind, ResponseKind};
use crate::error_codes::classify_other;
use crate::exchange::{Exchange, Refused, sealed};
use crate::login::authenticated::Authenticated;
use crate::wire::request::{Encoding, post};
use crate::wire::revocation::{TokenType, revocation_request};

impl Authenticated {
    /// Prepares the revocation of the refresh token, or of the access token of a session that has no other.
    ///
    /// It ends the session at the authorization server; most servers revoke the access tokens with it (RFC 7009 section 2.1). An access
    /// token that a resource server verifies by itself remains valid until it expires. The user's session in the browser does not end: see
    /// [`end_session_url`](Self::end_session_url). Remove the stored session first, because the request may fail.
    ///
    /// # Errors
    ///
    /// [`Error::Client`](crate::Error::Client) if the session is bound to another client, or the server has [no revocation
    /// endpoint](crate::Server::revocation_endpoint). The session is returned unchanged.
    pub fn revoke(self, client: &Client<OAuth>) -> Result<Revoking, Refused<Self>> {
        if let Err(error) = self.bound_to(client) {
            return Err(Refused::new(self, error));
        }
        match client.server().revocation.clone() {
            Some(endpoint) => Ok(Revoking {
                client: client.binding().clone(),
                endpoint,
                session: Box::new(self),
            }),
            None => {
                let error = ClientError(ClientErrorKind::NoRevocationEndpoint);
                Err(Refused::new(self, error))
            }
        }
    }
}

/// A revocation. Send it with an HTTP client, through [`Exchange`].
///
/// It can be sent again after a transport error: the revocation of a token that is not valid succeeds (RFC 7009 section 2.2).
#[derive(Debug)]
#[must_use = "nothing is revoked until it is sent"]
pub struct Revoking {
    client: Arc<ClientBinding>,
    endpoint: Uri,
    session: Box<Authenticated>,
}

impl Revoking {
    /// Returns the session, unchanged.
    #[must_use]
    pub fn into_session(self) -> Authenticated {
        *self.session
    }
}

impl Exchange for Revoking {
    type Output = ();

    fn request(&self) -> Request<Vec<u8>> {
        let (token, kind) = match self.session.refresh_token() {
            // A server should also invalidate the access tokens of the grant (RFC 7009 section 2.1). The reverse is optional.
            Some(token) => (token, TokenType::RefreshToken),
            None => (self.session.access_token(), TokenType::AccessToken),
        };
        let client_id = self.client.client_id.as_str();
        let fields = revocation_request(token.expose_secret(), kind, client_id);
        post(&self.endpoint, Encoding::Form, &fields)
    }

    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<(), Refused<Self>> {
        match classify_other(&response, ResponseKind::Revocation, now) {
            // Also for a token that was not valid, because the purpose is achieved (RFC 7009 section 2.2).
            Ok(_) => Ok(()),
            // After a 503 the token must be assumed to exist still (section 2.2.1), so the session is returned with it.
            Err(error) => Err(Refused::new(self, error)),
        }
    }
}

impl sealed::Sealed for Revoking {}
