//! A keyring whose entries are files, which processes share.

use std::any::Any;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error, Result};
use sha2::{Digest, Sha256};

/// A directory with one file for each entry.
#[derive(Debug)]
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new(directory: &Path) -> Self {
        fs::create_dir_all(directory).unwrap();
        Self(directory.to_owned())
    }
}

impl CredentialStoreApi for Files {
    fn vendor(&self) -> String {
        "files".to_owned()
    }

    fn id(&self) -> String {
        "one".to_owned()
    }

    fn build(&self, _: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let digest = Sha256::digest(user);
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Entry::new_with_credential(Arc::new(Slot(
            self.0.join(name),
        ))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Slot(PathBuf);

fn failed(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::NoEntry,
        _ => Error::PlatformFailure(Box::new(error)),
    }
}

impl CredentialApi for Slot {
    /// As a keyring does: an entry is replaced as a whole.
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let new = self.0.with_extension(std::process::id().to_string());
        fs::write(&new, secret).map_err(failed)?;
        fs::rename(new, &self.0).map_err(failed)
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        fs::read(&self.0).map_err(failed)
    }

    fn delete_credential(&self) -> Result<()> {
        fs::remove_file(&self.0).map_err(failed)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
