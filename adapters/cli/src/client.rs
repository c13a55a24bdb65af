//! The client: which application logs in, and at which service.

use workos_login::url::Url;
use workos_login::{Client, ClientId, OAuth};

use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::issuer::IssuerArgs;

/// The options that name the application and the service.
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

    /// Where the service is, if not at api.workos.com
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

/// A client of one of the kinds that have no secret.
#[derive(Clone, Debug)]
pub(crate) enum AnyClient {
    /// Of a standard OAuth server.
    Standard(Client<OAuth>),
    /// Of WorkOS User Management.
    WorkOs(Client),
}

impl ClientArgs {
    /// Returns the client that is named.
    pub(crate) fn client(&self) -> Result<AnyClient, Failure> {
        let base_url = self.base_url.as_deref().filter(|url| !url.is_empty());
        let Some(server) = self.issuer.server()? else {
            return workos(self.client_id()?, base_url).map(AnyClient::WorkOs);
        };
        if base_url.is_some() {
            return Err(Failure::new(
                Exit::Usage,
                "--issuer cannot be used with --base-url or WORKOS_BASE_URL: a standard OAuth server is where its endpoints are",
            ));
        }
        let id = parse(self.client_id()?)?;
        Ok(AnyClient::Standard(Client::oauth(id, server)))
    }

    fn client_id(&self) -> Result<&str, Failure> {
        let given = self.client_id.as_deref().filter(|id| !id.is_empty());
        given.ok_or_else(|| {
            Failure::new(
                Exit::Configuration,
                "there is no client id: copy the one of your application (client_…) from the WorkOS dashboard, and give it \
                 as --client-id or in the environment variable WORKOS_CLIENT_ID; to see a login without an account, run \
                 workos-login login --demo",
            )
        })
    }
}

/// Makes the client with this id, of WorkOS or of the service at `base_url`.
pub(crate) fn workos(id: &str, base_url: Option<&str>) -> Result<Client, Failure> {
    let client = Client::public(parse(id)?);
    let Some(base_url) = base_url else {
        return Ok(client);
    };
    let url = Url::parse(base_url).map_err(|error| {
        Failure::new(
            Exit::Configuration,
            "the base URL is not an address: write it whole, with https://",
        )
        .because(&error)
    })?;
    client
        .base_url(url)
        .map_err(|error| Failure::of(Exit::Configuration, &error))
}

fn parse(id: &str) -> Result<ClientId, Failure> {
    id.parse()
        .map_err(|error| Failure::of(Exit::Configuration, &error))
}
