//! The revocation request (RFC 7009 section 2.1).

use crate::wire::request::Field;

/// The type of a token, which is a hint for the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenType {
    AccessToken,
    RefreshToken,
}

pub(crate) fn revocation_request<'a>(
    token: &'a str,
    kind: TokenType,
    client_id: &'a str,
) -> [Field<'a>; 3] {
    let hint = match kind {
        TokenType::AccessToken => "access_token",
        TokenType::RefreshToken => "refresh_token",
    };
    [
        ("token", Some(token)),
        ("token_type_hint", Some(hint)),
        ("client_id", Some(client_id)),
    ]
}
