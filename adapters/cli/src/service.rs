//! The options that select the client and the service: WorkOS User Management, or with `--issuer` an OAuth authorization server.
//!
//! Both are public clients, so no option and no environment variable holds a secret. The issuer of a server is enough: `login` discovers
//! its endpoints, and the index keeps them for later commands. What only reads or removes a stored session needs no endpoint.

use workos_login::url::Url;
use workos_login::{Client, ClientId, InvalidEndpoint, Server};
use workos_login_native::{Login, NativeClient};

use crate::error_kind::ErrorKind;
use crate::failure::Failure;

/// The options that select the client and the service.
#[derive(Debug, clap::Args)]
pub(crate) struct ServiceArgs {
    /// Client id of the application, client_… in the WorkOS dashboard
    #[arg(
        long,
        value_name = "ID",
        env = "WORKOS_CLIENT_ID",
        hide_env_values = true
    )]
    pub(crate) client_id: Option<String>,

    /// Base URL of the service, if it is not that of api.workos.com
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_BASE_URL",
        hide_env_values = true
    )]
    pub(crate) base_url: Option<String>,

    /// Issuer of an OAuth authorization server in place of WorkOS, exactly as the server writes it
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_ISSUER",
        hide_env_values = true
    )]
    pub(crate) issuer: Option<String>,

    /// Authorization endpoint of the server, in place of the discovered one
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
        hide_env_values = true,
        hide_short_help = true
    )]
    authorization_endpoint: Option<Url>,

    /// Token endpoint of the server, in place of the discovered one
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_LOGIN_TOKEN_ENDPOINT",
        hide_env_values = true,
        hide_short_help = true
    )]
    token_endpoint: Option<Url>,

    /// Device authorization endpoint of the server, in place of the discovered one
    #[arg(long, value_name = "URL", hide_short_help = true)]
    device_authorization_endpoint: Option<Url>,

    /// Reject callbacks without `iss`: the server sends it in every callback
    #[arg(long, hide_short_help = true)]
    advertises_iss: bool,
}

impl ServiceArgs {
    /// Returns whether an option describes a part of an authorization server.
    pub(crate) fn describes_server(&self) -> bool {
        self.authorization_endpoint.is_some()
            || self.token_endpoint.is_some()
            || self.device_authorization_endpoint.is_some()
            || self.advertises_iss
    }

    /// Returns whether both endpoints of a login are set, so that nothing is discovered.
    fn has_endpoints(&self) -> bool {
        self.authorization_endpoint.is_some() && self.token_endpoint.is_some()
    }

    /// Returns the server with the options in place of what was discovered.
    fn overridden(&self, mut server: Server) -> Result<Server, Failure> {
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

/// The client and the service of a command: from its options, or else as an earlier login left them in the index.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) client: NativeClient,
    /// Whether the endpoints of the server are unknown. Then the client can only load and remove a session.
    pub(crate) needs_discovery: bool,
}

impl Service {
    /// Makes the client of WorkOS User Management, or of the service at this base URL.
    pub(crate) fn work_os(id: Option<&str>, base_url: Option<&str>) -> Result<Self, Failure> {
        Ok(Self {
            client: user_management(id.ok_or_else(no_client_id)?, base_url)?.into(),
            needs_discovery: false,
        })
    }

    /// Makes the client of the server with this issuer, whose endpoints are known from an earlier discovery or from the options.
    pub(crate) fn server(
        id: Option<&str>,
        issuer: &str,
        known: Option<&Server>,
        args: &ServiceArgs,
    ) -> Result<Self, Failure> {
        let needs_discovery = known.is_none() && !args.has_endpoints();
        let server = match known {
            Some(server) => server.clone(),
            None => unknown(issuer, needs_discovery)?,
        };
        // The error of the core names the WorkOS dashboard.
        let id: Option<ClientId> = id.and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| {
            Failure::new(
                ErrorKind::Configuration,
                "no valid client id; set --client-id or the environment variable WORKOS_CLIENT_ID to the id that the \
                 authorization server issued for this program",
            )
        })?;
        Ok(Self {
            client: Client::oauth(id, args.overridden(server)?).into(),
            needs_discovery,
        })
    }

    /// Discovers the server. The options replace what was discovered, unless they make it unnecessary.
    pub(crate) fn discover<'a>(
        self,
        args: &ServiceArgs,
        options: impl FnOnce(Login<'a>) -> Login<'a>,
    ) -> Result<Self, Failure> {
        let NativeClient::OAuth(client) = &self.client else {
            return Ok(self);
        };
        if args.has_endpoints() {
            return Ok(self);
        }
        let discovered = NativeClient::discover_with(client.id().clone(), client.issuer(), options);
        match discovered.map_err(|error| with_remedy(error.into()))? {
            NativeClient::OAuth(client) => {
                let server = args.overridden(client.server().clone())?;
                Ok(Self {
                    client: Client::oauth(client.id().clone(), server).into(),
                    needs_discovery: false,
                })
            }
            client @ NativeClient::UserManagement(_) => Ok(Self {
                client,
                needs_discovery: false,
            }),
        }
    }
}

/// Makes a client of WorkOS User Management, or of the service at `base_url`.
pub(crate) fn user_management(id: &str, base_url: Option<&str>) -> Result<Client, Failure> {
    let id: ClientId = id
        .parse()
        .map_err(|error| Failure::from_error(ErrorKind::Configuration, &error))?;
    let client = Client::public(id);
    let Some(base_url) = base_url else {
        return Ok(client);
    };
    let url = Url::parse(base_url).map_err(|error| {
        Failure::new(
            ErrorKind::Configuration,
            "the base URL is invalid; it must be absolute, with https://",
        )
        .caused_by(&error)
    })?;
    client
        .base_url(url)
        .map_err(|error| Failure::from_error(ErrorKind::Configuration, &error))
}

/// Makes a server of which only the issuer is known. A request to another endpoint than those of the options fails.
fn unknown(issuer: &str, needs_discovery: bool) -> Result<Server, Failure> {
    if needs_discovery {
        // An issuer that cannot be discovered is reported by each command.
        drop(Server::discover(issuer).map_err(configuration)?);
    }
    // No host has a name in `.invalid` (RFC 6761 section 6.4).
    let endpoint = Url::parse("https://endpoint.invalid").expect("the text is a URL");
    Server::new(issuer, &endpoint, &endpoint).map_err(configuration)
}

fn no_client_id() -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        "no client id; copy that of your application (client_…) from the WorkOS dashboard and set --client-id or the \
         environment variable WORKOS_CLIENT_ID; for a login without an account, run workos-login login --demo",
    )
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn configuration(error: InvalidEndpoint) -> Failure {
    Failure::from_error(ErrorKind::Configuration, &error)
}

/// Names the options that a failed discovery depends on, unless a later one can succeed.
fn with_remedy(failure: Failure) -> Failure {
    match failure.kind() {
        ErrorKind::Unavailable | ErrorKind::Expired | ErrorKind::Configuration => failure,
        _ => failure
            .hint("check --issuer: it must be exactly the issuer that the server publishes")
            .hint(
                "for a server without metadata, set --authorization-endpoint and --token-endpoint",
            ),
    }
}
