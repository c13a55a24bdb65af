//! The reason a token was not verified.

use std::error;
use std::fmt;
use std::time::Duration;

use crate::limits::MAX_TOKEN_BYTES;

/// The reason a token was not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the token is invalid, or that is not known yet"
)]
pub enum VerifyError {
    /// The token is invalid.
    Invalid(InvalidToken),
    /// It is not known if the token is valid: there are no keys, or its key may be a new one.
    ///
    /// If `fetch_in` is zero, [fetch](super::KeySet::fetch) the keys and verify the token again. Otherwise a fetch is in flight or failed
    /// a moment ago, and the next one is possible in that time.
    KeysRequired {
        /// The time until the keys can be fetched.
        fetch_in: Duration,
    },
}

impl From<InvalidToken> for VerifyError {
    fn from(invalid: InvalidToken) -> Self {
        Self::Invalid(invalid)
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::KeysRequired { fetch_in } if fetch_in.is_zero() => f.write_str(
                "the keys of the issuer are required; fetch them and verify the token again",
            ),
            Self::KeysRequired { .. } => f.write_str(
                "the keys of the issuer could not be fetched; verify the token again later",
            ),
        }
    }
}

impl error::Error for VerifyError {}

/// The check of a token that failed. No message contains a part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidToken {
    /// `alg` is not the algorithm of the key.
    Algorithm,
    /// `aud` does not contain the expected audience, or contains others that are not trusted.
    Audience,
    /// The header has a `crit`, and no extension is supported (RFC 7515 section 4.1.11).
    Critical,
    /// More than one key has the key ID of the token.
    DuplicateKeyId,
    /// The token has expired.
    Expired,
    /// `iss` is not the issuer.
    Issuer,
    /// The token is not a JWS in compact serialization whose header and payload are JSON objects (RFC 7515 section 3.1).
    Malformed,
    /// `exp` is missing or not a date.
    MissingExpiry,
    /// `iat`, which an ID token must have, is missing or not a date.
    MissingIssueTime,
    /// `kid` is missing.
    MissingKeyId,
    /// `sub` is missing.
    MissingSubject,
    /// `nbf` is in the future.
    NotYetValid,
    /// The signature is not that of the key.
    Signature,
    /// The token is longer than [`MAX_TOKEN_BYTES`].
    TooLong,
    /// The token is of another type: an ID token in place of an access token, the reverse, or a logout token.
    Type,
    /// The issuer has no key with the key ID of the token.
    UnknownKeyId,
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "token has another algorithm than its key",
            Self::Audience => "token is for another audience",
            Self::Critical => "token has an extension that must be understood",
            Self::DuplicateKeyId => "token has the key ID of several keys",
            Self::Expired => "token has expired",
            Self::Issuer => "token is from another issuer",
            Self::Malformed => "token is not a JSON Web Token",
            Self::MissingExpiry => "token has no valid exp",
            Self::MissingIssueTime => "token has no valid iat",
            Self::MissingKeyId => "token has no key ID",
            Self::MissingSubject => "token has no valid sub",
            Self::NotYetValid => "token is not valid yet",
            Self::Signature => "token has an invalid signature",
            Self::TooLong => return write!(f, "token is longer than {MAX_TOKEN_BYTES} bytes"),
            Self::Type => "token is of another type",
            Self::UnknownKeyId => "token has an unknown key ID",
        })?;
        f.write_str("; get a new one")
    }
}

impl error::Error for InvalidToken {}
