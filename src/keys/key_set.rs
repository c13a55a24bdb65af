//! A key set: verification, and when to fetch, as data.
//!
//! A key set fetches nothing. It holds two times: when the last fetch began, which starts the cooldown, and when the fetch of the present keys
//! began, which tells their age. If the two are equal, the present keys are those of the last fetch. Then a key ID that is unknown in
//! the cooldown is unknown to the issuer, too; otherwise a fetch is in flight or has failed, and the key may be a new one.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Uri;

use crate::client::{Client, OAuth, UserManagement};
use crate::error::{ClientError, ClientErrorKind};
use crate::keys::fetching_keys::FetchingKeys;
use crate::keys::public_key::{Algorithm, PublicKey};
use crate::keys::rules::Rules;
use crate::keys::signed_token::{Payload, SignedToken};
use crate::keys::verified::{AccessClaims, IdClaims, Verified};
use crate::keys::verify_error::{InvalidToken, VerifyError};
use crate::limits::{
    KEYS_COOLDOWN, KEYS_MAX_AGE, KEYS_RETRY, KEYS_TTL, MAX_LEEWAY, TIMESTAMP_TOLERANCE,
};
use crate::timestamp::Timestamp;

impl<K: UserManagement> Client<K> {
    /// Makes a key set for the access tokens of this client. It has no keys yet.
    ///
    /// The issuer and the audience of User Management are not documented, and the key set of each environment is its own. So neither is
    /// required unless [`KeySet::issuer`] or [`KeySet::audience`] sets it.
    pub fn key_set(&self) -> KeySet {
        let endpoint = self.endpoints().jwks(self.id());
        let rules = Rules {
            client_id: self.id().clone(),
            issuer: None,
            audience: None,
            leeway: Duration::ZERO,
            has_id_tokens: false,
        };
        KeySet::new(endpoint, rules, &[Algorithm::Rs256])
    }
}

impl Client<OAuth> {
    /// Makes a key set for the ID tokens of this client, and for access tokens whose audience is `audience`. It has no keys yet.
    ///
    /// The audience is the identifier of the resource server at the authorization server (RFC 9068 section 4). The audience of an ID token
    /// is the client ID. The issuer is that of the server.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the server has no [JWKS URI](crate::Server::jwks_uri).
    pub fn key_set(&self, audience: &str) -> Result<KeySet, ClientError> {
        let endpoint = self.server().jwks.clone();
        let endpoint = endpoint.ok_or(ClientError(ClientErrorKind::NoJwksUri))?;
        let rules = Rules {
            client_id: self.id().clone(),
            issuer: Some(self.issuer().into()),
            audience: Some(audience.into()),
            leeway: Duration::ZERO,
            has_id_tokens: true,
        };
        let algorithms = &[Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];
        Ok(KeySet::new(endpoint, rules, algorithms))
    }
}

/// The keys of an issuer (JWKS, RFC 7517), and the rules for its tokens.
///
/// [`Client::key_set`] makes one without keys. A clone is a snapshot: it is cheap, and a later fetch does not change it.
///
/// # Fetches
///
/// The keys are fetched before the first token is verified, and again when they are 600 seconds old. Until a fetch succeeds, they stay in
/// use for 24 hours.
///
/// An unknown key ID can be that of a new key, or made up. It leads to a fetch, but at most to one within the cooldown of 30 seconds. So a
/// new key is known in time if the issuer publishes it 30 seconds or more before the first signature, whatever other tokens arrive; if one
/// fetch can fail, 630 seconds or more. A key that the issuer removes is no longer used after the next fetch.
///
/// # Keys
///
/// A key is used if it has a key ID, is for signatures (`use`, `key_ops`) and is of a supported algorithm: RS256 with 2048 to 8192 bits, and
/// for other authorization servers than User Management ES256 and EdDSA with Ed25519. The algorithm belongs to the key; a token with another
/// one is invalid (RFC 8725 section 3.1). If several of these keys have the same ID, none of them is used.
#[derive(Clone)]
pub struct KeySet {
    endpoint: Uri,
    rules: Arc<Rules>,
    algorithms: &'static [Algorithm],
    keys: Arc<[PublicKey]>,
    /// When the last fetch began.
    requested: Option<Timestamp>,
    /// When the fetch of these keys began.
    loaded: Option<Timestamp>,
}

impl KeySet {
    fn new(endpoint: Uri, rules: Rules, algorithms: &'static [Algorithm]) -> Self {
        Self {
            endpoint,
            rules: Arc::new(rules),
            algorithms,
            keys: Arc::new([]),
            requested: None,
            loaded: None,
        }
    }

