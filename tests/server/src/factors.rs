//! Second factors and text messages: the management calls between a step-up and its answer.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::ids::id;
use crate::log::RecordedRequest;
use crate::logout::check_api_key;
use crate::params::Params;
use crate::response::MockResponse;
use crate::user::Challenge;
use crate::world::World;

impl World {
    /// The user's factor, which is made up when it is first needed.
    pub(crate) fn factor_of(&mut self, user_id: &str) -> String {
        if let Some(factor) = self.factors.find_key(|owner| owner == user_id) {
            return factor.to_owned();
        }
        let factor = id("auth_factor", self.now());
        self.factors.insert(factor.clone(), user_id.to_owned());
        factor
    }

    /// A new challenge for a factor.
    pub(crate) fn challenge(&mut self, factor: &str) -> String {
        let challenge = id("auth_challenge", self.now());
        self.challenges.insert(challenge.clone(), factor.to_owned());
        challenge
    }

    /// Whose factor the challenge is for.
    pub(crate) fn challenged_user(&self, challenge: &str) -> Option<&String> {
        self.factors.get(self.challenges.get(challenge)?)
    }
}

/// `POST /user_management/users/{id}/auth_factors`
pub(crate) fn enroll(
    world: &mut World,
    request: &RecordedRequest,
    user_id: &str,
) -> Result<MockResponse, MockResponse> {
    check_api_key(world, request)?;
    let params = Params::from_body(request)?;
    let user = world
        .config
        .user(user_id)
        .ok_or_else(|| MockResponse::message(404, "There is no such user."))?;
    if params.required("type")? != "totp" {
        return Err(MockResponse::plain_error(
            422,
            "invalid_request_parameters",
            "The type has to be totp.",
        ));
    }
    let issuer = params
        .get("totp_issuer")?
        .unwrap_or("Test server")
        .to_owned();
    let account = params.get("totp_user")?.unwrap_or(&user.email).to_owned();
    let secret = params
        .get("totp_secret")?
        .unwrap_or("JBSWY3DPEHPK3PXP")
        .to_owned();
    let now = world.now();
    let factor = world.factor_of(user_id);
    let challenge = world.challenge(&factor);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("secret", &secret), ("issuer", &issuer)])
        .finish();
    Ok(MockResponse::value(
        201,
        &json!({
            "authentication_factor": {
                "object": "authentication_factor",
                "id": factor,
                "type": "totp",
                "user_id": user_id,
                "totp": {
                    "issuer": issuer,
                    "user": account,
                    "qr_code": "data:image/png;base64,AAAA",
                    "secret": secret,
                    "uri": format!("otpauth://totp/{account}?{query}"),
                },
                "created_at": timestamp(now),
                "updated_at": timestamp(now),
            },
            "authentication_challenge": challenge_object(&challenge, &factor, now),
        }),
    ))
}

/// `POST /auth/factors/{id}/challenge`
pub(crate) fn create_challenge(
    world: &mut World,
    request: &RecordedRequest,
    factor: &str,
) -> Result<MockResponse, MockResponse> {
    check_api_key(world, request)?;
    if world.factors.get(factor).is_none() {
        return Err(MockResponse::message(404, "There is no such factor."));
    }
    let challenge = world.challenge(factor);
    Ok(MockResponse::value(
        201,
        &challenge_object(&challenge, factor, world.now()),
    ))
}

/// `POST /user_management/radar_challenges`
pub(crate) fn send_message(
    world: &mut World,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    check_api_key(world, request)?;
    let params = Params::from_body(request)?;
    let user_id = params.required("user_id")?;
    let phone_number = params.required("phone_number")?;
    let verification = id("radar_verification", world.now());
    let pending = world.pending(params.required("pending_authentication_token")?)?;
    if pending.login.user_id != user_id || pending.gate != Some(Challenge::RadarSms) {
        return Err(MockResponse::plain_error(
            400,
            "user_mismatch",
            "A different user was expected.",
        ));
    }
    pending.named = Some(verification.clone());
    Ok(MockResponse::value(
        200,
        &json!({"verification_id": verification, "phone_number": phone_number}),
    ))
}

pub(crate) fn challenge_object(challenge: &str, factor: &str, now: SystemTime) -> Value {
    json!({
        "object": "authentication_challenge",
        "id": challenge,
        "created_at": timestamp(now),
        "updated_at": timestamp(now),
        "expires_at": timestamp(now.checked_add(CHALLENGE_LIFE).unwrap_or(now)),
        "authentication_factor_id": factor,
    })
}

/// What the challenge says of itself. It is not enforced: the pending login ends first.
const CHALLENGE_LIFE: Duration = Duration::from_secs(600);
