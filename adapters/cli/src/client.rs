//! The client: the application that logs in, and its service.
//!
//! With `--issuer`, it is a client of that authorization server, otherwise one of WorkOS User Management. Both are public clients, so no
//! option and no environment variable holds a secret.

use workos_login::url::Url;
use workos_login::{Any, Client, ClientId, Discovering, Discovery, OAuth, Scope, Server};

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::issuer::IssuerArgs;

/// The options that select the client and the service.
#[derive(Debug, clap::Args)]
pub(crate) struct ClientArgs {
    /// Client id of the application, client_… in the WorkOS dashboard
    #[arg(
        long,
        value_name = "ID",
        env = "WORKOS_CLIENT_ID",
        hide_env_values = true
    )]
    client_id: Option<String>,

    /// Base URL of the service, if it is not that of api.workos.com
    #[arg(
        long,
        value_name = "URL",
        env = "WORKOS_BASE_URL",
        hide_env_values = true
    )]
    base_url: Option<String>,

    #[command(flatten)]
    issuer: IssuerArgs,
}

/// A public client of either service.
#[derive(Clone, Debug)]
pub(crate) enum AnyClient {
    /// Of an OAuth authorization server, with the scope to request unless an option names another.
    OAuth(Client<OAuth>, Scope),
    /// Of WorkOS User Management.
    UserManagement(Client),
}

impl AnyClient {
    /// Returns the client as one of any kind.
    pub(crate) fn erase(&self) -> Client<Any> {
        match self {
            Self::OAuth(client, _) => client.clone().into(),
            Self::UserManagement(client) => client.clone().into(),
        }
    }
}

impl ClientArgs {
    /// Returns whether the server has to be discovered before a request can be sent.
    pub(crate) fn needs_discovery(&self) -> bool {
        self.issuer.needs_discovery()
    }

    /// Makes the selected client, after the discovery of its server if that is necessary.
    pub(crate) fn discover(
        &self,
        send: impl FnMut(Discovering) -> Result<Discovery, Failure>,
    ) -> Result<AnyClient, Failure> {
        // Before any request, the options are checked.
        let client = self.client()?;
        match self.issuer.discover(send)? {
            Some(server) => self.oauth(server),
            None => Ok(client),
        }
    }

    /// Makes the selected client. Sends no request.
    ///
    /// If its server has to be discovered, the client can only load and remove a session.
    pub(crate) fn client(&self) -> Result<AnyClient, Failure> {
        let Some(server) = self.issuer.server()? else {
            let id = self.client_id.as_deref().ok_or_else(no_client_id)?;
            let client = user_management(id, self.base_url.as_deref())?;
            return Ok(AnyClient::UserManagement(client));
        };
        if self.base_url.is_some() {
            return Err(Failure::new(
                ErrorKind::Usage,
                "--issuer cannot be used with --base-url or WORKOS_BASE_URL: an authorization server has endpoints of its own",
            ));
        }
        self.oauth(server)
    }

    fn oauth(&self, server: Server) -> Result<AnyClient, Failure> {
        // The error of the core names the WorkOS dashboard.
        let id = self.client_id.as_deref().and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| {
            Failure::new(
                ErrorKind::Configuration,
                "no valid client id; set --client-id or the environment variable WORKOS_CLIENT_ID to the id that the \
                 authorization server issued for this program",
            )
        })?;
        let scope = server.scope().clone();
        Ok(AnyClient::OAuth(Client::oauth(id, server), scope))
    }
}

fn no_client_id() -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        "no client id; copy that of your application (client_…) from the WorkOS dashboard and set --client-id or the \
         environment variable WORKOS_CLIENT_ID; for a login without an account, run workos-login login --demo",
    )
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
