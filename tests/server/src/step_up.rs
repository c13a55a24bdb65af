//! Step-ups: what is asked before a session begins, and the grants that answer it.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::authenticate::Client;
use crate::factors::challenge_object;
use crate::ids::{id, opaque};
use crate::login::{Login, check_membership};
use crate::params::Params;
use crate::response::MockResponse;
use crate::session::user_object;
use crate::user::{Challenge, User};
use crate::world::World;

/// A login that waits for a step, under its pending authentication token.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) login: Login,
    /// Which step; `None` for the choice of an organization.
    pub(crate) gate: Option<Challenge>,
    /// The id that the answer has to name: of the radar challenge or of the text message.
    pub(crate) named: Option<String>,
    expires_at: Option<SystemTime>,
}

impl World {
    /// The answer that stops a login at this gate.
    pub(crate) fn ask(&mut self, gate: Challenge, login: Login, user: &User) -> MockResponse {
        let now = self.now();
        let mut extra = Map::new();
        let mut named = None;
        let (code, message) = match gate {
            Challenge::EmailVerification => {
                extra.insert(
                    "email_verification_id".into(),
                    id("email_verification", now).into(),
                );
                extra.insert("email".into(), user.email.clone().into());
                (
                    "email_verification_required",
                    "Confirm the e-mail address first.",
                )
            }
            Challenge::MfaChallenge => {
                let factor = self.factor_of(&user.id);
                let challenge = self.challenge(&factor);
                let object = challenge_object(&challenge, &factor, now);
                extra.insert("authentication_challenge".into(), object);
                ("mfa_challenge", "A second factor is needed.")
            }
            Challenge::MfaFactors => {
                let factor = self.factor_of(&user.id);
                let factors = json!([{"id": factor, "type": "totp"}]);
                extra.insert("authentication_factors".into(), factors);
                extra.insert("user".into(), user_object(user, now));
                ("mfa_challenge", "A second factor is needed.")
            }
            Challenge::MfaEnrollment => {
                extra.insert("user".into(), user_object(user, now));
                ("mfa_enrollment", "A second factor must be set up.")
            }
            Challenge::RadarEmail => {
                let challenge = id("radar_challenge", now);
                extra.insert("radar_challenge_id".into(), challenge.clone().into());
                extra.insert("user".into(), user_object(user, now));
                named = Some(challenge);
                ("radar_email_challenge", "Enter the code sent by e-mail.")
            }
            Challenge::RadarSms => {
                extra.insert("user".into(), user_object(user, now));
                ("radar_sms_challenge", "Enter the code sent by SMS.")
            }
            Challenge::SsoRequired => return sso_required(user),
        };
        let token = self.pend(login, Some(gate), named);
        extra.insert("pending_authentication_token".into(), token.into());
        MockResponse::step_up(code, message, extra)
    }

    /// Keeps a login until its step is done; the token to find it again.
    pub(crate) fn pend(
        &mut self,
        login: Login,
        gate: Option<Challenge>,
        named: Option<String>,
    ) -> String {
        let token = opaque();
        let expires_at = self.now().checked_add(PENDING_LIFE);
        self.pending.insert(
            token.clone(),
            Pending {
                login,
                gate,
                named,
                expires_at,
            },
        );
        token
    }

    /// The login under this token, if it still waits.
    pub(crate) fn pending(&mut self, token: &str) -> Result<&mut Pending, MockResponse> {
        let now = self.now();
        self.pending
            .get_mut(token)
            .filter(|pending| pending.expires_at.is_none_or(|end| now < end))
            .ok_or_else(invalid_pending_token)
    }
}

