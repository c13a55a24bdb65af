//! A token in compact serialization (RFC 7515 section 3.1): its parts, before and after its signature is verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::public_key::PublicKey;
use crate::keys::verify_error::InvalidToken;
use crate::limits::MAX_TOKEN_BYTES;
use crate::wire;
use crate::wire::jose::Header;

/// A token whose header was read. Its payload is not decoded before the signature is verified.
pub(super) struct SignedToken<'a> {
    pub(super) key_id: Box<str>,
    header: Header,
    payload: &'a str,
    signed: &'a str,
    signature: &'a str,
}

/// A payload with a valid signature.
pub(super) struct Payload {
    /// The `typ` of the header.
    pub(super) typ: Option<Box<str>>,
    pub(super) json: Box<str>,
}

impl<'a> SignedToken<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, InvalidToken> {
        // Before anything is decoded, because any client can send a token to a resource server.
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken::TooLong);
        }
        // The signature covers the encoded text of header and payload (RFC 7515 section 5.2), so it is kept as it was received.
        let (signed, signature) = token.rsplit_once('.').ok_or(InvalidToken::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(InvalidToken::Malformed)?;
        // Five parts would be an encrypted token (RFC 7516).
        if payload.contains('.') {
            return Err(InvalidToken::Malformed);
        }
        let header = decode(header)?;
        let mut header: Header = wire::object(&header).ok_or(InvalidToken::Malformed)?;
        // No extension is understood (RFC 7515 section 4.1.11).
        if header.has_crit {
            return Err(InvalidToken::Critical);
        }
        // RFC 7515 section 4.1.4 makes it optional. Without it, each key would have to be tried, at the cost of a signature each.
        let key_id = header.kid.take().filter(|id| !id.is_empty());
        Ok(Self {
            key_id: key_id.ok_or(InvalidToken::MissingKeyId)?,
            header,
            payload,
            signed,
            signature,
        })
    }

    pub(super) fn verify(self, key: &PublicKey) -> Result<Payload, InvalidToken> {
        // The header is not trusted yet, so it selects nothing but the key. `none` is the algorithm of no key.
        if !key.algorithm.names().contains(&&*self.header.alg) {
            return Err(InvalidToken::Algorithm);
        }
        let signature = decode(self.signature)?;
        if !key.key.verifies(self.signed.as_bytes(), &signature) {
            return Err(InvalidToken::Signature);
        }
        // Only after the signature: the header is the only unauthenticated input that is parsed.
        let json = String::from_utf8(decode(self.payload)?).map_err(|_| InvalidToken::Malformed)?;
        Ok(Payload {
            typ: self.header.typ,
            json: json.into(),
        })
    }
}

/// Decodes base64url without padding, line breaks and trailing bits, so that a token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, InvalidToken> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| InvalidToken::Malformed)
}
