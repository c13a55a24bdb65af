//! An OAuth authorization server in place of WorkOS User Management.
//!
//! The issuer is enough: what sends a request discovers the server first. What only reads or removes a stored session needs no endpoint,
//! and sends no request.

use workos_login::url::Url;
use workos_login::{Discovering, Discovery, InvalidEndpoint, Server};

use crate::error_kind::ErrorKind;
use crate::failure::Failure;

/// The heading of these options in the help.
pub(crate) const HEADING: &str = "OAuth authorization server in place of WorkOS";

/// The options that describe an authorization server. Its metadata is discovered unless both endpoints of a login are set.
#[derive(Debug, clap::Args)]
pub(crate) struct IssuerArgs {
    /// Issuer identifier of the authorization server, exactly as the server writes it
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_ISSUER",
        hide_env_values = true,
        help_heading = HEADING
    )]
    issuer: Option<String>,

    /// Authorization endpoint of the server, in place of the discovered one
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING,
        requires = "issuer"
    )]
    authorization_endpoint: Option<Url>,

    /// Token endpoint of the server, in place of the discovered one
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_TOKEN_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING,
        requires = "issuer"
    )]
    token_endpoint: Option<Url>,

    /// Device authorization endpoint of the server, in place of the discovered one
    #[arg(long, value_name = "URL", help_heading = HEADING, requires = "issuer")]
    device_authorization_endpoint: Option<Url>,

    /// Reject callbacks without `iss`: the server sends it in every callback
    #[arg(long, help_heading = HEADING, requires = "issuer")]
    advertises_iss: bool,
}

impl IssuerArgs {
    /// Returns whether the endpoints have to be discovered before a request can be sent.
    pub(crate) fn needs_discovery(&self) -> bool {
        self.issuer.is_some()
            && (self.authorization_endpoint.is_none() || self.token_endpoint.is_none())
    }

    /// Returns the authorization server as the options describe it, if they describe one. Sends no request.
    ///
    /// A request to an endpoint that is not set fails.
    pub(crate) fn server(&self) -> Result<Option<Server>, Failure> {
        let Some(issuer) = &self.issuer else {
            return Ok(None);
        };
        if self.needs_discovery() {
            // An issuer that cannot be discovered is reported by each command.
            drop(Server::discover(issuer).map_err(configuration)?);
        }
        // No host has a name in `.invalid` (RFC 6761 section 6.4).
        let unknown = Url::parse("https://endpoint.invalid").expect("the text is a URL");
        let server = Server::new(issuer, &unknown, &unknown).map_err(configuration)?;
        self.with_options(server).map(Some)
    }

    /// Discovers the authorization server, if that is necessary. The options replace what was discovered.
    pub(crate) fn discover(
        &self,
        mut send: impl FnMut(Discovering) -> Result<Discovery, Failure>,
    ) -> Result<Option<Server>, Failure> {
        let Some(issuer) = self.issuer.as_ref().filter(|_| self.needs_discovery()) else {
            return Ok(None);
        };
        let mut discovering = Server::discover(issuer).map_err(configuration)?;
        let server = loop {
            match send(discovering).map_err(with_remedy)? {
                Discovery::Found(server) => break server,
                Discovery::Next(next) => discovering = next,
            }
        };
        self.with_options(server).map(Some)
    }

    fn with_options(&self, mut server: Server) -> Result<Server, Failure> {
        if let Some(url) = &self.authorization_endpoint {
            server = server.authorization_endpoint(url).map_err(configuration)?;
        }
        if let Some(url) = &self.token_endpoint {
            server = server.token_endpoint(url).map_err(configuration)?;
        }
        if let Some(url) = &self.device_authorization_endpoint {
            server = server
                .device_authorization_endpoint(url)
                .map_err(configuration)?;
        }
        if self.advertises_iss {
            server = server.advertises_iss();
        }
        Ok(server)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn configuration(error: InvalidEndpoint) -> Failure {
    Failure::from_error(ErrorKind::Configuration, &error)
}

/// Names the options that a failed discovery depends on, unless a later one can succeed.
fn with_remedy(failure: Failure) -> Failure {
    match failure.kind() {
        ErrorKind::Unavailable | ErrorKind::Expired => failure,
        _ => failure
            .hint("check --issuer: it must be exactly the issuer that the server publishes")
            .hint(
                "for a server without metadata, set --authorization-endpoint and --token-endpoint",
            ),
    }
}
