//! The client binding of a persistent state.

use std::fmt;

use crate::ids::ClientId;

/// The client and the issuer that a persistent state is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientBinding {
    pub(crate) client_id: ClientId,
    pub(crate) issuer: Box<str>,
}

impl fmt::Display for ClientBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.client_id, self.issuer)
    }
}
