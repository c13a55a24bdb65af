//! The device authorization grant (RFC 8628).
//!
//! A device requests its codes ([`authorize`]), the user enters the user code on the device page
//! ([`show`], [`decide`]), and the device polls the token endpoint until the user has decided
//! ([`poll`]).

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::client::Client;
use super::login::proceed;
use super::page;
use crate::config::LoginPage;
use crate::ids::{opaque, user_code};
use crate::params::Params;
use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::{Decision, Device, Login, State, is_live};

/// `POST /user_management/authorize/device`
pub(crate) fn authorize(
    state: &mut State,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let params = request.body_params()?;
    let client_id = params.required("client_id")?;
    if !state.config.has_client(client_id) {
        return Err(error("invalid_client", "Unknown client."));
    }
    let config = &state.config;
    let device = Device {
        client_id: client_id.to_owned(),
        user_code: user_code(),
        decision: None,
        expires_at: state.now().checked_add(config.device_code_lifetime),
        interval: config.polling_interval.unwrap_or(DEFAULT_INTERVAL),
        polled_at: None,
    };
    let device_code = opaque();
    let page = format!("{}/device", state.base_url);
    let mut body = json!({
        "device_code": device_code,
        "user_code": device.user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", device.user_code),
        "expires_in": config.device_code_lifetime.as_secs(),
    });
    if let Some(interval) = config.polling_interval {
        body["interval"] = interval.into();
    }
    state.devices.insert(device_code, device);
    Ok(MockResponse::value(200, &body))
}

/// The device code grant.
pub(crate) fn poll(
    state: &mut State,
    params: &Params,
    client: Client,
) -> Result<MockResponse, MockResponse> {
    let name = params.required("device_code")?;
    let now = state.now();
    let device = state
        .devices
        .get_mut(name)
        .filter(|device| device.client_id == client.id)
        .ok_or_else(|| MockResponse::invalid_grant("The device code is invalid."))?;
    if !is_live(device.expires_at, now) {
        return Err(error("expired_token", "The device code is expired."));
    }
    // The decision precedes the interval: a device that polls too early learns a decision anyway.
    let user_id = match &device.decision {
        Some(Decision::Approved(user_id)) => user_id.clone(),
        Some(Decision::Denied) => {
            return Err(error("access_denied", "The user denied the request."));
        }
        None => {
            let enforce = state.config.enforce_polling_interval;
            return Err(pending(device, now, enforce));
        }
    };
    // A device code is valid once.
    state.devices.remove(name);
    let login = Login {
        client_id: client.id,
        challenges: state.config.challenges_of(&user_id),
        user_id,
        organization_id: None,
        method: "Password".to_owned(),
    };
    Ok(proceed(state, login))
}

/// `GET /device`: shows the device page, or decides at once if [`LoginPage`] says so.
pub(crate) fn show(
    state: &mut State,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let code = request.query_parameter("user_code");
    match (state.config.login_page.clone(), code) {
        (LoginPage::ApproveAs(email), Some(code)) => settle(state, &code, Some(&email)),
        (LoginPage::Deny, Some(code)) => settle(state, &code, None),
        (_, code) => Ok(page::device(&state.config.users, code.as_deref())),
    }
}

/// `POST /device`: processes the form of the device page.
pub(crate) fn decide(
    state: &mut State,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let form = request.body_params()?;
    let code = form.required("user_code")?;
    match form.required("decision")? {
        "approve" => settle(state, code, Some(form.required("user")?)),
        "deny" => settle(state, code, None),
        _ => Err(page::message(400, "Device", "The decision is unknown.")),
    }
}

/// Returns the response to a poll before the user has decided.
fn pending(device: &mut Device, now: SystemTime, enforce: bool) -> MockResponse {
    // Recorded also for a poll that is too early, so that a client cannot poll faster by ignoring it.
    let last = device.polled_at.replace(now);
    let elapsed = last.map(|last| now.duration_since(last).unwrap_or_default());
    if enforce && elapsed.is_some_and(|elapsed| elapsed < Duration::from_secs(device.interval)) {
        // RFC 8628 section 3.5: the increase applies to this and all later polls.
        device.interval = device.interval.saturating_add(5);
        return error("slow_down", "The polling interval was not respected.");
    }
    error("authorization_pending", "The user has not decided yet.")
}

/// Records the decision: approval as this user, or denial.
fn settle(
    state: &mut State,
    code: &str,
    email: Option<&str>,
) -> Result<MockResponse, MockResponse> {
    let (decision, text) = match email {
        None => (Decision::Denied, "The request was denied."),
        Some(email) => match state.config.user_by_email(email) {
            Some(user) => (
                Decision::Approved(user.id.clone()),
                "The device is logged in.",
            ),
            None => return Err(page::message(400, "Device", "Unknown user.")),
        },
    };
    let now = state.now();
    let device = state
        .devices
        .values_mut()
        .find(|device| normalized(&device.user_code) == normalized(code))
        .filter(|device| device.decision.is_none() && is_live(device.expires_at, now))
        .ok_or_else(|| {
            let text = "The code is unknown, used or expired.";
            page::message(400, "Device", text)
        })?;
    device.decision = Some(decision);
    let text = format!("{text} You can close this window.");
    Ok(page::message(200, "Device", &text))
}

/// RFC 8628 section 6.1: case and punctuation of a user code are ignored.
fn normalized(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

fn error(code: &str, description: &str) -> MockResponse {
    MockResponse::oauth_error(400, code, description)
}

/// RFC 8628 section 3.2.
const DEFAULT_INTERVAL: u64 = 5;
