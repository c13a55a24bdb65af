//! The token in a request, and the answer that says it is not good.

use std::net::IpAddr;

use workos_login::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use workos_login::http::{Request, Response, StatusCode, Uri};
use workos_login::secrecy::ExposeSecret;

use crate::error::CallError;
use crate::token::Token;

/// Puts the token into the request (RFC 6750 section 2.1), in place of any other.
pub(crate) fn authorize<B, E>(
    mut request: Request<B>,
    token: &Token,
) -> Result<Request<B>, CallError<E>> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret().expose_secret()))
        .map_err(|_| CallError::InvalidToken)?;
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(request)
}

/// Whether a token may go there: over TLS, or without leaving this machine (RFC 6750 section 5.3).
pub(crate) fn check<E>(address: &Uri) -> Result<(), CallError<E>> {
    match (address.scheme_str(), address.host()) {
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

/// Whether a resource server says that it is the token that is not good (RFC 6750 section 3.1).
pub(crate) fn is_rejected<B>(response: &Response<B>) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
        && response
            .headers()
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(says_invalid_token)
}

fn says_invalid_token(value: &str) -> bool {
    let challenges = http_auth::parse_challenges(value).unwrap_or_default();
    challenges.iter().any(|challenge| {
        challenge.scheme.eq_ignore_ascii_case("bearer")
            && challenge.params.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("error") && value.to_unescaped() == "invalid_token"
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        let goes = |address: &str| check::<()>(&address.parse().unwrap()).is_ok();
        for address in [
            "https://api.example.com/x",
            "http://127.0.0.1:8080/",
            "http://127.9.9.9/",
            "http://[::1]:1/x",
            "http://localhost/",
        ] {
            assert!(goes(address), "{address}");
        }
        for address in [
            "http://api.example.com/x",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://[2001:db8::1]/",
            "ftp://127.0.0.1/",
            "/x",
        ] {
            assert!(!goes(address), "{address}");
        }
    }

    #[test]
    fn only_a_bearer_challenge_with_that_error_refuses_the_token() {
        for value in [
            r#"Bearer error="invalid_token""#,
            "Bearer error=invalid_token",
            r#"bearer realm="a, b", ERROR="invalid_token", error_description="it has \"expired\"""#,
            r#"Basic realm="x", Bearer realm="y", error="invalid_token""#,
        ] {
            assert!(says_invalid_token(value), "{value}");
        }
        for value in [
            "",
            "Bearer",
            r#"Bearer realm="x""#,
            r#"Bearer error="insufficient_scope""#,
            r#"Bearer realm="error=\"invalid_token\"""#,
            r#"Digest error="invalid_token""#,
            r#"Bearer error="invalid_token"#,
        ] {
            assert!(!says_invalid_token(value), "{value}");
        }
    }
}
