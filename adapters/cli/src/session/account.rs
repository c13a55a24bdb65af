//! Which session is meant, where several are kept.

use std::str::FromStr;

use clap::ValueEnum;
use serde::Serializer;
use workos_login::ClientId;
use workos_login_keyring::{Error, KeyringStore, Place};

/// Where a session is kept, and under which name.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Account {
    /// Name of the session, where you keep several
    #[arg(long = "account", value_name = "NAME", default_value = "default")]
    pub(crate) name: Name,

    /// Which keyring the session is in
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

impl Account {
    /// Whether it is the keyring of those who chose none.
    pub(crate) fn is_in_the_systems(&self) -> bool {
        self.keyring == Keyring::System
    }

    /// Opens the entry of the keyring.
    pub(crate) fn open(&self, client: &ClientId) -> Result<KeyringStore, Error> {
        let account = format!("{}/{}", client.as_str(), self.name.0);
        match self.keyring {
            Keyring::Kernel => KeyringStore::open_kernel(SERVICE, &account),
            Keyring::System => KeyringStore::open(SERVICE, &account),
        }
    }
}

/// The keyrings to choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Keyring {
    /// That of the Linux kernel: it needs no daemon, and forgets with a restart or after some days without use
    Kernel,
    /// Keychain on macOS, Credential Manager on Windows, Secret Service elsewhere
    #[default]
    System,
}

/// A name that a person gives to a session.
///
/// It becomes a part of the name of an entry, and must not look like the other parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the name of those who gave none.
    pub(crate) fn is_default(&self) -> bool {
        self.0 == "default"
    }
}

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
        match !text.is_empty() && text.chars().all(fits) {
            true => Ok(Self(text.to_owned())),
            false => Err("a name consists of letters, digits and . _ @ + -"),
        }
    }
}

/// Writes the name that a keyring has in JSON.
pub(crate) fn code<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match place {
        Place::AppleKeychain => "apple_keychain",
        Place::KernelKeyring => "kernel_keyring",
        Place::SecretService => "secret_service",
        Place::WindowsCredentials => "windows_credentials",
        _ => "other",
    })
}

/// Writes that name, or `null`.
pub(crate) fn optional_code<S: Serializer>(
    place: &Option<Place>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match place {
        Some(place) => code(place, serializer),
        None => serializer.serialize_none(),
    }
}

/// What the entries in a keyring belong to, as its own program shows it.
const SERVICE: &str = "workos-login";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_sign_that_would_lead_to_another_entry() {
        for name in ["work", "alice@example.com", "größe_2.x+y-z"] {
            assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
        }
        for name in ["", "a#a0", "a/b", "a b", "\u{202e}x"] {
            assert!(name.parse::<Name>().is_err(), "{name}");
        }
    }
}
