//! The adapters under test, as one type.

use std::error;
use std::fmt;
use std::io;

use tokio::runtime::{self, Runtime};
use workos_login::{Error, Exchange, SendError};
use workos_login_hyper::http_body_util::Full;
use workos_login_hyper::hyper::body::Bytes;
use workos_login_hyper::hyper_rustls::HttpsConnector;
use workos_login_hyper::hyper_util::client::legacy::{Client, connect::HttpConnector};
use workos_login_reqwest::reqwest;
use workos_login_ureq::ureq;

use crate::checks::Result;

/// An HTTP adapter with its client.
pub(crate) enum Adapter {
    Hyper(Runtime, Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
    Reqwest(Runtime, reqwest::Client),
    Ureq(ureq::Agent),
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
            Self::Hyper(runtime, client) => runtime
                .block_on(workos_login_hyper::send(client, exchange))
                .map_err(error),
            Self::Reqwest(runtime, client) => runtime
                .block_on(workos_login_reqwest::send(client, exchange))
                .map_err(error),
            Self::Ureq(agent) => workos_login_ureq::send(agent, exchange).map_err(error),
        }
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
