//! Stores for servers with many sessions.

use std::sync::Arc;

use workos_login::secrecy::SecretString;
use workos_login::{Any, Client};

use crate::marker::MaybeSend;
use crate::seal::SealingKeys;
use crate::store::Store;

/// Makes the store of each session, by key: for servers with many sessions.
///
/// A key is a random text of 256 bits, which the user's browser holds in a cookie. It is a secret: a database holds its hash.
pub trait StoreFactory: MaybeSend + 'static {
    /// Returns the store of the session of this client with this key. It performs no I/O.
    ///
    /// The record is sealed for the client ID and the issuer: the store of another client cannot open it.
    ///
    /// All stores of one key, in this process or in another, share the record and the lock.
    fn store(&self, client: &Client<Any>, key: &SecretString) -> Arc<dyn Store>;

    /// Returns the keys that seal the records. A web server seals its pending logins with them, too.
    fn sealing_keys(&self) -> Arc<SealingKeys>;
}
