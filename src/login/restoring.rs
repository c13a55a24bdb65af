//! The first refresh of an application that has no session, by the cookie of the service or by a refresh token that was kept alone.
//!
//! [`Client::restore`] and [`Client::restore_by_token`] lead in; the response leads out, to [`Authenticated`]. It is a state of its own, because a
//! [`Refreshing`](crate::Refreshing) has a session whose user and organization the response must match.

use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, Response};
use secrecy::SecretString;

use crate::client::{Client, Configuration, Public};
use crate::error::{Error, MalformedKind, ResponseKind};
use crate::error_codes::classify;
use crate::exchange::{Exchange, Refused, sealed};
use crate::ids::OrganizationId;
use crate::login::authenticated::Authenticated;
use crate::login::requirements::Requirements;
use crate::wire::grant::Grant;

impl Client<Public> {
    /// Prepares a refresh without a session: the service finds the refresh token in its cookie.
    ///
    /// It is for the start of an application in a browser, with [`refresh_cookie`](Self::refresh_cookie). Without `organization`,
    /// the session keeps the organization that it has at the service. An [`InvalidGrant`](Error::InvalidGrant) means that there is no
    /// session: the user has to log in.
    pub fn restore(&self, organization: Option<&OrganizationId>) -> Restoring {
        self.restoring(None, organization)
    }

    /// Prepares a refresh without a session, by a refresh token that was kept alone.
    ///
    /// Store the whole [`Authenticated`] where that is possible: then a session manager repeats a refresh whose response was lost.
    /// Without `organization`, the session keeps the organization that it has at the service.
    pub fn restore_by_token(
        &self,
        refresh_token: SecretString,
        organization: Option<&OrganizationId>,
    ) -> Restoring {
        self.restoring(Some(refresh_token), organization)
    }

    fn restoring(
        &self,
        refresh_token: Option<SecretString>,
        organization: Option<&OrganizationId>,
    ) -> Restoring {
        let organization_id = organization.map(|id| id.as_str().into());
        Restoring {
            client: self.configuration().clone(),
            grant: Grant::refresh_token(refresh_token, organization_id),
            organization: organization.cloned(),
        }
    }
}

/// A refresh without a session. Send it through [`Exchange`]; if it is by the cookie of the service, with cookies.
#[derive(Debug)]
#[must_use = "nothing is restored until it is sent"]
pub struct Restoring {
    client: Arc<Configuration>,
    grant: Grant,
    organization: Option<OrganizationId>,
}

impl Restoring {
    fn read(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Authenticated, Error> {
        let reply = classify(response, &self.client.binding, ResponseKind::Refresh, now)?;
        let session = Authenticated::read(&reply, &self.client, &Requirements::default(), now)?;
        let other = self.organization.is_some() && session.organization_id != self.organization;
        if other {
            return Err(reply.malformed(MalformedKind::OtherOrganization).into());
        }
        Ok(session)
    }
}

impl Exchange for Restoring {
    type Output = Authenticated;

    fn request(&self) -> Request<Vec<u8>> {
        self.client.token_request(&self.grant)
    }

    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Authenticated, Refused<Self>> {
        self.read(&response, now)
            .map_err(|error| Refused::new(self, error))
    }
}

impl sealed::Sealed for Restoring {}
