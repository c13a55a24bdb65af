//! The client of an application: of WorkOS, or of another authorization server.

use workos_login::{Any, Client, OAuth};

/// A public client of either service. It is converted from a [`Client`].
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the kinds of public clients that log users in"
)]
pub enum NativeClient {
    /// Of an authorization server.
    OAuth(Client<OAuth>),
    /// Of WorkOS User Management.
    UserManagement(Client),
}

impl NativeClient {
    /// Returns the client as one of any kind.
    #[must_use]
    pub fn any(&self) -> Client<Any> {
        match self {
            Self::OAuth(client) => client.clone().into(),
            Self::UserManagement(client) => client.clone().into(),
        }
    }
}

impl From<Client> for NativeClient {
    fn from(client: Client) -> Self {
        Self::UserManagement(client)
    }
}

impl From<Client<OAuth>> for NativeClient {
    fn from(client: Client<OAuth>) -> Self {
        Self::OAuth(client)
    }
}
