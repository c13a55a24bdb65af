//! The account: which of the stored sessions a command uses.

use std::str::FromStr;

use clap::ValueEnum;
use serde::Serializer;
use workos_login::ClientId;
use workos_login_keyring::{Error, KeyringStore, Place};

/// The service name of the entries, as the keyring's own program shows it.
const SERVICE: &str = "workos-login";

/// The options that select the keyring and the entry of a session.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AccountArgs {
    /// Name of the session, to store more than one
    #[arg(long = "account", value_name = "NAME", default_value = "default")]
    pub(crate) name: AccountName,

    /// Keyring that stores the session
    #[arg(
        long = "store",
        value_name = "KEYRING",
        value_enum,
        default_value_t,
        env = "WORKOS_LOGIN_STORE",
        hide_env_values = true
    )]
    keyring: Keyring,
}

impl AccountArgs {
    /// Returns whether the keyring is that of the system.
    pub(crate) fn is_system_keyring(&self) -> bool {
        self.keyring == Keyring::System
    }

    /// Opens the entry in the keyring.
    pub(crate) fn open(&self, client: &ClientId) -> Result<KeyringStore, Error> {
        let account = format!("{}/{}", client.as_str(), self.name.0);
        match self.keyring {
            Keyring::Kernel => KeyringStore::open_kernel(SERVICE, &account),
            Keyring::System => KeyringStore::open(SERVICE, &account),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Keyring {
    /// Linux kernel keyring: needs no daemon; cleared by a restart or after some days without use
    Kernel,
    /// Keychain on macOS, Credential Manager on Windows, Secret Service elsewhere
    #[default]
    System,
}

/// The name of a session: letters, digits and `. _ @ + -`.
///
/// It is a part of the name of an entry, so it contains no separator of such names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountName(String);

impl AccountName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is the name that is used if none is given.
    pub(crate) fn is_default(&self) -> bool {
        self.0 == "default"
    }
}

impl FromStr for AccountName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_allowed = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
        match !text.is_empty() && text.chars().all(is_allowed) {
            true => Ok(Self(text.to_owned())),
            false => Err("a name consists of letters, digits and . _ @ + -"),
        }
    }
}

/// Serializes the store of a session by its JSON name, or as `null`.
pub(crate) fn serialize_store<S: Serializer>(
    place: &Option<Place>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match place {
        None => serializer.serialize_none(),
        Some(Place::AppleKeychain) => serializer.serialize_str("apple_keychain"),
        Some(Place::KernelKeyring) => serializer.serialize_str("kernel_keyring"),
        Some(Place::SecretService) => serializer.serialize_str("secret_service"),
        Some(Place::WindowsCredentials) => serializer.serialize_str("windows_credentials"),
        Some(_) => serializer.serialize_str("other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_name_contains_no_separator() {
        for name in ["work", "alice@example.com", "größe_2.x+y-z"] {
            assert_eq!(name.parse::<AccountName>().unwrap().as_str(), name);
        }
        for name in ["", "a#a0", "a/b", "a b", "\u{202e}x"] {
            assert!(name.parse::<AccountName>().is_err(), "{name}");
        }
    }
}
