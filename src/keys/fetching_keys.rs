//! The exchange that fetches a JWKS.

use std::time::SystemTime;

use http::{Request, Response};

use crate::error::{Error, MalformedKind, ResponseKind};
use crate::error_codes::classify_other;
use crate::exchange::{Exchange, Refused, sealed};
use crate::keys::key_set::KeySet;
use crate::keys::public_key::PublicKey;
use crate::limits::MAX_KEYS;
use crate::wire;
use crate::wire::jose::Jwks;
use crate::wire::request::get;

/// A fetch of a JWKS (RFC 7517 section 5), without authentication. Send it with an HTTP client, through [`Exchange`].
///
/// Keys that this crate cannot use are ignored. A JWKS without any other keys is a success: tokens are not verified until another fetch.
#[derive(Debug)]
#[must_use = "nothing is fetched until it is sent"]
pub struct FetchingKeys {
    keys: KeySet,
}

impl FetchingKeys {
    pub(super) fn new(keys: KeySet) -> Self {
        Self { keys }
    }

    fn read(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Vec<PublicKey>, Error> {
        let response = classify_other(response, ResponseKind::Jwks, now)?;
        let jwks: Jwks<'_> = response.json()?;
        // Before the keys are read. The lookup of a key is linear.
        if jwks.keys.len() > MAX_KEYS {
            return Err(response.malformed(MalformedKind::Missing("keys")).into());
        }
        let keys = jwks.keys.iter().filter_map(|key| {
            let jwk = wire::object(key.get().as_bytes())?;
            PublicKey::read(&jwk, self.keys.algorithms())
        });
        Ok(keys.collect())
    }
}

impl Exchange for FetchingKeys {
    type Output = KeySet;

    fn request(&self) -> Request<Vec<u8>> {
        get(
            self.keys.endpoint(),
            "application/json, application/jwk-set+json",
        )
    }

    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<KeySet, Refused<Self>> {
        match self.read(&response, now) {
            Ok(keys) => Ok(self.keys.replaced_by(keys)),
            Err(error) => Err(Refused::new(self, error)),
        }
    }
}

impl sealed::Sealed for FetchingKeys {}
