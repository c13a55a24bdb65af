//! One encrypted value in a file, replaced atomically.
//!
//! The file is a line with the version, the digest of what it is bound to (32 bytes), and the sealed value. The digest tells a file of
//! another client from one that is damaged. What it is bound to is the context of the seal, too: the digest alone authenticates nothing.
//!
//! A new value is written to a file with the extension `new`, flushed to the disk, and renamed; then the directory is flushed. If a
//! write stops anywhere, the file has the old value or the new one. A rename before the flush could leave an empty file
//! after a power failure.
//!
//! The mode is checked on the open file, at each read and write, because it can change while the process runs.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use workos_login::limits::MAX_STORED_BYTES;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::file_keys::FileKeys;

const VERSION: &[u8] = b"workos-login-file 1\n";
const DIGEST_BYTES: usize = 32;

/// More than the key ID, the nonce and the tag of a seal need.
const MAX_FILE_BYTES: usize = VERSION.len() + DIGEST_BYTES + MAX_STORED_BYTES + 64;

/// The size of the check: most sessions are shorter.
const CHECK_BYTES: usize = 16 * 1024;

/// One value in a file.
#[derive(Debug)]
pub(crate) struct SealedFile {
    pub(crate) path: PathBuf,
    keys: Arc<FileKeys>,
    /// The values that the file is bound to.
    context: Vec<String>,
}

impl SealedFile {
    /// Makes a file in a directory, with a name that no other context has.
    pub(crate) fn new(directory: &Path, keys: Arc<FileKeys>, context: Vec<String>) -> Self {
        // A name of hexadecimal digits is unambiguous on file systems that ignore case.
        let name: String = digest(&context)[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let path = directory.join(name);
        Self {
            path,
            keys,
            context,
        }
    }

    /// Reads the value; `None` without a file.
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.check_directory()?;
        let failed = |error| Error::io(&self.path, error);
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        check_private(&self.path, &file.metadata().map_err(failed)?, 0o600)?;
        let mut content = Vec::new();
        let mut limited = file.take(MAX_FILE_BYTES as u64 + 1);
        limited.read_to_end(&mut content).map_err(failed)?;
        self.open(&content).map(Some)
    }

    fn open(&self, content: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let damaged = || Error::Damaged(self.path.clone());
        let rest = content.strip_prefix(VERSION).ok_or_else(damaged)?;
        let (bound_to, sealed) = rest
            .split_first_chunk::<DIGEST_BYTES>()
            .ok_or_else(damaged)?;
        if *bound_to != digest(&self.context) {
            return Err(Error::OtherClient(self.path.clone()));
        }
        if content.len() > MAX_FILE_BYTES {
            return Err(damaged());
        }
        if let Some(value) = self.keys.open(&self.context(), sealed) {
            return Ok(value);
        }
        // A file that ends before the key ID is damaged, whatever the key is.
        Err(if sealed.len() < 4 || self.keys.has_key_of(sealed) {
            damaged()
        } else {
            Error::WrongKey(self.path.clone())
        })
    }

    /// Writes a value in place of the old one. The caller excludes other writers.
    pub(crate) fn write(&self, value: &[u8]) -> Result<(), Error> {
        if value.len() > MAX_STORED_BYTES {
            return Err(Error::TooLong);
        }
        let sealed = self.keys.seal(&self.context(), value);
        let content = [VERSION, &digest(&self.context), &sealed].concat();
        self.check_directory()?;
        let replaced = self.write_new(&content).and_then(|new| {
            fs::rename(&new, &self.path)?;
            self.flush_directory()
        });
        replaced.map_err(|error| self.after_failure(error))
    }

    /// Writes and removes a file that holds no value. The caller excludes other writers.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_directory()?;
        let removed = self.write_new(&[0; CHECK_BYTES]).and_then(fs::remove_file);
        removed.map_err(|error| self.after_failure(error))
    }

    /// Removes the value. The caller excludes other writers.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        self.check_directory()?;
        let removed = remove(&self.path)
            .and_then(|()| remove(&self.new_path()))
            .and_then(|()| self.flush_directory());
        removed.map_err(|error| Error::io(&self.path, error))
    }

    /// Writes a new file beside the present one, to the disk.
    fn write_new(&self, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.new_path();
        // One that a killed process has left could have another mode.
        remove(&path)?;
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(path)
    }

    fn after_failure(&self, error: io::Error) -> Error {
        // It takes up the space that is missing.
        let _ = remove(&self.new_path());
        Error::io(&self.path, error)
    }

    /// Makes a rename or a removal last. Windows has no such call for directories.
    fn flush_directory(&self) -> io::Result<()> {
        match self.path.parent() {
            Some(directory) if cfg!(unix) => File::open(directory)?.sync_all(),
            _ => Ok(()),
        }
    }

    /// Checks that the directory exists, and that other users have no access to it.
    pub(crate) fn check_directory(&self) -> Result<(), Error> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        match fs::metadata(directory) {
            Ok(metadata) if metadata.is_dir() => check_private(directory, &metadata, 0o700),
            Ok(_) => Err(Error::io(directory, io::ErrorKind::NotADirectory.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Error::NoDirectory(directory.to_owned()))
            }
            Err(error) => Err(Error::io(directory, error)),
        }
    }

    fn context(&self) -> Vec<&str> {
        self.context.iter().map(String::as_str).collect()
    }

    fn new_path(&self) -> PathBuf {
        self.path.with_extension("new")
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Checks that other users have no access. Only Unix has a mode.
fn check_private(path: &Path, metadata: &Metadata, private: u32) -> Result<(), Error> {
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        let path = path.to_owned();
        return Err(Error::Accessible {
            path,
            mode: private,
        });
    }
    #[cfg(not(unix))]
    let _ = (path, metadata, private);
    Ok(())
}

/// Each part has its length in front: otherwise `["ab", "c"]` and `["a", "bc"]` would be the same context.
fn digest(context: &[String]) -> [u8; DIGEST_BYTES] {
    let mut digest = Sha256::new();
    for part in context {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
