//! The configuration of the application.

use workos_login::url::Url;
use workos_login::{Client, Screen};

use crate::error::{MobileError, configuration};

/// The configuration of an application.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Configuration {
    /// The client ID of the environment, which is not a secret.
    pub client_id: String,
    /// The redirect URI, as it is registered: a private-use URI scheme, such as `com.example.app:/callback`, or a claimed https link.
    pub redirect_uri: String,
    /// A directory of the application for lock files, which are empty. All processes that share the storage share it.
    pub lock_directory: String,
    /// The URL of the service, for an authentication domain of your own. The default is that of WorkOS.
    #[uniffi(default = None)]
    pub base_url: Option<String>,
}

impl Configuration {
    pub(crate) fn client(&self) -> Result<Client, MobileError> {
        let id = self.client_id.parse().map_err(configuration)?;
        let client = Client::public(id);
        let Some(url) = &self.base_url else {
            return Ok(client);
        };
        let url = Url::parse(url).map_err(configuration)?;
        client.base_url(url).map_err(configuration)
    }
}

/// The options of a login.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct LoginOptions {
    /// How the user authenticates. The default is the sign-in page of AuthKit.
    #[uniffi(default = None)]
    pub selector: Option<ConnectionSelector>,
    /// The e-mail address that the login page shows first.
    #[uniffi(default = None)]
    pub login_hint: Option<String>,
}

/// How the user authenticates.
#[derive(Clone, Debug, uniffi::Enum)]
pub enum ConnectionSelector {
    /// The sign-in page of AuthKit.
    SignIn,
    /// The sign-up page of AuthKit.
    SignUp,
    /// An SSO connection.
    Connection {
        /// The ID of the connection.
        id: String,
    },
    /// The connection of an organization.
    Organization {
        /// The ID of the organization.
        id: String,
    },
    /// An identity provider, without the hosted login page.
    Provider {
        /// The name, such as `GoogleOAuth`.
        name: String,
    },
}

impl ConnectionSelector {
    pub(crate) fn into_core(self) -> Result<workos_login::ConnectionSelector, MobileError> {
        use workos_login::ConnectionSelector as Core;
        Ok(match self {
            Self::SignIn => Core::AuthKit(Screen::SignIn),
            Self::SignUp => Core::AuthKit(Screen::SignUp),
            Self::Connection { id } => Core::Connection(id.parse().map_err(configuration)?),
            Self::Organization { id } => Core::Organization(id.parse().map_err(configuration)?),
            Self::Provider { name } => Core::Provider((*name).into()),
        })
    }
}
