//! The account that a command uses: its name, its client and service, and its store.
//!
//! Each option that is given must match an account of the index, and the first one that matches is used with all its settings. If none
//! matches, the options describe the account alone.

use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize, Serializer};
use workos_login_keyring::Keyring;
use workos_login_native::{Location, NativeApp, NativeClient, Storage};

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::index::{Account, Index};
use crate::service::{self, Service, ServiceArgs};

/// The heading of these options in the help.
pub(crate) const HEADING: &str = "Common options";

/// The name of the application, as the keyring's own program shows it.
const APPLICATION: &str = "workos-login";

/// The options that select the account.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct SelectionArgs {
    /// Name of the session, to store more than one [default: that of the last login]
    #[arg(long = "account", value_name = "NAME")]
    pub(crate) name: Option<AccountName>,

    #[command(flatten)]
    pub(crate) options: SessionOptions,
}

/// The options that select a session, apart from its name.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct SessionOptions {
    /// Keyring that stores the session
    #[arg(
        long = "store",
        value_name = "KEYRING",
        value_enum,
        env = "WORKOS_LOGIN_STORE",
        hide_env_values = true
    )]
    store: Option<StoreOption>,

    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// The account of a command.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) name: AccountName,
    pub(crate) service: Service,
    pub(crate) store: StoreOption,
}

impl SelectionArgs {
    /// Selects the account.
    pub(crate) fn select(&self) -> Result<Selection, Failure> {
        let account = self.options.find(self.name.as_ref(), Index::read()?)?;
        self.options.selection(self.name.as_ref(), account.as_ref())
    }
}

impl SessionOptions {
    /// Returns the first account of the index that the options match.
    pub(crate) fn find(
        &self,
        name: Option<&AccountName>,
        index: Index,
    ) -> Result<Option<Account>, Failure> {
        let args = &self.service;
        let issuer = match (&args.issuer, &args.base_url) {
            (Some(_), Some(_)) => {
                return Err(Failure::new(
                    ErrorKind::Usage,
                    "--issuer cannot be used with --base-url or WORKOS_BASE_URL: an authorization server has endpoints of its own",
                ));
            }
            (Some(issuer), None) => Some(issuer.clone()),
            (None, Some(base_url)) => {
                let client = service::user_management("any", Some(base_url))?;
                Some(client.issuer().to_owned())
            }
            (None, None) => None,
        };
        let is_wanted = |account: &Account| {
            name.is_none_or(|name| account.name == *name)
                && args
                    .client_id
                    .as_ref()
                    .is_none_or(|id| account.client_id == *id)
                && issuer
                    .as_ref()
                    .is_none_or(|issuer| account.issuer == *issuer)
                && self.store.is_none_or(|store| account.store == store)
        };
        Ok(index.accounts.into_iter().find(is_wanted))
    }

    /// Makes the selection of an account, or of the options alone.
    pub(crate) fn selection(
        &self,
        name: Option<&AccountName>,
        account: Option<&Account>,
    ) -> Result<Selection, Failure> {
        let args = &self.service;
        let service = match account {
            Some(account) => account.service(args)?,
            None => match &args.issuer {
                Some(issuer) => Service::server(args.client_id.as_deref(), issuer, None, args)?,
                None => {
                    if args.describes_server() {
                        return Err(Failure::new(
                            ErrorKind::Usage,
                            "an endpoint of an authorization server needs --issuer",
                        ));
                    }
                    Service::work_os(args.client_id.as_deref(), args.base_url.as_deref())?
                }
            },
        };
        let known = account.map(|account| (account.name.clone(), account.store));
        let (name, store) = known.unwrap_or_else(|| {
            let name = name.cloned().unwrap_or_default();
            (name, self.store.unwrap_or_default())
        });
        Ok(Selection {
            name,
            service,
            store,
        })
    }
}

impl Account {
    fn service(&self, args: &ServiceArgs) -> Result<Service, Failure> {
        let id = Some(&*self.client_id);
        match &self.server {
            Some(server) => Service::server(id, &self.issuer, Some(server), args),
            None => Service::work_os(id, Some(&self.issuer)),
        }
    }
}

impl Selection {
    /// Returns the application of this account.
    pub(crate) fn app(&self) -> NativeApp {
        let storage = match self.store {
            StoreOption::Kernel => Storage::KernelKeyring,
            StoreOption::System => Storage::Keyring,
        };
        NativeApp::new(self.service.client.clone(), APPLICATION)
            .account(self.name.as_str())
            .storage(storage)
    }

    /// Returns an application whose session is not stored.
    pub(crate) fn unstored_app(&self) -> NativeApp {
        self.app().storage(Storage::Memory)
    }

    /// Returns the settings that the index keeps.
    pub(crate) fn account(&self) -> Account {
        let client = self.service.client.any();
        Account {
            name: self.name.clone(),
            client_id: client.id().as_str().to_owned(),
            issuer: client.issuer().to_owned(),
            server: match &self.service.client {
                NativeClient::OAuth(client) => Some(client.server().clone()),
                NativeClient::UserManagement(_) => None,
            },
            store: self.store,
        }
    }
}

/// The keyring of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StoreOption {
    /// Linux kernel keyring: needs no daemon; cleared by a restart or after some days without use
    Kernel,
    /// Keychain on macOS, Credential Manager on Windows, Secret Service elsewhere
    #[default]
    System,
}

/// The name of a session: letters, digits and `. _ @ + -`, so that it can be typed in any shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct AccountName(String);

impl AccountName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is the name that is used if none is given.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for AccountName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for AccountName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for AccountName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_allowed = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
        match !text.is_empty() && text.chars().all(is_allowed) {
            true => Ok(Self(text)),
            false => Err("a name consists of letters, digits and . _ @ + -"),
        }
    }
}

/// Serializes where a session is stored by its JSON name, or as `null`.
pub(crate) fn serialize_location<S: Serializer>(
    location: &Option<Location>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let name = match location {
        None => return serializer.serialize_none(),
        Some(Location::Keyring(Keyring::AppleKeychain)) => "apple_keychain",
        Some(Location::Keyring(Keyring::KernelKeyring)) => "kernel_keyring",
        Some(Location::Keyring(Keyring::SecretService)) => "secret_service",
        Some(Location::Keyring(Keyring::WindowsCredentials)) => "windows_credentials",
        Some(_) => "other",
    };
    serializer.serialize_str(name)
}

#[cfg(test)]
#[path = "../tests/unit/selection.rs"]
mod tests;
