//! The grant `authorization_code`: a code, once, from the client that asked for it, with the verifier.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use crate::authenticate::Client;
use crate::login::Login;
use crate::params::Params;
use crate::response::MockResponse;
use crate::world::World;

/// An authorization code that was handed out.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) user_id: String,
    pub(crate) organization_id: Option<String>,
    pub(crate) method: String,
    /// `None`: never, because the end lies beyond what a clock can show.
    pub(crate) expires_at: Option<SystemTime>,
}

pub(crate) fn exchange(
    world: &mut World,
    params: &Params,
    client: Client,
) -> Result<MockResponse, MockResponse> {
    let name = params.required("code")?;
    let verifier = params.get("code_verifier")?;
    let now = world.now();
    // One answer for a code that is unknown, spent, too old or another client's.
    let refused =
        || MockResponse::invalid_grant("The authorization code is not valid or is too old.");
    let code = world
        .codes
        .get(name)
        .filter(|code| code.expires_at.is_none_or(|end| now < end) && code.client_id == client.id)
        .ok_or_else(refused)?;
    // The service does not ask for the redirect address, but one that is sent has to be right.
    if params
        .get("redirect_uri")?
        .is_some_and(|uri| uri != code.redirect_uri)
    {
        return Err(refused());
    }
    let matches = match (&code.challenge, verifier) {
        (None, None) if client.proved => true,
        (None, None) => {
            return Err(MockResponse::invalid_request(
                "A required parameter is missing: code_verifier or client_secret.",
            ));
        }
        (None, Some(_)) => {
            let message = "No challenge was stored for this code.";
            return Err(MockResponse::plain_error(
                400,
                "code_challenge_not_found",
                message,
            ));
        }
        (Some(_), None) => {
            return Err(MockResponse::invalid_request(
                "A required parameter is missing: code_verifier.",
            ));
        }
        (Some(_), Some(verifier)) if !is_verifier(verifier) => {
            return Err(MockResponse::invalid_request(
                "The code_verifier is not one.",
            ));
        }
        (Some(challenge), Some(verifier)) => *challenge == challenge_of(verifier),
    };
    // A wrong verifier spends the code as well: somebody else is trying it.
    let code = world.codes.remove(name).ok_or_else(refused)?;
    if !matches {
        return Err(refused());
    }
    let challenges = world
        .config
        .user(&code.user_id)
        .map(|user| user.challenges.clone())
        .unwrap_or_default();
    Ok(world.proceed(Login {
        client_id: client.id,
        user_id: code.user_id,
        organization_id: code.organization_id,
        method: code.method,
        challenges,
    }))
}

/// RFC 7636 section 4.2.
fn challenge_of(verifier: &str) -> String {
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
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge_of(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        assert!(is_verifier(&"a".repeat(43)));
        assert!(is_verifier(&"~".repeat(128)));
        assert!(!is_verifier(&"a".repeat(42)));
        assert!(!is_verifier(&"a".repeat(129)));
        assert!(!is_verifier(&"+".repeat(43)));
    }
}
