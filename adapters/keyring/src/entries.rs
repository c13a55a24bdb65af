//! One value in as many entries as it takes, written as if it were one.
//!
//! The *head* is the entry that has the account's name. It holds the value itself when that fits, and otherwise says
//! where its parts are: `parts a 3 <digest>` for three entries of the generation `a`, whose bytes in a row have that digest.
//! A new value's parts are written under the other generation, then the head, then the old parts are removed. So
//! whenever writing ends, by a crash or a failure, the head leads to the old value or to the new one.
//!
//! Parts are written in ascending order and removed in descending order: the parts of a generation are always numbered
//! without a gap, and none is forgotten.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyring_core::{CredentialStore, Entry};
use sha2::{Digest, Sha256};
use workos_login::limits::MAX_STORED_BYTES;
use zeroize::Zeroizing;

use crate::error::Error;

/// The names of the generations of parts, which take turns.
const GENERATIONS: [char; 2] = ['a', 'b'];

#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) store: Arc<CredentialStore>,
    pub(crate) service: Box<str>,
    pub(crate) account: Box<str>,
    /// How many bytes one entry holds.
    pub(crate) entry_bytes: usize,
}

/// What a read found.
pub(crate) enum Found {
    Nothing,
    /// The head and its parts do not go together: somebody was writing, or they are damaged.
    Torn,
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
        // With room for all: the places that a value grows out of are not wiped.
        let mut value = Zeroizing::new(Vec::with_capacity(MAX_STORED_BYTES));
        for number in 0..parts.count {
            match self.get(&self.name(parts.generation, number))? {
                Some(part) if value.len() + part.len() <= MAX_STORED_BYTES => {
                    value.extend_from_slice(&part);
                }
                _ => return Ok(Found::Torn),
            }
        }
        Ok(if digest(&value) == parts.digest {
            Found::Value(value)
        } else {
            Found::Torn
        })
    }

    /// Writes a value in place of the old one. Nobody else may be writing.
    pub(crate) fn write(&self, value: &[u8]) -> Result<(), Error> {
        if value.len() > MAX_STORED_BYTES {
            return Err(Error::TooLong);
        }
        let old = self
            .get(&self.account)?
            .and_then(|head| Parts::parse(&head));
        let generation = if value.len() <= self.entry_bytes && !value.starts_with(PARTS) {
            self.set(&self.account, value)?;
            None
        } else {
            let generation = match old.map(|parts| parts.generation) {
                Some('a') => 'b',
                _ => 'a',
            };
            self.write_parts(generation, value)?;
            Some(generation)
        };
        // The new value is written, whatever becomes of the old parts: the next write or the removal sweeps again.
        for other in GENERATIONS {
            if generation != Some(other) {
                let _ = self.sweep(other, 0);
            }
        }
        Ok(())
    }

    fn write_parts(&self, generation: char, value: &[u8]) -> Result<(), Error> {
        let mut count = 0;
        for part in value.chunks(self.entry_bytes) {
            self.set(&self.name(generation, count), part)?;
            count += 1;
        }
        self.sweep(generation, count)?;
        let head = Parts {
            generation,
            count,
            digest: digest(value),
        };
        self.set(&self.account, head.to_string().as_bytes())
    }

    /// Removes the value. Nobody else may be writing.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        self.delete(&self.account)?;
        for generation in GENERATIONS {
            self.sweep(generation, 0)?;
        }
        Ok(())
    }

    /// Writes an entry of no meaning and removes it.
    pub(crate) fn probe(&self) -> Result<(), Error> {
        let name = format!("{}#check", self.account);
        self.set(&name, b"can this be written?")?;
        self.delete(&name)
    }

    /// Removes the parts of a generation from `first` on, the last one first.
    fn sweep(&self, generation: char, first: usize) -> Result<(), Error> {
        let mut end = first;
        while self.get(&self.name(generation, end))?.is_some() {
            end += 1;
        }
        for number in (first..end).rev() {
            self.delete(&self.name(generation, number))?;
        }
        Ok(())
    }

    fn name(&self, generation: char, number: usize) -> String {
        format!("{}#{generation}{number}", self.account)
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

/// What a head begins with that leads to parts. A record is JSON and does not.
const PARTS: &[u8] = b"parts ";

/// Where the parts of a value are.
struct Parts {
    generation: char,
    count: usize,
    digest: String,
}

impl Parts {
    fn parse(head: &[u8]) -> Option<Self> {
        let text = str::from_utf8(head.strip_prefix(PARTS)?).ok()?;
        let mut words = text.split(' ');
        let generation = words.next()?.chars().next()?;
        let count = words.next()?.parse().ok()?;
        let digest = words.next()?.to_owned();
        Some(Self {
            generation,
            count,
            digest,
        })
    }
}

impl std::fmt::Display for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "parts {} {} {}",
            self.generation, self.count, self.digest
        )
    }
}

fn digest(value: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(value))
}
