//! The exchange of an authorization code, or of the answer to an authentication challenge, for tokens.
//!
//! [`AwaitingCallback::accept`](crate::AwaitingCallback::accept) leads in; the response leads out, to an [`Outcome`].

use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, Response};

use crate::challenge::AuthenticationChallenge;
use crate::client::{Client, ClientKind, Configuration};
use crate::error::{Error, ResponseKind};
use crate::error_codes::{Unsuccessful, classify};
use crate::exchange::{Exchange, Refused, sealed};
use crate::login::authenticated::Authenticated;
use crate::login::requirements::Requirements;
use crate::wire::grant::Grant;

/// A code exchange. Send it with an HTTP client, through [`Exchange`].
///
/// It is an in-flight state and cannot be stored. After a transport error it can be sent again: the authorization code can be
/// exchanged once, and the worst response is [`Error::InvalidGrant`].
#[derive(Debug)]
#[must_use = "the authorization code expires unless it is exchanged"]
pub struct Exchanging {
    client: Arc<Configuration>,
    grant: Grant,
    kind: ResponseKind,
    requirements: Requirements,
}

impl Exchanging {
    pub(crate) fn new<A: ClientKind>(
        client: &Client<A>,
        grant: Grant,
        kind: ResponseKind,
        requirements: Requirements,
    ) -> Self {
        Self {
            client: client.configuration().clone(),
            grant,
            kind,
            requirements,
        }
    }
}

impl Exchange for Exchanging {
    type Output = Outcome;

    fn request(&self) -> Request<Vec<u8>> {
        self.client.token_request(&self.grant)
    }

    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Outcome, Refused<Self>> {
        // The code is kept until the response is understood. Whether it was used is known to the service only, so a state that is
        // sent again risks an `invalid_grant` and nothing else (RFC 6749 section 4.1.2).
        let outcome = match classify(&response, &self.client.binding, self.kind, now) {
            Ok(reply) => Authenticated::read(&reply, &self.client, &self.requirements, now)
                .map(|session| Outcome::Authenticated(Box::new(session)))
                .map_err(Error::from),
            Err(Unsuccessful::AuthenticationChallenge(challenge)) => {
                let since = self.requirements.authenticated_since;
                let challenge = challenge.authenticated_since(since);
                Ok(Outcome::AuthenticationChallenge(Box::new(challenge)))
            }
            Err(refusal) => Err(refusal.into()),
        };
        outcome.map_err(|error| Refused::new(self, error))
    }
}

impl sealed::Sealed for Exchanging {}

/// The outcome of a login.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The user is logged in.
    Authenticated(Box<Authenticated>),
    /// The service requires an authentication challenge.
    AuthenticationChallenge(Box<AuthenticationChallenge>),
}

impl Outcome {
    /// Returns the session, for callers that do not handle authentication challenges.
    ///
    /// # Errors
    ///
    /// [`Error::AuthenticationChallenge`] with the challenge.
    pub fn authenticated(self) -> Result<Authenticated, Error> {
        match self {
            Self::Authenticated(session) => Ok(*session),
            Self::AuthenticationChallenge(challenge) => {
                Err(Error::AuthenticationChallenge(challenge))
            }
        }
    }
}