    /// Sets the expected issuer (`iss`).
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        Arc::make_mut(&mut self.rules).issuer = Some(issuer.into());
        self
    }

    /// Sets the expected audience (`aud`) of access tokens.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        Arc::make_mut(&mut self.rules).audience = Some(audience.into());
        self
    }

    /// Sets the leeway for `exp` and `nbf`, which is zero by default. More than [`MAX_LEEWAY`] has no effect.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        Arc::make_mut(&mut self.rules).leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// Returns the time until the keys are due for a fetch; zero if they are due.
    ///
    /// It is that of the maximum age, but not before the cooldown ends. Tokens are verified with keys that are due.
    #[must_use]
    pub fn needs_fetch_in(&self, now: SystemTime) -> Duration {
        let age = self.loaded.and_then(|loaded| elapsed(loaded, now));
        let due_in = age.map_or(Duration::ZERO, |age| KEYS_MAX_AGE.saturating_sub(age));
        due_in.max(self.cooldown(now))
    }

    /// Begins a fetch, and with it the cooldown.
    ///
    /// The output of the exchange replaces this key set. If it fails, the caller does nothing: the keys are due again after the cooldown.
    /// One fetch at a time is enough.
    pub fn fetch(&mut self, now: SystemTime) -> FetchingKeys {
        // Before the clone: the exchange returns this time as that of its keys.
        self.requested = Some(now.into());
        FetchingKeys::new(self.clone())
    }

    /// Verifies an access token.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`], or [`VerifyError::KeysRequired`] if a fetch may make the token valid.
    pub fn verify_access_token(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<Verified<AccessClaims>, VerifyError> {
        let payload = self.verify(token, now)?;
        Ok(self.rules.access_token(payload, now)?)
    }

    /// Verifies an ID token (OpenID Connect Core section 3.1.3.7). User Management issues none.
    ///
    /// The caller compares [`IdClaims::nonce`] if the authorization request had one.
    ///
    /// # Errors
    ///
    /// As for [`verify_access_token`](Self::verify_access_token).
    pub fn verify_id_token(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<Verified<IdClaims>, VerifyError> {
        let payload = self.verify(token, now)?;
        Ok(self.rules.id_token(payload, now)?)
    }

    pub(super) fn endpoint(&self) -> &Uri {
        &self.endpoint
    }

    pub(super) fn algorithms(&self) -> &'static [Algorithm] {
        self.algorithms
    }

    /// Replaces the keys by those of the fetch that began last.
    pub(super) fn replaced_by(self, keys: Vec<PublicKey>) -> Self {
        Self {
            keys: keys.into(),
            // From the beginning of the fetch, because the issuer may change its keys while it is in flight.
            loaded: self.requested,
            ..self
        }
    }

    fn verify(&self, token: &str, now: SystemTime) -> Result<Payload, VerifyError> {
        let token = SignedToken::parse(token)?;
        let key = self.key(&token.key_id, now)?;
        Ok(token.verify(key)?)
    }

    fn key(&self, id: &str, now: SystemTime) -> Result<&PublicKey, VerifyError> {
        let required = || VerifyError::KeysRequired {
            fetch_in: self.cooldown(now),
        };
        // An issuer without keys is being set up. No token is invalid for that.
        if !self.is_loaded(now) || self.keys.is_empty() {
            return Err(required());
        }
        let mut keys = self.keys.iter().filter(|key| &*key.id == id);
        match (keys.next(), keys.next()) {
            (Some(key), None) => Ok(key),
            // Either key could be the wrong one. To try both would let one issuer mistake decide which is trusted.
            (Some(_), Some(_)) => Err(InvalidToken::DuplicateKeyId.into()),
            // These keys come from the fetch that the cooldown belongs to.
            (None, _) if self.loaded == self.requested && !self.cooldown(now).is_zero() => {
                Err(InvalidToken::UnknownKeyId.into())
            }
            (None, _) => Err(required()),
        }
    }

    fn is_loaded(&self, now: SystemTime) -> bool {
        let age = self.loaded.and_then(|loaded| elapsed(loaded, now));
        age.is_some_and(|age| age < KEYS_TTL)
    }

    /// Returns the time until another fetch can begin.
    fn cooldown(&self, now: SystemTime) -> Duration {
        let minimum = if self.is_loaded(now) {
            KEYS_COOLDOWN
        } else {
            // Without keys no token can be verified, so a failed fetch is repeated sooner.
            KEYS_RETRY
        };
        let since = self.requested.and_then(|requested| elapsed(requested, now));
        since.map_or(Duration::ZERO, |since| minimum.saturating_sub(since))
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("endpoint", &self.endpoint)
            .field("rules", &self.rules)
            .field("keys", &self.keys)
            .field("requested", &self.requested)
            .field("loaded", &self.loaded)
            .finish_non_exhaustive()
    }
}

/// Returns the time since `then`; `None` if a clock that was set back has made it unknown.
fn elapsed(then: Timestamp, now: SystemTime) -> Option<Duration> {
    let now = Timestamp::from(now);
    (then.since(now) <= TIMESTAMP_TOLERANCE).then(|| now.since(then))
}
