//! The keys of the files, and where they come from.

use std::env;
use std::error;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use workos_login_session::SealingKeys;
use zeroize::Zeroizing;

/// The keys of encrypted files: the first one encrypts, and all decrypt.
///
/// Each key is 32 random bytes in base64, on a line of its own: the output of `openssl rand -base64 32`. To rotate, put a new key in front, and
/// remove the old one when every session was refreshed. Keys are wiped from memory on drop.
pub struct FileKeys {
    sealing: SealingKeys,
    ids: Vec<u32>,
}

impl FileKeys {
    /// Reads the keys from an environment variable.
    ///
    /// The programs that this process starts inherit the variable.
    ///
    /// # Errors
    ///
    /// The variable is not set, or contains something else.
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        let source = || Source::Variable(variable.to_owned());
        let Some(text) = env::var_os(variable) else {
            return Err(KeyError::missing(source(), io::ErrorKind::NotFound.into()));
        };
        let text = Zeroizing::new(text.into_encoded_bytes());
        Self::parse(&text, source)
    }

    /// Reads the keys from a file descriptor that this process inherited, up to its end: `3` for `acme 3</run/keys/acme`.
    ///
    /// A pipe can be read once.
    ///
    /// # Errors
    ///
    /// The descriptor cannot be read, or contains something else.
    #[cfg(unix)]
    pub fn from_fd(number: u32) -> Result<Self, KeyError> {
        // A descriptor by number is unsafe, because others may own it. This opens it again.
        let path = Path::new("/dev/fd").join(number.to_string());
        Self::from_file(&path, || Source::Descriptor(number))
    }

    /// Reads the keys from a systemd credential: the file with this name in `$CREDENTIALS_DIRECTORY`.
    ///
    /// # Errors
    ///
    /// There is no such credential, or it contains something else.
    pub fn from_credential(name: &str) -> Result<Self, KeyError> {
        let source = || Source::Credential(name.to_owned());
        let is_name = Path::new(name).file_name() == Some(name.as_ref());
        match env::var_os("CREDENTIALS_DIRECTORY") {
            Some(directory) if is_name => {
                Self::from_file(&PathBuf::from(directory).join(name), source)
            }
            _ => Err(KeyError::missing(source(), io::ErrorKind::NotFound.into())),
        }
    }

    /// Reads the keys from a reader, up to its end.
    ///
    /// # Errors
    ///
    /// The reader fails, or contains something else.
    pub fn from_reader(reader: impl Read) -> Result<Self, KeyError> {
        Self::read(reader, || Source::Reader)
    }

    fn from_file(path: &Path, source: impl Fn() -> Source) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(|error| KeyError::missing(source(), error))?;
        Self::read(file, source)
    }

    fn read(reader: impl Read, source: impl Fn() -> Source) -> Result<Self, KeyError> {
        // At full capacity, because a buffer that grows leaves copies that are not wiped.
        let mut text = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
        let mut limited = reader.take(MAX_BYTES as u64 + 1);
        match limited.read_to_end(&mut text) {
            Ok(_) => Self::parse(&text, source),
            Err(error) => Err(KeyError::missing(source(), error)),
        }
    }

    fn parse(text: &[u8], source: impl Fn() -> Source) -> Result<Self, KeyError> {
        let invalid = || KeyError {
            source: source(),
            cause: None,
        };
        let mut lines = text
            .split(u8::is_ascii_whitespace)
            .filter(|line| !line.is_empty());
        let first = lines.next().ok_or_else(invalid)?;
        if text.len() > MAX_BYTES {
            return Err(invalid());
        }
        let first = Key::parse(first).ok_or_else(invalid)?;
        let mut keys = Self {
            sealing: SealingKeys::new(first.id, &first.bytes),
            ids: vec![first.id],
        };
        for line in lines {
            let Key { id, bytes } = Key::parse(line).ok_or_else(invalid)?;
            keys.sealing = keys.sealing.and_opens(id, &bytes);
            keys.ids.push(id);
        }
        Ok(keys)
    }

    pub(crate) fn seal(&self, context: &[&str], plaintext: &[u8]) -> Vec<u8> {
        self.sealing.seal(context, plaintext, &mut rand::rng())
    }

    pub(crate) fn open(&self, context: &[&str], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.sealing.open(context, sealed)
    }

    /// Returns whether one of the keys has sealed a value, by the key ID in front of it.
    pub(crate) fn has_key_of(&self, sealed: &[u8]) -> bool {
        let id = sealed.first_chunk().copied().map(u32::from_be_bytes);
        id.is_some_and(|id| self.ids.contains(&id))
    }
}

impl fmt::Debug for FileKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileKeys").finish_non_exhaustive()
    }
}

/// One key, and the ID that says which one a value was sealed with.
struct Key {
    id: u32,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl Key {
    fn parse(line: &[u8]) -> Option<Self> {
        // The decoder needs room for three bytes from each four characters.
        let mut decoded = Zeroizing::new([0; KEY_BYTES + 3]);
        let length = STANDARD.decode_slice(line, &mut *decoded).ok()?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        bytes.copy_from_slice(decoded.get(..length).filter(|_| length == KEY_BYTES)?);
        // From the key, so that keys need no numbers. 32 bits of a hash reveal nothing of a random key.
        let digest = Sha256::new()
            .chain_update("workos-login-file key")
            .chain_update(*bytes);
        let [a, b, c, d, ..]: [u8; 32] = digest.finalize().into();
        let id = u32::from_be_bytes([a, b, c, d]);
        Some(Self { id, bytes })
    }
}

/// The error of the keys: they cannot be read, or are not keys. The message names the source and the remedy, and contains no key.
#[derive(Debug)]
pub struct KeyError {
    source: Source,
    /// Without one, the content is invalid.
    cause: Option<io::Error>,
}

#[derive(Debug)]
enum Source {
    Credential(String),
    #[cfg(unix)]
    Descriptor(u32),
    Reader,
    Variable(String),
}

impl KeyError {
    fn missing(source: Source, error: io::Error) -> Self {
        let cause = Some(error);
        Self { source, cause }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Credential(name) => write!(f, "the systemd credential {name}")?,
            #[cfg(unix)]
            Source::Descriptor(number) => write!(f, "file descriptor {number}")?,
            Source::Reader => f.write_str("the source of the key")?,
            Source::Variable(name) => write!(f, "the environment variable {name}")?,
        }
        if self.cause.is_none() {
            return f.write_str(
                " must contain the output of openssl rand -base64 32, and older keys on further lines",
            );
        }
        match &self.source {
            Source::Credential(name) => write!(
                f,
                " cannot be read; add LoadCredentialEncrypted={name} to the service"
            ),
            Source::Variable(_) => f.write_str(" is not set; set it to the key"),
            _ => f.write_str(" cannot be read; open it for reading"),
        }
    }
}

impl error::Error for KeyError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

const KEY_BYTES: usize = 32;

/// The maximum length of the keys as text: more than twenty keys.
const MAX_BYTES: usize = 1024;
