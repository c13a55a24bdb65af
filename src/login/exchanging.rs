//! The code, or the answer to a step-up, is on its way to the service.
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
use crate::wire::grant::Grant;

/// A code that is to be exchanged for tokens. Send it with an adapter, or through [`Exchange`].
///
/// It is not stored: it lives as long as one exchange takes. When the answer is lost it can be sent again without
/// harm: the code is good for one answer, and the worst one is [`Error::InvalidGrant`].
#[derive(Debug)]
#[must_use = "a code is good for some minutes only: send it"]
pub struct Exchanging {
    client: Arc<Configuration>,
    grant: Grant,
    purpose: ResponseKind,
}

impl Exchanging {
    pub(crate) fn new<A: ClientKind>(
        client: &Client<A>,
        grant: Grant,
        purpose: ResponseKind,
    ) -> Self {
        Self {
            client: client.configuration().clone(),
            grant,
            purpose,
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
        let outcome = match classify(&response, self.purpose, now) {
            Ok(reply) => Authenticated::read(&reply, &self.client, now)
                .map(|session| Outcome::Authenticated(Box::new(session)))
                .map_err(Error::from),
            Err(Unsuccessful::AuthenticationChallenge(step)) => {
                Ok(Outcome::AuthenticationChallenge(step))
            }
            Err(refusal) => Err(refusal.into()),
        };
        outcome.map_err(|error| Refused::new(self, error))
    }
}

impl sealed::Sealed for Exchanging {}

/// Where a login has got to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The user is logged in.
    Authenticated(Box<Authenticated>),
    /// The service asks for one more step.
    AuthenticationChallenge(Box<AuthenticationChallenge>),
}

impl Outcome {
    /// Returns the session, for a caller that does not handle step-ups.
    ///
    /// # Errors
    ///
    /// [`Error::AuthenticationChallenge`] with the step inside.
    pub fn authenticated(self) -> Result<Authenticated, Error> {
        match self {
            Self::Authenticated(session) => Ok(*session),
            Self::AuthenticationChallenge(step) => Err(Error::AuthenticationChallenge(step)),
        }
    }
}
