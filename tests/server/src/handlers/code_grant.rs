//! The grant `authorization_code`: the code exchange.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use super::client::Client;
use super::login::proceed;
use crate::params::Params;
use crate::response::MockResponse;
use crate::state::{AuthorizationCode, Login, State, is_live};

pub(crate) fn exchange(
    state: &mut State,
    params: &Params,
    client: Client,
) -> Result<MockResponse, MockResponse> {
    let name = params.required("code")?;
    let now = state.now();
    // The same response whether the code is unknown, used, expired or another client's.
    let invalid = || MockResponse::invalid_grant("The authorization code is invalid or expired.");
    let code = state
        .codes
        .get(name)
        .filter(|code| is_live(code.expires_at, now) && code.client_id == client.id)
        .ok_or_else(invalid)?;
    // WorkOS does not require the redirect URI, but rejects a different one.
    if params
        .get("redirect_uri")?
        .is_some_and(|uri| uri != code.redirect_uri)
    {
        return Err(invalid());
    }
    // A malformed request does not use up the code. Only a complete one does.
    let verified = verify(code, params.get("code_verifier")?, &client)?;
    // An incorrect verifier uses up the code too: the code may have been intercepted.
    let code = state.codes.remove(name).ok_or_else(invalid)?;
    if !verified {
        return Err(invalid());
    }
    let challenges = state.config.challenges_of(&code.user_id);
    let login = Login {
        client_id: client.id,
        user_id: code.user_id,
        organization_id: code.organization_id,
        method: code.method,
        challenges,
    };
    Ok(proceed(state, login))
}

/// Returns whether the verifier matches. Fails if the request has the wrong parameters.
fn verify(
    code: &AuthorizationCode,
    verifier: Option<&str>,
    client: &Client,
) -> Result<bool, MockResponse> {
    match (&code.code_challenge, verifier) {
        (None, None) if client.confidential => Ok(true),
        (None, None) => Err(MockResponse::invalid_request(
            "A required parameter is missing: code_verifier or client_secret.",
        )),
        (None, Some(_)) => Err(MockResponse::plain_error(
            400,
            "code_challenge_not_found",
            "The authorization request had no code_challenge.",
        )),
        (Some(_), None) => Err(MockResponse::invalid_request(
            "A required parameter is missing: code_verifier.",
        )),
        (Some(_), Some(verifier)) if !is_verifier(verifier) => Err(MockResponse::invalid_request(
            "The code_verifier is not valid.",
        )),
        (Some(challenge), Some(verifier)) => Ok(*challenge == s256(verifier)),
    }
}

/// RFC 7636 section 4.2.
fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// RFC 7636 section 4.1: 43 to 128 unreserved characters.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(s256(verifier), challenge);
    }

    #[test]
    fn a_code_verifier_has_43_to_128_unreserved_characters() {
        for (character, length, valid) in [
            ("a", 43, true),
            ("~", 128, true),
            ("a", 42, false),
            ("a", 129, false),
            ("+", 43, false),
        ] {
            assert_eq!(is_verifier(&character.repeat(length)), valid, "{length}");
        }
    }
}
