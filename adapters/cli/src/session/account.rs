//! The account: which of the stored sessions a command uses.
//!
//! A session is identified by its keyring, the client, the issuer and the name of the account. The client and the issuer come
//! from other options.

use std::str::FromStr;

use clap::ValueEnum;
use serde::Serializer;
use workos_login::{Any, Client};
use workos_login_keyring::{Error, Keyring, KeyringStore};

/// The name of the application, as the keyring's own program shows it.
const APPLICATION: &str = "workos-login";

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
    store: StoreOption,
}

impl AccountArgs {
    /// Returns whether the keyring is that of the system.
    pub(crate) fn is_system_keyring(&self) -> bool {
        self.store == StoreOption::System
    }

    /// Opens the entry in the keyring.
    pub(crate) fn open(&self, client: &Client<Any>) -> Result<KeyringStore, Error> {
        match self.store {
            StoreOption::Kernel => KeyringStore::open_kernel(APPLICATION, client, &self.name.0),
            StoreOption::System => KeyringStore::open(APPLICATION, client, &self.name.0),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum StoreOption {
    /// Linux kernel keyring: needs no daemon; cleared by a restart or after some days without use
    Kernel,
    /// Keychain on macOS, Credential Manager on Windows, Secret Service elsewhere
    #[default]
    System,
}

/// The name of a session: letters, digits and `. _ @ + -`, so that it can be typed in any shell.
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

/// Serializes the keyring of a session by its JSON name, or as `null`.
pub(crate) fn serialize_store<S: Serializer>(
    keyring: &Option<Keyring>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match keyring {
        None => serializer.serialize_none(),
        Some(Keyring::AppleKeychain) => serializer.serialize_str("apple_keychain"),
        Some(Keyring::KernelKeyring) => serializer.serialize_str("kernel_keyring"),
        Some(Keyring::SecretService) => serializer.serialize_str("secret_service"),
        Some(Keyring::WindowsCredentials) => serializer.serialize_str("windows_credentials"),
        Some(_) => serializer.serialize_str("other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_name_needs_no_quotes_in_a_shell() {
        for name in ["work", "alice@example.com", "größe_2.x+y-z"] {
            assert_eq!(name.parse::<AccountName>().unwrap().as_str(), name);
        }
        for name in ["", "a#a0", "a/b", "a b", "\u{202e}x"] {
            assert!(name.parse::<AccountName>().is_err(), "{name}");
        }
    }
}
