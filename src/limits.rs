//! Every limit and default.
//!
//! What exceeds a limit is a typed error: it is not read, stored or sent. What has no limit of its own, such as a list of
//! organizations or the metadata of a user, is limited by [`MAX_RESPONSE_BYTES`].

use std::time::Duration;

/// The maximum size of a response body in bytes, also after decompression.
pub const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// The maximum size of a stored state in bytes. Everything that fits into a response is smaller when it is stored.
///
/// The core serializes states through serde and never has the whole form, so this is a limit for stores.
pub const MAX_STORED_BYTES: usize = 1024 * 1024;

/// The maximum size of a callback URL in bytes.
pub const MAX_CALLBACK_BYTES: usize = 16 * 1024;

/// The maximum size of the `state` of a callback in bytes, decoded.
pub const MAX_STATE_BYTES: usize = 2 * 1024;

/// The maximum size of an authorization code in bytes, decoded.
pub const MAX_CODE_BYTES: usize = 4 * 1024;

/// The maximum size of a redirect URI in bytes.
pub const MAX_REDIRECT_URI_BYTES: usize = 2 * 1024;

/// The maximum size of a client, connection, organization or session ID in bytes.
pub const MAX_ID_BYTES: usize = 256;

/// The maximum size of an `x-request-id` in bytes. A longer one is dropped.
pub const MAX_REQUEST_ID_BYTES: usize = 128;

/// The timeout of an exchange, from the first byte sent to the last byte received: 30 seconds.
///
/// The core has no clock, so HTTP clients apply it.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The default lifetime of a pending login, 10 minutes: see [`Start::expires_after`](crate::Start::expires_after).
pub const PENDING_LOGIN_TTL: Duration = Duration::from_secs(600);

/// The tolerance for a timestamp in the future: 60 seconds. A stored state with a later one has expired.
pub const TIMESTAMP_TOLERANCE: Duration = Duration::from_secs(60);

/// The maximum wait that a `Retry-After` leads to: 60 seconds.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The default margin before the expiry of an access token at which it is due for refresh, 5 minutes: see
/// [`RefreshPolicy`](crate::RefreshPolicy).
pub const REFRESH_MARGIN: Duration = Duration::from_secs(300);

/// The polling interval of a device login if the service specifies none: 5 seconds (RFC 8628 section 3.2).
pub const POLLING_INTERVAL: Duration = Duration::from_secs(5);

/// The minimum polling interval, whatever the service specifies: 1 second.
pub const MIN_POLLING_INTERVAL: Duration = Duration::from_secs(1);

/// The time that `slow_down` adds to the polling interval: 5 seconds (RFC 8628 section 3.5).
pub const SLOW_DOWN_INCREMENT: Duration = Duration::from_secs(5);

/// The maximum time between two polls that transport errors and transient errors lead to: 60 seconds.
pub const MAX_POLLING_BACKOFF: Duration = Duration::from_secs(60);

/// The maximum size of an access token or ID token in bytes. A longer one is not verified.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The maximum number of keys in a JWKS. A response with more is rejected.
pub const MAX_KEYS: usize = 100;

/// The maximum age of a JWKS: 10 minutes. An older one is due for a fetch, and stays in use until one succeeds.
pub const KEYS_MAX_AGE: Duration = Duration::from_secs(600);

/// The cooldown, 30 seconds: the minimum time between two fetches of a JWKS, whatever the key IDs of the tokens are.
pub const KEYS_COOLDOWN: Duration = Duration::from_secs(30);

/// The minimum time between two fetches of a JWKS while there is none to use: 1 second.
pub const KEYS_RETRY: Duration = Duration::from_secs(1);

/// The time after which a JWKS is no longer used if all fetches failed: 24 hours.
pub const KEYS_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// The timeout of a fetch of a JWKS, which delays the verification of a token: 5 seconds.
pub const KEYS_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum leeway for the clocks of an issuer and a verifier: 5 minutes.
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);
