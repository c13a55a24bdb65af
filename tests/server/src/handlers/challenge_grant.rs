//! The grants `urn:workos:oauth:grant-type:…`, which complete an authentication challenge.
//!
//! Each grant belongs to one kind of challenge and carries the pending authentication token that the
//! challenge returned. A rejected grant leaves the pending login unchanged, so that the user can
//! correct the code. An accepted one removes it: the login continues with a new token if another
//! challenge follows.

use super::client::Client;
use super::login::{check_membership, proceed};
use super::pending::{find_pending, invalid_pending_token};
use crate::params::Params;
use crate::response::MockResponse;
use crate::state::{PendingLogin, State};
use crate::user::Challenge;

pub(crate) fn complete(
    state: &mut State,
    params: &Params,
    client: &Client,
    grant: &str,
) -> Result<MockResponse, MockResponse> {
    if !client.confidential {
        return Err(match state.config.api_key {
            Some(_) => MockResponse::oauth_error(
                400,
                "invalid_client",
                "This grant requires the client secret.",
            ),
            None => MockResponse::oauth_error(
                400,
                "unauthorized_client",
                "This client may not use this grant.",
            ),
        });
    }
    let token = params.required("pending_authentication_token")?;
    let mut pending = find_pending(state, token)?.clone();
    // The same response as for an unknown token: another client must not learn that it exists.
    if pending.login.client_id != client.id {
        return Err(invalid_pending_token());
    }
    check(state, params, grant, &mut pending)?;
    // The token is valid for one accepted grant.
    state.pending_logins.remove(token);
    if pending.challenge.is_some() {
        pending.login.challenges.remove(0);
    }
    Ok(proceed(state, pending.login))
}

/// Checks the parameters of a grant. A rejected grant leaves the pending login unchanged.
fn check(
    state: &State,
    params: &Params,
    grant: &str,
    pending: &mut PendingLogin,
) -> Result<(), MockResponse> {
    use Challenge::*;
    match (grant, pending.challenge) {
        (EMAIL_VERIFICATION, Some(EmailVerification)) => check_code(params),
        (MFA_TOTP, Some(MfaChallenge | MfaFactors | MfaEnrollment)) => {
            let challenge = params.required("authentication_challenge_id")?;
            if state.challenged_user(challenge) != Some(&pending.login.user_id) {
                return Err(MockResponse::message(404, "Unknown challenge."));
            }
            check_code(params)
        }
        (ORGANIZATION_SELECTION, None) => {
            let organization = params.required("organization_id")?;
            let user = state.config.user(&pending.login.user_id);
            check_membership(state, user.ok_or_else(invalid_pending_token)?, organization)?;
            pending.login.organization_id = Some(organization.to_owned());
            Ok(())
        }
        (RADAR_EMAIL, Some(RadarEmail)) => {
            if Some(params.required("radar_challenge_id")?) != pending.challenge_id.as_deref() {
                return Err(MockResponse::message(404, "Unknown challenge."));
            }
            check_code(params)
        }
        (RADAR_SMS, Some(RadarSms)) => {
            // Every code is incorrect until the message is sent.
            let sent = pending.challenge_id.as_deref().ok_or_else(incorrect_code)?;
            if params.get("verification_id")?.is_some_and(|id| id != sent) {
                return Err(MockResponse::message(404, "Unknown verification."));
            }
            check_code(params)
        }
        // The grant of another challenge.
        _ => Err(invalid_pending_token()),
    }
}

fn check_code(params: &Params) -> Result<(), MockResponse> {
    match params.required("code")? == Challenge::ONE_TIME_CODE {
        true => Ok(()),
        false => Err(incorrect_code()),
    }
}

fn incorrect_code() -> MockResponse {
    MockResponse::plain_error(400, "invalid_one_time_code", "The code is incorrect.")
}

const EMAIL_VERIFICATION: &str = "urn:workos:oauth:grant-type:email-verification:code";
const MFA_TOTP: &str = "urn:workos:oauth:grant-type:mfa-totp";
const ORGANIZATION_SELECTION: &str = "urn:workos:oauth:grant-type:organization-selection";
const RADAR_EMAIL: &str = "urn:workos:oauth:grant-type:radar-email-challenge:code";
const RADAR_SMS: &str = "urn:workos:oauth:grant-type:radar-sms-challenge:code";
