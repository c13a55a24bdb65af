//! The responses that demand an authentication challenge.
//!
//! A login is stored under a new pending authentication token, and the response contains the token
//! and the details that the challenge needs. `challenge_grant` finds the login again by the token.
//! The organization selection is not a [`Challenge`] of the user: it follows from the memberships.

use serde_json::{Map, Value, json};

use super::mfa::challenge_object;
use super::token_response::user_object;
use crate::ids::{CONNECTION_ID, id};
use crate::response::MockResponse;
use crate::state::{Login, State};
use crate::user::{Challenge, User};

/// Stores the login and returns the response that demands this challenge.
pub(crate) fn require(
    state: &mut State,
    challenge: Challenge,
    login: Login,
    user: &User,
) -> MockResponse {
    // Not stored: no grant completes it.
    if challenge == Challenge::SsoRequired {
        return sso_required(user);
    }
    let (mut body, challenge_id) = details(state, challenge, user);
    let token = state.store_pending(login, Some(challenge), challenge_id);
    body.insert("pending_authentication_token".into(), token.into());
    let (code, message) = code_and_message(challenge);
    MockResponse::challenge(code, message, body)
}

/// Stores the login and returns the response that demands the selection of an organization.
pub(crate) fn require_organization(state: &mut State, login: Login, user: &User) -> MockResponse {
    let organizations = user.memberships.iter().map(|membership| {
        let organization = &membership.organization;
        json!({"id": organization.id, "name": organization.name})
    });
    let body = Map::from_iter([
        ("organizations".to_owned(), organizations.collect()),
        ("user".to_owned(), user_object(user, state.now())),
        (
            "pending_authentication_token".to_owned(),
            state.store_pending(login, None, None).into(),
        ),
    ]);
    MockResponse::challenge(
        "organization_selection_required",
        "An organization must be selected.",
        body,
    )
}

/// Returns the fields that the challenge has besides the pending authentication token, and the ID
/// that its grant must carry.
fn details(
    state: &mut State,
    challenge: Challenge,
    user: &User,
) -> (Map<String, Value>, Option<String>) {
    let now = state.now();
    let user_field = ("user", user_object(user, now));
    let mut challenge_id = None;
    let fields = match challenge {
        Challenge::EmailVerification => vec![
            (
                "email_verification_id",
                id("email_verification", now).into(),
            ),
            ("email", user.email.clone().into()),
        ],
        Challenge::MfaChallenge => {
            let factor = state.factor_of(&user.id);
            let mfa_challenge = state.create_mfa_challenge(&factor);
            let object = challenge_object(&mfa_challenge, &factor, now);
            vec![("authentication_challenge", object)]
        }
        Challenge::MfaFactors => {
            let factors = json!([{"id": state.factor_of(&user.id), "type": "totp"}]);
            vec![("authentication_factors", factors), user_field]
        }
        Challenge::RadarEmail => {
            let radar_challenge = id("radar_challenge", now);
            challenge_id = Some(radar_challenge.clone());
            vec![("radar_challenge_id", radar_challenge.into()), user_field]
        }
        Challenge::MfaEnrollment | Challenge::RadarSms => vec![user_field],
        Challenge::SsoRequired => Vec::new(),
    };
    let fields = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    (fields.collect(), challenge_id)
}

fn code_and_message(challenge: Challenge) -> (&'static str, &'static str) {
    match challenge {
        Challenge::EmailVerification => (
            "email_verification_required",
            "The e-mail address must be verified.",
        ),
        Challenge::MfaChallenge | Challenge::MfaFactors => {
            ("mfa_challenge", "A second factor is required.")
        }
        Challenge::MfaEnrollment => ("mfa_enrollment", "A second factor must be enrolled."),
        Challenge::RadarEmail => (
            "radar_email_challenge",
            "The code that was sent by e-mail is required.",
        ),
        Challenge::RadarSms => (
            "radar_sms_challenge",
            "The code that was sent by SMS is required.",
        ),
        Challenge::SsoRequired => ("sso_required", "The user must log in with SSO."),
    }
}

/// The only challenge in the shape of an OAuth error. No grant completes it, so the login is not
/// stored.
fn sso_required(user: &User) -> MockResponse {
    let (error, description) = code_and_message(Challenge::SsoRequired);
    let body = json!({
        "error": error,
        "error_description": description,
        "email": user.email,
        "connection_ids": [CONNECTION_ID],
    });
    MockResponse::value(400, &body)
}
