//! The management requests that an authentication challenge needs: second factors and SMS.
//!
//! They carry the API key in `Authorization`, because only a confidential client completes a
//! challenge. Each user has one factor. It is created when it is first needed, so that a challenge
//! works whether or not the test enrolled a factor.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::client::check_api_key;
use super::pending::find_pending;
use crate::ids::id;
use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::State;
use crate::timestamp::iso8601;
use crate::user::Challenge;

/// `POST /user_management/users/{id}/auth_factors`
pub(crate) fn enroll(
    state: &mut State,
    request: &RecordedRequest,
    user_id: &str,
) -> Result<MockResponse, MockResponse> {
    check_api_key(state, request)?;
    let params = request.body_params()?;
    let user = state
        .config
        .user(user_id)
        .ok_or_else(|| MockResponse::message(404, "Unknown user."))?;
    if params.required("type")? != "totp" {
        let message = "The type must be totp.";
        return Err(MockResponse::plain_error(
            422,
            "invalid_request_parameters",
            message,
        ));
    }
    let issuer = params.get("totp_issuer")?.unwrap_or("Mock server");
    let account = params.get("totp_user")?.unwrap_or(&user.email).to_owned();
    let secret = params.get("totp_secret")?.unwrap_or("JBSWY3DPEHPK3PXP");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("secret", secret), ("issuer", issuer)])
        .finish();
    let totp = json!({
        "issuer": issuer,
        "user": account,
        "qr_code": "data:image/png;base64,AAAA",
        "secret": secret,
        "uri": format!("otpauth://totp/{account}?{query}"),
    });
    let now = state.now();
    let factor = state.factor_of(user_id);
    let challenge = state.create_mfa_challenge(&factor);
    let body = json!({
        "authentication_factor": factor_object(&factor, user_id, &totp, now),
        "authentication_challenge": challenge_object(&challenge, &factor, now),
    });
    Ok(MockResponse::value(201, &body))
}

/// `POST /auth/factors/{id}/challenge`
pub(crate) fn create_challenge(
    state: &mut State,
    request: &RecordedRequest,
    factor: &str,
) -> Result<MockResponse, MockResponse> {
    check_api_key(state, request)?;
    if state.factors.get(factor).is_none() {
        return Err(MockResponse::message(404, "Unknown factor."));
    }
    let challenge = state.create_mfa_challenge(factor);
    let object = challenge_object(&challenge, factor, state.now());
    Ok(MockResponse::value(201, &object))
}

/// `POST /user_management/radar_challenges`
pub(crate) fn send_sms(
    state: &mut State,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    check_api_key(state, request)?;
    let params = request.body_params()?;
    let user_id = params.required("user_id")?;
    let phone_number = params.required("phone_number")?;
    let verification = id("radar_verification", state.now());
    let pending = find_pending(state, params.required("pending_authentication_token")?)?;
    if pending.login.user_id != user_id || pending.challenge != Some(Challenge::RadarSms) {
        return Err(MockResponse::plain_error(
            400,
            "user_mismatch",
            "The login is another user's.",
        ));
    }
    pending.challenge_id = Some(verification.clone());
    Ok(MockResponse::value(
        200,
        &json!({"verification_id": verification, "phone_number": phone_number}),
    ))
}

fn factor_object(factor: &str, user_id: &str, totp: &Value, now: SystemTime) -> Value {
    json!({
        "object": "authentication_factor",
        "id": factor,
        "type": "totp",
        "user_id": user_id,
        "totp": totp,
        "created_at": iso8601(now),
        "updated_at": iso8601(now),
    })
}

/// Returns the `authentication_challenge` object of an MFA challenge.
pub(crate) fn challenge_object(challenge: &str, factor: &str, now: SystemTime) -> Value {
    json!({
        "object": "authentication_challenge",
        "id": challenge,
        "created_at": iso8601(now),
        "updated_at": iso8601(now),
        "expires_at": iso8601(now.checked_add(MFA_CHALLENGE_TTL).unwrap_or(now)),
        "authentication_factor_id": factor,
    })
}

/// Not enforced: the pending login expires first.
const MFA_CHALLENGE_TTL: Duration = Duration::from_secs(600);
