//! Which application it is, and where its service is.

use workos_login::url::Url;
use workos_login::{Client, ClientId};

use crate::exit::Exit;
use crate::failure::Failure;

/// The application, as it is named on the command line or in the environment.
#[derive(Debug, clap::Args)]
pub(crate) struct Application {
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
}

impl Application {
    /// Returns the client that is named.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let given = self.client_id.as_deref().filter(|id| !id.is_empty());
        let id = given.ok_or_else(|| {
            Failure::new(
                Exit::Configuration,
                "there is no client id: copy the one of your application (client_…) from the WorkOS dashboard, and give it \
                 as --client-id or in the environment variable WORKOS_CLIENT_ID; to see a login without an account, run \
                 workos-login login --demo",
            )
        })?;
        client(id, self.base_url.as_deref())
    }
}

/// Makes the client with this id, of the service at `base_url` or of WorkOS.
pub(crate) fn client(id: &str, base_url: Option<&str>) -> Result<Client, Failure> {
    let id: ClientId = id
        .parse()
        .map_err(|error| Failure::of(Exit::Configuration, &error))?;
    let client = Client::public(id);
    let Some(base_url) = base_url.filter(|url| !url.is_empty()) else {
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
