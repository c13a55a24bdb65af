//! Every limit and default in one place.
//!
//! Beyond a limit there is a typed error; nothing is read, kept or sent past it. What has no limit of its own is bounded
//! by the answer that it came in: lists, such as the organizations to choose from, and a user's metadata.

use std::time::Duration;

/// The largest response body that is read, also after decompression, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// The longest stored form, in bytes: whatever fits into an answer is shorter than this when it is stored.
///
/// The core reads and writes a stored form through serde and never sees the whole of it: this is what its stores keep to,
/// and what a store of your own should keep to.
pub const MAX_STORED_BYTES: usize = 1024 * 1024;

/// The longest callback address that is parsed, in bytes.
pub const MAX_CALLBACK_BYTES: usize = 16 * 1024;

/// The longest `state` in a callback, decoded, in bytes.
pub const MAX_STATE_BYTES: usize = 2 * 1024;

/// The longest authorization code in a callback, decoded, in bytes.
pub const MAX_CODE_BYTES: usize = 4 * 1024;

/// The longest redirect URI, in bytes.
pub const MAX_REDIRECT_URI_BYTES: usize = 2 * 1024;

/// The longest client, connection, organization or session id, in bytes.
pub const MAX_ID_BYTES: usize = 256;

/// The longest `x-request-id` that is kept, in bytes; a longer one is dropped.
pub const MAX_REQUEST_ID_BYTES: usize = 128;

/// How long one exchange may take from the first byte sent to the last byte read.
///
/// The core has no clock of its own: this is what its adapters set, and what an
/// adapter of your own should set.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a pending login lives when [`Start::expires_after`] does not say otherwise.
///
/// [`Start::expires_after`]: crate::Start::expires_after
pub const PENDING_LOGIN_TTL: Duration = Duration::from_secs(600);

/// How far in the future the stamp of a stored state may lie before the state counts as expired.
pub const TIMESTAMP_TOLERANCE: Duration = Duration::from_secs(60);

/// The longest wait that a `Retry-After` is believed.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How long before the end of its life an access token is refreshed, unless that is more than half of the life.
pub const REFRESH_MARGIN: Duration = Duration::from_secs(300);

/// The interval between two polls of a device login when the service gives none (RFC 8628 section 3.2).
pub const DEVICE_INTERVAL: Duration = Duration::from_secs(5);

/// The shortest interval between two polls of a device login, whatever the service gives.
pub const MIN_DEVICE_INTERVAL: Duration = Duration::from_secs(1);

/// What `slow_down` adds to the interval of a device login (RFC 8628 section 3.5).
pub const SLOW_DOWN: Duration = Duration::from_secs(5);

/// The longest wait that lost answers alone lead to between two polls of a device login.
pub const MAX_DEVICE_BACKOFF: Duration = Duration::from_secs(60);
