//! An OAuth authorization server in place of WorkOS User Management.

use workos_login::Server;
use workos_login::url::Url;

use crate::error_kind::ErrorKind;
use crate::failure::Failure;

/// The heading of these options in the help.
pub(crate) const HEADING: &str = "OAuth authorization server in place of WorkOS";

/// The options that describe an authorization server. Its metadata is not discovered.
#[derive(Debug, clap::Args)]
pub(crate) struct IssuerArgs {
    /// Issuer identifier of the authorization server, exactly as the server writes it
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_ISSUER",
        hide_env_values = true,
        help_heading = HEADING,
        requires_all = ["authorization_endpoint", "token_endpoint"]
    )]
    issuer: Option<String>,

    /// Authorization endpoint of the server
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING,
        requires = "issuer"
    )]
    authorization_endpoint: Option<Url>,

    /// Token endpoint of the server
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_TOKEN_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING,
        requires = "issuer"
    )]
    token_endpoint: Option<Url>,

    /// Device authorization endpoint of the server
    #[arg(long, value_name = "URL", help_heading = HEADING, requires = "issuer")]
    device_authorization_endpoint: Option<Url>,

    /// Reject callbacks without `iss`: the server sends it in every callback
    #[arg(long, help_heading = HEADING, requires = "issuer")]
    advertises_iss: bool,
}

impl IssuerArgs {
    /// Returns the authorization server, if the options describe one.
    pub(crate) fn server(&self) -> Result<Option<Server>, Failure> {
        let (Some(issuer), Some(authorization), Some(token)) = (
            &self.issuer,
            &self.authorization_endpoint,
            &self.token_endpoint,
        ) else {
            return Ok(None);
        };
        let configuration = |error| Failure::from_error(ErrorKind::Configuration, &error);
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
