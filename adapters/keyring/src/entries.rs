//! One value in as many entries as it needs, replaced atomically.
//!
//! The *head* is the entry with the name of the account, `<client ID>/<account>/<hash of the issuer>`. It holds the value, if that fits into one entry. Otherwise it says where the
//! parts are: `parts a 3 <digest>` means three parts in set `a`, whose concatenation has this digest. There are two sets, `a`
//! and `b`. A new value is written in this order: its parts into the set that is not in use, then the head, then the removal of
//! the old parts. If a write stops anywhere, by a crash or a failure, the head leads to the old value or to the new one.
//!
//! The parts of a set are written in ascending and removed in descending order, so their numbers have no gap, and a later write or
//! removal finds all that are left over.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyring_core::{CredentialStore, Entry};
use sha2::{Digest, Sha256};
use workos_login::limits::MAX_STORED_BYTES;
use zeroize::Zeroizing;

use crate::error::Error;

/// The names of the two sets of parts.
const SETS: [char; 2] = ['a', 'b'];

/// The beginning of a head that leads to parts. A record is a JSON object and begins differently.
const PARTS: &[u8] = b"parts ";

/// The entries of one account.
#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) store: Arc<CredentialStore>,
    pub(crate) service: Box<str>,
    /// The name of the head. It contains no `#`, which separates it from the suffix of the other entries.
    pub(crate) account: Box<str>,
    /// The size of one entry.
    pub(crate) max_entry_bytes: usize,
}

/// The result of a read.
pub(crate) enum Found {
    Nothing,
    /// The head and its parts do not match: another process is writing, or they are damaged.
    Inconsistent,
    Value(Zeroizing<Vec<u8>>),
}

impl Entries {
    /// Reads the value.
    pub(crate) fn read(&self) -> Result<Found, Error> {
        let Some(head) = self.get(&self.account)? else {
            return Ok(Found::Nothing);
        };
        let Some(parts) = Parts::parse(&head) else {
            return Ok(Found::Value(head));
        };
        // At full capacity, because a buffer that grows leaves copies that are not wiped.
        let mut value = Zeroizing::new(Vec::with_capacity(MAX_STORED_BYTES));
        for number in 0..parts.count {
            match self.get(&self.part_name(parts.set, number)) {
                Ok(Some(part)) if value.len() + part.len() <= MAX_STORED_BYTES => {
                    value.extend_from_slice(&part);
                }
                // The head was accessible. The Linux kernel denies access to an entry that another process removes between its
                // lookup and its read.
                Ok(_) | Err(Error::Locked(_)) => return Ok(Found::Inconsistent),
                Err(error) => return Err(error),
            }
        }
        Ok(if digest(&value) == parts.digest {
            Found::Value(value)
        } else {
            Found::Inconsistent
        })
    }

    /// Writes a value in place of the old one. The caller excludes other writers.
    pub(crate) fn write(&self, value: &[u8]) -> Result<(), Error> {
        if value.len() > MAX_STORED_BYTES {
            return Err(Error::TooLong);
        }
        let old = self
            .get(&self.account)?
            .and_then(|head| Parts::parse(&head));
        let set = if value.len() <= self.max_entry_bytes && !value.starts_with(PARTS) {
            self.set(&self.account, value)?;
            None
        } else {
            let set = match old.map(|parts| parts.set) {
                Some('a') => 'b',
                _ => 'a',
            };
            self.write_parts(set, value)?;
            Some(set)
        };
        // The new value is written. Old parts that cannot be removed are removed by the next write.
        for other in SETS {
            if set != Some(other) {
                let _ = self.remove_parts(other, 0);
            }
        }
        Ok(())
    }

    fn write_parts(&self, set: char, value: &[u8]) -> Result<(), Error> {
        let mut count = 0;
        for part in value.chunks(self.max_entry_bytes) {
            self.set(&self.part_name(set, count), part)?;
            count += 1;
        }
        self.remove_parts(set, count)?;
        let head = Parts {
            set,
            count,
            digest: digest(value),
        };
        self.set(&self.account, head.to_string().as_bytes())
    }

    /// Removes the value. The caller excludes other writers.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        self.delete(&self.account)?;
        for set in SETS {
            self.remove_parts(set, 0)?;
        }
        Ok(())
    }

    /// Writes and removes an entry that holds no value.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let name = format!("{}#check", self.account);
        self.set(&name, b"check")?;
        self.delete(&name)
    }

    /// Removes the parts of a set from number `first`, the last one first.
    fn remove_parts(&self, set: char, first: usize) -> Result<(), Error> {
        let mut end = first;
        while self.get(&self.part_name(set, end))?.is_some() {
            end += 1;
        }
        for number in (first..end).rev() {
            self.delete(&self.part_name(set, number))?;
        }
        Ok(())
    }

    fn part_name(&self, set: char, number: usize) -> String {
        format!("{}#{set}{number}", self.account)
    }

    fn entry(&self, name: &str) -> Result<Entry, Error> {
        Ok(self.store.build(&self.service, name, None)?)
    }

    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        match self.entry(name)?.get_secret() {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn set(&self, name: &str, value: &[u8]) -> Result<(), Error> {
        Ok(self.entry(name)?.set_secret(value)?)
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The location of the parts of a value.
struct Parts {
    set: char,
    count: usize,
    digest: String,
}

impl Parts {
    fn parse(head: &[u8]) -> Option<Self> {
        let text = str::from_utf8(head.strip_prefix(PARTS)?).ok()?;
        let mut words = text.split(' ');
        let set = words.next()?.chars().next()?;
        let count = words.next()?.parse().ok()?;
        let digest = words.next()?.to_owned();
        Some(Self { set, count, digest })
    }
}

impl std::fmt::Display for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "parts {} {} {}", self.set, self.count, self.digest)
    }
}

fn digest(value: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(value))
}
