//! Signing keys: what their issuer does, the tokens that arrive, and time that passes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use workos_login::http::Response;

use crate::choices::{Choices, values};
use crate::json::Damage;
use crate::moves::duration;
use crate::response::Delivery;

/// One thing that happens to a program that verifies tokens.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum KeyMove {
    /// The issuer publishes a new key, which does not sign yet.
    Publish,
    /// The issuer signs with the key that it has published last.
    Rotate,
    /// The issuer removes the keys that are older than the one that signs.
    Retire,
    /// From here on, fetches of the keys are responded to in this way.
    Respond(JwksResponse),
    /// A token arrives, signed by this key.
    Token(TokenKey),
    /// Time passes.
    AdvanceClock(Duration),
    /// The clock is set back.
    SetClockBack(Duration),
}

/// The key that a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKey {
    /// The key that signs.
    Current,
    /// The key that signed before it.
    Previous,
    /// The key that was published last.
    Newest,
    /// None: the key ID is made up.
    MadeUp,
}

impl KeyMove {
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let token = [
            TokenKey::Current,
            TokenKey::Previous,
            TokenKey::Newest,
            TokenKey::MadeUp,
        ];
        match choices.below(16) {
            0..=6 => Self::Token(choices.one_of(&token)),
            7 | 8 => Self::Publish,
            9 => Self::Rotate,
            10 => Self::Retire,
            11 | 12 => Self::Respond(JwksResponse::generate(choices)),
            13 => Self::SetClockBack(duration(choices)),
            _ => Self::AdvanceClock(duration(choices)),
        }
    }
}

/// The delivery of the response to a fetch of the keys.
#[derive(Clone, Debug, PartialEq)]
pub struct JwksResponse {
    damage: Damage,
    delivery: Delivery,
}

impl JwksResponse {
    /// Makes a response without damage.
    #[must_use]
    pub fn new() -> Self {
        Self {
            damage: Damage::Intact,
            delivery: Delivery::default(),
        }
    }

    /// Returns whether the response arrives as the issuer sends it.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        *self == Self::new()
    }

    /// Returns the HTTP response with these keys, each a JWK.
    #[must_use]
    pub fn to_http(&self, keys: &[Value]) -> Response<Vec<u8>> {
        let body = self.damage.apply(&json!({"keys": keys}));
        self.delivery.deliver(200, body, None)
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        Self {
            damage: Damage::generate(choices),
            delivery: Delivery::generate(choices),
        }
    }
}

impl Default for JwksResponse {
    fn default() -> Self {
        Self::new()
    }
}

/// The issuer that moves are applied to, with a clock of its own. Its keys have numbers; the key pairs are the test's.
///
/// ```
/// use workos_login_strategies::{KeyIssuer, KeyMove, TokenKey};
///
/// let mut issuer = KeyIssuer::new();
/// assert_eq!(issuer.apply(&KeyMove::Publish), None);
/// assert!(issuer.published().eq([0, 1]));
/// issuer.apply(&KeyMove::Rotate);
/// assert_eq!(issuer.apply(&KeyMove::Token(TokenKey::Current)), Some(1));
/// ```
#[derive(Clone, Debug)]
pub struct KeyIssuer {
    oldest: u8,
    current: u8,
    newest: u8,
    response: JwksResponse,
    now: SystemTime,
}

impl KeyIssuer {
    /// The number of the key whose ID is made up. The issuer never publishes it.
    pub const MADE_UP: u8 = u8::MAX;

    /// Makes an issuer that has published key 0, which signs.
    #[must_use]
    pub fn new() -> Self {
        Self {
            oldest: 0,
            current: 0,
            newest: 0,
            response: JwksResponse::new(),
            now: UNIX_EPOCH + Duration::from_secs(1_780_000_000),
        }
    }

    /// Makes a move, and returns the number of the key that the token names, if one arrives.
    pub fn apply(&mut self, step: &KeyMove) -> Option<u8> {
        match step {
            KeyMove::Publish if self.newest + 1 < Self::MADE_UP => self.newest += 1,
            KeyMove::Publish => {}
            KeyMove::Rotate => self.current = self.newest,
            KeyMove::Retire => self.oldest = self.current,
            KeyMove::Respond(response) => self.response = response.clone(),
            KeyMove::Token(key) => {
                return Some(match key {
                    TokenKey::Current => self.current,
                    TokenKey::Previous => self.current.saturating_sub(1),
                    TokenKey::Newest => self.newest,
                    TokenKey::MadeUp => Self::MADE_UP,
                });
            }
            // A clock at the end of its range stays there.
            KeyMove::AdvanceClock(by) => self.now = self.now.checked_add(*by).unwrap_or(self.now),
            KeyMove::SetClockBack(by) => self.now = self.now.checked_sub(*by).unwrap_or(self.now),
        }
        None
    }

    /// Returns the numbers of the published keys.
    pub fn published(&self) -> impl Iterator<Item = u8> + use<> {
        self.oldest..=self.newest
    }

    /// Returns what happens to the response to a fetch of the keys.
    #[must_use]
    pub fn response(&self) -> &JwksResponse {
        &self.response
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }
}

impl Default for KeyIssuer {
    fn default() -> Self {
        Self::new()
    }
}

values!(JwksResponse, KeyMove);
