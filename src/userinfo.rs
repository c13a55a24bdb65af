//! Userinfo: what an authorization server tells about the user of a session (OpenID Connect Core section 5.3).
//!
//! [`Authenticated::fetch_user_info`] leads in; the response leads back, to an [`Authenticated`] with the user's data.

use std::time::SystemTime;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, Uri};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::client::{Client, OAuth};
use crate::error::{ClientError, ClientErrorKind, Error, MalformedKind, ResponseKind};
use crate::error_codes::classify_other;
use crate::exchange::{Exchange, Refused, sealed};
use crate::login::authenticated::Authenticated;
use crate::user::User;
use crate::wire::request::get;
use crate::wire::standard::IdClaims;

impl Authenticated {
    /// Prepares a userinfo request, for servers whose ID token says little about the user.
    ///
    /// The access token is sent, so it should not have [expired](Self::expires_in).
    ///
    /// # Errors
    ///
    /// [`Error::Client`] if the session is bound to another client, or the server has [no userinfo
    /// endpoint](crate::Server::userinfo_endpoint). The session is returned unchanged.
    pub fn fetch_user_info(
        self,
        client: &Client<OAuth>,
    ) -> Result<FetchingUserInfo, Refused<Self>> {
        if let Err(error) = self.bound_to(client) {
            return Err(Refused::new(self, error));
        }
        match client.server().userinfo.clone() {
            Some(endpoint) => Ok(FetchingUserInfo {
                endpoint,
                session: Box::new(self),
            }),
            None => {
                let error = ClientError(ClientErrorKind::NoUserInfoEndpoint);
                Err(Refused::new(self, error))
            }
        }
    }
}

/// A userinfo request. Send it with an HTTP client, through [`Exchange`].
///
/// Its output is the session with the user's data. The [subject](User::id) must be that of the ID token; a session without an ID token
/// gets its user here. Data that the response lacks is kept. Only a response in JSON is read, not a signed one (`application/jwt`).
#[derive(Debug)]
#[must_use = "it contains the session"]
pub struct FetchingUserInfo {
    endpoint: Uri,
    session: Box<Authenticated>,
}

impl FetchingUserInfo {
    /// Returns the session, unchanged.
    #[must_use]
    pub fn into_session(self) -> Authenticated {
        *self.session
    }

    fn read(&self, response: &Response<impl AsRef<[u8]>>, now: SystemTime) -> Result<User, Error> {
        let reply = classify_other(response, ResponseKind::UserInfo, now)?;
        let claims: IdClaims = reply.json()?;
        let user = claims.into_user();
        let user = user.ok_or_else(|| reply.malformed(MalformedKind::Missing("sub")))?;
        match self.session.user() {
            // OpenID Connect Core section 5.3.2: otherwise nothing of the response must be used.
            Some(before) if before.id() != user.id() => {
                Err(reply.malformed(MalformedKind::OtherUser).into())
            }
            // The response has only the claims of the granted scope. What it omits is kept.
            Some(before) => Ok(before.clone().updated_by(user)),
            None => Ok(user),
        }
    }
}

impl Exchange for FetchingUserInfo {
    type Output = Authenticated;

    fn request(&self) -> Request<Vec<u8>> {
        let token = self.session.access_token().expose_secret();
        let bearer = Zeroizing::new(format!("Bearer {token}"));
        let mut bearer = HeaderValue::from_str(&bearer)
            .expect("the access token of a session was checked to be valid in a header");
        // HTTP clients omit a sensitive header in their logs and do not put it into a compression table.
        bearer.set_sensitive(true);
        let mut request = get(&self.endpoint, "application/json");
        request.headers_mut().insert(AUTHORIZATION, bearer);
        request
    }

    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Authenticated, Refused<Self>> {
        match self.read(&response, now) {
            Ok(user) => Ok(self.session.with_user(user)),
            Err(error) => Err(Refused::new(self, error)),
        }
    }
}

impl sealed::Sealed for FetchingUserInfo {}
