//! The discovery of an authorization server, within the limits of a login.

use workos_login::{Client, ClientId, Discovery, Server};
use workos_login_ureq::agent;

use crate::error::NativeError;
use crate::login::context::Context;
use crate::login::options::Login;
use crate::native_client::NativeClient;

impl NativeClient {
    /// Discovers an authorization server by its issuer, and makes a client of it. It blocks.
    ///
    /// The [`Server`](Client::server) of the client can be stored, so that a later process sends no request.
    ///
    /// # Errors
    ///
    /// [`NativeError::InvalidIssuer`], or the server publishes no metadata of this issuer.
    pub fn discover(id: ClientId, issuer: &str) -> Result<Self, NativeError> {
        Self::discover_with(id, issuer, |login| login)
    }

    /// Discovers an authorization server within the timeout of a login; retries are reported as its events.
    ///
    /// # Errors
    ///
    /// As for [`discover`](Self::discover).
    pub fn discover_with<'a>(
        id: ClientId,
        issuer: &str,
        options: impl FnOnce(Login<'a>) -> Login<'a>,
    ) -> Result<Self, NativeError> {
        let mut discovering = Server::discover(issuer).map_err(NativeError::InvalidIssuer)?;
        let mut context = Context::new(agent(), options(Login::new()));
        loop {
            match context.send(discovering)? {
                Discovery::Found(server) => return Ok(Client::oauth(id, server).into()),
                Discovery::Next(next) => discovering = next,
            }
        }
    }
}
