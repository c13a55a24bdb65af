//! The access token in a request (RFC 6750), and the response that rejects it.

use std::net::IpAddr;

use workos_login::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use workos_login::http::{Request, Response, StatusCode, Uri};
use workos_login::secrecy::ExposeSecret;

use crate::error::CallError;
use crate::token::Token;

/// Puts the access token into the request (RFC 6750 section 2.1), in place of any other.
pub(crate) fn authorize<B>(mut request: Request<B>, token: &Token) -> Request<B> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret().expose_secret()))
        .expect("a session has an access token of graphic ASCII characters only");
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

/// Checks that a request is sent over TLS or to a loopback address (RFC 6750 section 5.3).
pub(crate) fn check<E>(url: &Uri) -> Result<(), CallError<E>> {
    match (url.scheme_str(), url.host()) {
        (Some("https"), Some(_)) => Ok(()),
        (Some("http"), Some(host)) if is_loopback(host) => Ok(()),
        _ => Err(CallError::Insecure),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Returns whether a resource server rejects the access token (RFC 6750 section 3.1).
pub(crate) fn is_rejected<B>(response: &Response<B>) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
        && response
            .headers()
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(is_invalid_token)
}

fn is_invalid_token(value: &str) -> bool {
    let challenges = http_auth::parse_challenges(value).unwrap_or_default();
    challenges.iter().any(|challenge| {
        challenge.scheme.eq_ignore_ascii_case("bearer")
            && challenge.params.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("error") && value.to_unescaped() == "invalid_token"
            })
    })
}
