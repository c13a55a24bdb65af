//! The refresh of a session, with or without a switch of the organization.
//!
//! [`Authenticated::refresh`] and [`Authenticated::switch_organization`] lead in; the response leads back, to a new
//! [`Authenticated`].
//!
//! A refresh specifies the organization of the session, because the service could select another one otherwise. A response for
//! another user or another organization is rejected, but in the second case its refresh token is kept: the service may have rotated
//! it, and then the old one is used.

use std::mem;
use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, Response};

use crate::client::{Client, ClientKind, Configuration, Organizations};
use crate::error::{ClientError, ClientErrorKind, Error, MalformedKind, ResponseKind};
use crate::error_codes::{Unsuccessful, classify};
use crate::exchange::{Exchange, Refused, sealed};
use crate::ids::OrganizationId;
use crate::login::authenticated::Authenticated;
use crate::login::refresh_credential::RefreshCredential;
use crate::service::Service;
use crate::user::User;
use crate::wire::grant::Grant;

impl Authenticated {
    /// Prepares a refresh. It specifies the session's own organization, and never changes it.
    ///
    /// # Errors
    ///
    /// [`Error::Client`] if the session is bound to another client or has no refresh token. The session is returned unchanged.
    pub fn refresh<K: ClientKind>(self, client: &Client<K>) -> Result<Refreshing, Refused<Self>> {
        match self.check_refresh(client) {
            Ok(()) => Ok(Refreshing::new(self, client, None)),
            Err(error) => Err(Refused::new(self, error)),
        }
    }

    /// Prepares a refresh that switches the session to `organization`, of which the user must be a member.
    ///
    /// If the service rejects the switch or responds with an authentication challenge, the session does not change.
    ///
    /// # Errors
    ///
    /// [`Error::Client`] if the session is bound to another client, has no refresh token, or is one of an authorization server,
    /// which has no organizations. The session is returned unchanged.
    pub fn switch_organization<K: Organizations>(
        self,
        client: &Client<K>,
        organization: &OrganizationId,
    ) -> Result<Refreshing, Refused<Self>> {
        let checked = self
            .check_refresh(client)
            .and_then(|()| match client.service() {
                // `Client<Any>` is the only kind that can get here with an authorization server.
                Service::OAuth(_) => Err(ClientError(ClientErrorKind::NoOrganizations)),
                Service::UserManagement(_) => Ok(()),
            });
        match checked {
            Ok(()) => Ok(Refreshing::new(self, client, Some(organization.clone()))),
            Err(error) => Err(Refused::new(self, error)),
        }
    }

    fn check_refresh<K: ClientKind>(&self, client: &Client<K>) -> Result<(), ClientError> {
        self.bound_to(client)?;
        match self.refresh_credential {
            RefreshCredential::Token(_) | RefreshCredential::Cookie => Ok(()),
            RefreshCredential::None => Err(ClientError(ClientErrorKind::NoRefreshToken)),
        }
    }
}

/// A refresh. Send it with an HTTP client, through [`Exchange`].
///
/// It is an in-flight state, and [`into_session`](Self::into_session) returns the session after an error. Whether a refresh can be
/// retried after a transport error depends on the time since it was sent: the session machine in `workos-login-session` decides it.
#[derive(Debug)]
#[must_use = "it contains the session"]
pub struct Refreshing {
    client: Arc<Configuration>,
    grant: Grant,
    session: Box<Authenticated>,
    /// The organization of a switch.
    switch_to: Option<OrganizationId>,
}

impl Refreshing {
    pub(crate) fn new<K: ClientKind>(
        session: Authenticated,
        client: &Client<K>,
        switch_to: Option<OrganizationId>,
    ) -> Self {
        let organization = match client.service() {
            // RFC 6749 section 6 has `scope` only, and an omitted one stands for the scope that was granted.
            Service::OAuth(_) => None,
            // The session helpers of the official SDKs send the current organization, too.
            Service::UserManagement(_) => switch_to.as_ref().or(session.organization_id.as_ref()),
        };
        let grant = Grant::refresh_token(
            session.refresh_token().cloned(),
            organization.map(|organization| organization.as_str().into()),
        );
        Self {
            client: client.configuration().clone(),
            grant,
            session: Box::new(session),
            switch_to,
        }
    }

    /// Returns the session that was not refreshed.
    ///
    /// It is unchanged, except after a [response for another organization](crate::Malformed::is_other_organization): then it has the
    /// refresh token of the response, because the old one may be used.
    #[must_use]
    pub fn into_session(self) -> Authenticated {
        *self.session
    }

    fn kind(&self) -> ResponseKind {
        if self.switch_to.is_some() {
            ResponseKind::OrganizationSwitch
        } else {
            ResponseKind::Refresh
        }
    }

    fn read(
        &mut self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Authenticated, Error> {
        let expected = self
            .switch_to
            .as_ref()
            .or(self.session.organization_id.as_ref());
        let reply =
            classify(response, &self.client.binding, self.kind(), now).map_err(|refusal| {
                match refusal {
                    // The response does not name the organization, and the login that continues the challenge must lead to it.
                    Unsuccessful::AuthenticationChallenge(challenge) => {
                        Error::AuthenticationChallenge(Box::new(
                            challenge.in_organization(expected),
                        ))
                    }
                    refusal => refusal.into(),
                }
            })?;
        let mut fresh = self.session.read_refreshed(&reply, &self.client, now)?;
        let id = self.session.user().map(User::id);
        // The user is compared first, because nothing of a response for another user must be kept, not even its refresh token. A
        // session of an authorization server may not have a user yet; then the response may name one.
        if id.is_some() && fresh.user().map(User::id) != id {
            return Err(reply.malformed(MalformedKind::OtherUser).into());
        }
        if fresh.organization_id.as_ref() != expected {
            // The service has processed the refresh and may have rotated the token. The old one could then trigger the reuse detection,
            // which ends the session (RFC 9700 section 4.14.2).
            mem::swap(
                &mut self.session.refresh_credential,
                &mut fresh.refresh_credential,
            );
            return Err(reply.malformed(MalformedKind::OtherOrganization).into());
        }
        Ok(fresh)
    }
}

impl Exchange for Refreshing {
    type Output = Authenticated;

    fn request(&self) -> Request<Vec<u8>> {
        self.client.token_request(&self.grant)
    }

    fn response(
        mut self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Authenticated, Refused<Self>> {
        self.read(&response, now)
            .map_err(|error| Refused::new(self, error))
    }
}

impl sealed::Sealed for Refreshing {}
