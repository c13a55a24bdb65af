//! The accounts that an application has logged in to, in a plain file.
//!
//! A keyring cannot list its sessions, and a session does not contain the endpoints of its server. The index has both: for each account its
//! name, its client, what was discovered of the server, and the kind of its store. It has no secrets.
//!
//! A writer holds a lock on a file beside the index and replaces the index atomically, so that a reader needs no lock.

use std::error::Error as StdError;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use workos_login::url::Url;
use workos_login::{Client, Server};
use workos_login_file::EncryptedFiles;
use workos_login_session::FileLock;

use crate::app::NativeApp;
use crate::native_client::NativeClient;
use crate::storage::Storage;

const VERSION: u32 = 1;

/// The time that a writer waits for another one, which takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// A list of accounts in a JSON file. The first one is the default.
///
/// A program that can write the file chooses the endpoints that tokens are sent to, so it belongs where only the user can write.
///
/// ```no_run
/// use workos_login_native::AccountIndex;
///
/// let index = AccountIndex::new("/home/alice/.config/acme/accounts.json", "Acme CLI");
/// if let Some(app) = index.apps()?.into_iter().next() {
///     println!("{} at {}", app.account_name(), app.client().any().issuer());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccountIndex {
    path: PathBuf,
    application: String,
    files: Option<EncryptedFiles>,
}

/// The content of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    accounts: Vec<Record>,
}

/// The settings of one account.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    name: String,
    client_id: String,
    /// The issuer of the authorization server, or the base URL of WorkOS.
    issuer: String,
    /// A client of WorkOS has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<Server>,
    store: String,
}

impl AccountIndex {
    /// Makes the index of an application in a file. A missing file is an empty index.
    ///
    /// The name is that of [`NativeApp::new`].
    pub fn new(path: impl Into<PathBuf>, application: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            application: application.into(),
            files: None,
        }
    }

    /// Sets the encrypted files of the accounts that are stored in files. The index has neither their directory nor their key.
    #[must_use]
    pub fn files(mut self, files: EncryptedFiles) -> Self {
        self.files = Some(files);
        self
    }

    /// Returns the application of each account, the default first. It reads no session.
    ///
    /// # Errors
    ///
    /// The file is damaged or cannot be read, or an account is stored in an encrypted file and the [files](Self::files) are not set.
    pub fn apps(&self) -> Result<Vec<NativeApp>, IndexError> {
        let content = self.read()?;
        let has_files = content.accounts.iter().any(|it| it.store == "file");
        if has_files && self.files.is_none() {
            let problem = "read without the key of the encrypted files; set the key";
            return Err(self.error(problem, io::ErrorKind::NotFound.into()));
        }
        let app = |record| self.app(record).map_err(|error| self.unreadable(error));
        content.accounts.into_iter().map(app).collect()
    }

    /// Adds the account of an application as the default, in place of an earlier entry of the same session.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, or the session is in memory or in a store of the application.
    pub fn put_first(&self, app: &NativeApp) -> Result<(), IndexError> {
        let record = Record::of(app).map_err(|error| self.unwritable(error))?;
        self.change(|accounts| {
            accounts.retain(|other| !other.is_same(&record));
            accounts.insert(0, record);
        })
    }

    /// Removes the account of an application. It does not remove the session.
    ///
    /// # Errors
    ///
    /// As for [`put_first`](Self::put_first).
    pub fn remove(&self, app: &NativeApp) -> Result<(), IndexError> {
        let record = Record::of(app).map_err(|error| self.unwritable(error))?;
        self.change(|accounts| accounts.retain(|other| !other.is_same(&record)))
    }

    fn read(&self) -> Result<Content, IndexError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::default()),
            Err(error) => return Err(self.unreadable(error)),
        };
        let content: Content =
            serde_json::from_slice(&text).map_err(|error| self.unreadable(error.into()))?;
        match content.version {
            VERSION => Ok(content),
            version => Err(self.unreadable(io::Error::other(format!(
                "version {version} is not supported"
            )))),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Record>)) -> Result<(), IndexError> {
        let failed = |error| self.unwritable(error);
        let lock = FileLock::acquire(&self.path.with_extension("lock"), LOCK_TIMEOUT);
        let lock = lock.map_err(failed)?;
        let _lock = lock.ok_or_else(|| failed(io::ErrorKind::TimedOut.into()))?;
        let mut content = self.read()?;
        content.version = VERSION;
        change(&mut content.accounts);
        let text = serde_json::to_vec_pretty(&content).map_err(|error| failed(error.into()))?;
        let new = self.path.with_extension("new");
        fs::write(&new, text).map_err(failed)?;
        fs::rename(&new, &self.path).map_err(failed)
    }

    fn app(&self, record: Record) -> io::Result<NativeApp> {
        let storage = match (&*record.store, &self.files) {
            ("file", Some(files)) => Storage::File(files.clone()),
            ("file", None) => return Err(io::Error::other("no key of the encrypted files")),
            (name, _) => name.parse().map_err(io::Error::other)?,
        };
        let app = NativeApp::new(record.client()?, &*self.application);
        Ok(app.account(record.name).storage(storage))
    }

    fn unreadable(&self, source: io::Error) -> IndexError {
        self.error("read; repair or remove it", source)
    }

    fn unwritable(&self, source: io::Error) -> IndexError {
        self.error("written", source)
    }

    fn error(&self, failed: &'static str, source: io::Error) -> IndexError {
        let path = self.path.clone();
        IndexError {
            path,
            failed,
            source,
        }
    }
}

impl Record {
    fn of(app: &NativeApp) -> io::Result<Self> {
        let client = app.client().any();
        Ok(Self {
            name: app.account_name().to_owned(),
            client_id: client.id().as_str().to_owned(),
            issuer: client.issuer().to_owned(),
            server: match app.client() {
                NativeClient::OAuth(client) => Some(client.server().clone()),
                NativeClient::UserManagement(_) => None,
            },
            store: match app.selected_storage().name() {
                Some(name) => name.to_owned(),
                None => {
                    return Err(io::Error::other(
                        "only keyrings and encrypted files can be listed",
                    ));
                }
            },
        })
    }

    fn client(&self) -> io::Result<NativeClient> {
        let id = self.client_id.parse().map_err(io::Error::other)?;
        if let Some(server) = &self.server {
            return Ok(Client::oauth(id, server.clone()).into());
        }
        let url = Url::parse(&self.issuer).map_err(io::Error::other)?;
        let client = Client::public(id).base_url(url).map_err(io::Error::other)?;
        Ok(client.into())
    }

    /// Returns whether both are the same session: in the same store, of the same client, issuer and name.
    fn is_same(&self, other: &Self) -> bool {
        fn key(it: &Record) -> [&str; 4] {
            [&it.name, &it.client_id, &it.issuer, &it.store]
        }
        key(self) == key(other)
    }
}

/// The error of an [`AccountIndex`].
#[derive(Debug)]
pub struct IndexError {
    path: PathBuf,
    failed: &'static str,
    source: io::Error,
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, failed) = (self.path.display(), self.failed);
        write!(f, "the account index {path} cannot be {failed}")
    }
}

impl StdError for IndexError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}
