//! The adapters under test, as one type.

use std::error;
use std::fmt;
use std::io;

use tokio::runtime::{self, Runtime};
use workos_login::keys::{IdClaims, KeySet, Verified};
use workos_login::{BlockingHttpClient, Error, Exchange, HttpClient, SendError};
use workos_login_verify::{BlockingTokenVerifier, TokenVerifier};

use crate::checks::Result;

/// An HTTP adapter with its client.
pub(crate) enum Adapter {
    Hyper(Runtime, workos_login_hyper::Client),
    Reqwest(Runtime, workos_login_reqwest::Client),
    Ureq(workos_login_ureq::Agent),
}

impl Adapter {
    pub(crate) fn hyper() -> Result<Self> {
        Ok(Self::Hyper(runtime()?, workos_login_hyper::client()?))
    }

    pub(crate) fn reqwest() -> Result<Self> {
        Ok(Self::Reqwest(runtime()?, workos_login_reqwest::client()?))
    }

    pub(crate) fn ureq() -> Result<Self> {
        Ok(Self::Ureq(workos_login_ureq::agent()))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Hyper(..) => "hyper:  ",
            Self::Reqwest(..) => "reqwest:",
            Self::Ureq(_) => "ureq:   ",
        }
    }

    /// Sends an exchange. The error is an `Error` of the core if there was a response.
    pub(crate) fn send<E: Exchange>(&self, exchange: E) -> Result<E::Output> {
        match self {
            Self::Hyper(runtime, client) => runtime.block_on(client.send(exchange)).map_err(error),
            Self::Reqwest(runtime, client) => {
                runtime.block_on(client.send(exchange)).map_err(error)
            }
            Self::Ureq(agent) => agent.send(exchange).map_err(error),
        }
    }

    /// Verifies an ID token with the keys of its issuer, which are fetched first.
    pub(crate) fn verify_id_token(&self, keys: KeySet, token: &str) -> Result<Verified<IdClaims>> {
        let verified = match self {
            Self::Hyper(runtime, client) => {
                let verifier = TokenVerifier::new(keys, client.clone());
                runtime.block_on(verifier.verify_id_token(token))
            }
            Self::Reqwest(runtime, client) => {
                let verifier = TokenVerifier::new(keys, client.clone());
                runtime.block_on(verifier.verify_id_token(token))
            }
            Self::Ureq(agent) => {
                BlockingTokenVerifier::new(keys, agent.clone()).verify_id_token(token)
            }
        };
        Ok(verified?)
    }
}

fn runtime() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}

fn error<E, T: fmt::Debug>(error: SendError<E, T>) -> Box<dyn error::Error> {
    match error {
        SendError::Refused(refused) => Error::from(refused).into(),
        SendError::Transport(lost) => format!("the response was lost: {:?}", lost.source()).into(),
    }
}
