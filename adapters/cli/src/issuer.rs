//! A standard OAuth server, as the command line describes it.

use workos_login::Server;
use workos_login::url::Url;

use crate::error_kind::Exit;
use crate::failure::Failure;

/// The options that describe a standard OAuth server. Nothing is discovered.
#[derive(Debug, clap::Args)]
pub(crate) struct IssuerArgs {
    /// Issuer identifier of the server, exactly as the server writes it
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_ISSUER",
        hide_env_values = true,
        help_heading = HEADING,
        requires_all = ["authorization_endpoint", "token_endpoint"]
    )]
    issuer: Option<String>,

    /// Where the login page is
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING,
        requires = "issuer"
    )]
    authorization_endpoint: Option<Url>,

    /// Where a code is exchanged for tokens
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_TOKEN_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING,
        requires = "issuer"
    )]
    token_endpoint: Option<Url>,

    /// Where a login on another device begins
    #[arg(long, value_name = "URL", help_heading = HEADING, requires = "issuer")]
    device_authorization_endpoint: Option<Url>,

    /// The server names itself in each callback, so that a callback without `iss` is not believed
    #[arg(long, help_heading = HEADING, requires = "issuer")]
    advertises_iss: bool,
}

impl IssuerArgs {
    /// Returns the server that is described, if one is.
    pub(crate) fn server(&self) -> Result<Option<Server>, Failure> {
        let (Some(issuer), Some(authorization), Some(token)) = (
            &self.issuer,
            &self.authorization_endpoint,
            &self.token_endpoint,
        ) else {
            return Ok(None);
        };
        let configuration = |error| Failure::of(Exit::Configuration, &error);
        let mut server = Server::new(issuer, authorization, token).map_err(configuration)?;
        if let Some(device) = &self.device_authorization_endpoint {
            server = server
                .device_authorization_endpoint(device)
                .map_err(configuration)?;
        }
        if self.advertises_iss {
            server = server.advertises_iss();
        }
        Ok(Some(server))
    }
}

/// Where the help has these options.
pub(crate) const HEADING: &str = "A standard OAuth server instead of WorkOS";