/// Completes a step-up by one of the service's own grants.
pub(crate) fn complete(
    world: &mut World,
    params: &Params,
    client: &Client,
    grant: &str,
) -> Result<MockResponse, MockResponse> {
    if !client.proved {
        return Err(match world.config.api_key {
            Some(_) => MockResponse::oauth_error(
                400,
                "invalid_client",
                "This grant needs the client's secret.",
            ),
            None => MockResponse::oauth_error(
                400,
                "unauthorized_client",
                "This client may not use that grant.",
            ),
        });
    }
    let token = params.required("pending_authentication_token")?;
    let mut pending = world.pending(token)?.clone();
    if pending.login.client_id != client.id {
        return Err(invalid_pending_token());
    }
    match (grant, pending.gate) {
        (EMAIL_VERIFICATION, Some(Challenge::EmailVerification)) => check_code(params)?,
        (
            MFA_TOTP,
            Some(Challenge::MfaChallenge | Challenge::MfaFactors | Challenge::MfaEnrollment),
        ) => {
            let challenge = params.required("authentication_challenge_id")?;
            if world.challenged_user(challenge) != Some(&pending.login.user_id) {
                return Err(MockResponse::message(404, "There is no such challenge."));
            }
            check_code(params)?;
        }
        (ORGANIZATION_SELECTION, None) => {
            let organization = params.required("organization_id")?;
            let user = world
                .config
                .user(&pending.login.user_id)
                .ok_or_else(invalid_pending_token)?;
            check_membership(world, user, organization)?;
            pending.login.organization_id = Some(organization.to_owned());
        }
        (RADAR_EMAIL, Some(Challenge::RadarEmail)) => {
            if Some(params.required("radar_challenge_id")?) != pending.named.as_deref() {
                return Err(MockResponse::message(404, "There is no such challenge."));
            }
            check_code(params)?;
        }
        (RADAR_SMS, Some(Challenge::RadarSms)) => {
            // Before the message was sent no code is right.
            let sent = pending.named.as_deref().ok_or_else(wrong_code)?;
            if params.get("verification_id")?.is_some_and(|id| id != sent) {
                return Err(MockResponse::message(404, "There is no such verification."));
            }
            check_code(params)?;
        }
        // The token waits for another step.
        _ => return Err(invalid_pending_token()),
    }
    world.pending.remove(token);
    if pending.gate.is_some() {
        pending.login.challenges.remove(0);
    }
    Ok(world.proceed(pending.login))
}

/// A wrong code leaves the pending token as good as it was.
fn check_code(params: &Params) -> Result<(), MockResponse> {
    match params.required("code")? == Challenge::ONE_TIME_CODE {
        true => Ok(()),
        false => Err(wrong_code()),
    }
}

fn wrong_code() -> MockResponse {
    MockResponse::plain_error(400, "invalid_one_time_code", "That code is wrong.")
}

fn invalid_pending_token() -> MockResponse {
    MockResponse::plain_error(
        400,
        "invalid_pending_authentication_token",
        "The pending token is not valid.",
    )
}

/// No grant completes this one, so nothing is kept.
fn sso_required(user: &User) -> MockResponse {
    let body: Value = json!({
        "error": "sso_required",
        "error_description": "This user signs in through a connection.",
        "email": user.email,
        "connection_ids": [CONNECTION_ID],
    });
    MockResponse::value(400, &body)
}

pub(crate) const STEP_UP_GRANTS: &str = "urn:workos:oauth:grant-type:";
const EMAIL_VERIFICATION: &str = "urn:workos:oauth:grant-type:email-verification:code";
const MFA_TOTP: &str = "urn:workos:oauth:grant-type:mfa-totp";
const ORGANIZATION_SELECTION: &str = "urn:workos:oauth:grant-type:organization-selection";
const RADAR_EMAIL: &str = "urn:workos:oauth:grant-type:radar-email-challenge:code";
const RADAR_SMS: &str = "urn:workos:oauth:grant-type:radar-sms-challenge:code";

pub(crate) const CONNECTION_ID: &str = "conn_01K1C0NNECT10N0000000000A0";
const PENDING_LIFE: Duration = Duration::from_secs(600);
