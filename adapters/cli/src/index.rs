//! The index: the settings of each account, so that later commands need no options.
//!
//! It is a JSON file in the user's configuration directory, without secrets. The first account is the default. A writer holds a lock on a
//! file beside it and replaces it atomically, so that a reader needs no lock.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use serde::{Deserialize, Serialize};
use workos_login::Server;

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::selection::{AccountName, StoreOption};

const VERSION: u32 = 1;

/// The settings of all accounts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Index {
    version: u32,
    pub(crate) accounts: Vec<Account>,
}

/// The settings of one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) name: AccountName,
    pub(crate) client_id: String,
    /// That of the authorization server, or the base URL of the service.
    pub(crate) issuer: String,
    /// What was discovered. A client of WorkOS has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Server>,
    pub(crate) store: StoreOption,
}

impl Account {
    /// Returns whether this is the same session: in the same store, of the same client, issuer and name.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.client_id, &self.issuer, self.store)
            == (&other.name, &other.client_id, &other.issuer, other.store)
    }
}

impl Index {
    /// Reads the index; an empty one if there is none.
    pub(crate) fn read() -> Result<Self, Failure> {
        match path() {
            Some(path) => Self::read_from(&path),
            None => Ok(Self::default()),
        }
    }

    fn read_from(path: &Path) -> Result<Self, Failure> {
        let failed = |problem: &dyn std::fmt::Display| {
            let message = format_args!(
                "the index of accounts {} cannot be read; repair or remove it",
                path.display()
            );
            Failure::new(ErrorKind::Configuration, message).cause(problem)
        };
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(&error)),
        };
        let index: Self = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
        match index.version {
            VERSION => Ok(index),
            version => Err(failed(&format_args!("it has version {version}"))),
        }
    }

    /// Changes the index.
    pub(crate) fn change<T>(change: impl FnOnce(&mut Self) -> T) -> Result<T, Failure> {
        let path = path().ok_or_else(|| {
            let message = "there is no configuration directory; set HOME";
            Failure::new(ErrorKind::Configuration, message)
        })?;
        let failed = |error: io::Error| {
            let message =
                format_args!("the index of accounts {} cannot be written", path.display());
            Failure::new(ErrorKind::Configuration, message).caused_by(&error)
        };
        let directory = path.parent().unwrap_or(&path);
        fs::create_dir_all(directory).map_err(failed)?;
        let lock = File::create(path.with_extension("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut index = Self::read_from(&path)?;
        let result = change(&mut index);
        index.version = VERSION;
        let text = serde_json::to_vec_pretty(&index).map_err(|error| failed(error.into()))?;
        let new = path.with_extension("new");
        fs::write(&new, text).map_err(failed)?;
        fs::rename(&new, &path).map_err(failed)?;
        Ok(result)
    }

    /// Makes an account the default, in place of another one of the same session.
    pub(crate) fn put_first(&mut self, account: Account) {
        self.accounts.retain(|other| !other.is_same(&account));
        self.accounts.insert(0, account);
    }
}

fn path() -> Option<PathBuf> {
    let directory = choose_base_strategy().ok()?.config_dir();
    // A relative path would depend on the working directory.
    let directory = Some(directory).filter(|directory| directory.is_absolute())?;
    Some(directory.join("workos-login/accounts.json"))
}
