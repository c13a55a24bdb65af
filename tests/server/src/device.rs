//! The device flow: codes for a device, a page for its owner, polls in between.

use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::authenticate::Client;
use crate::config::LoginPage;
use crate::ids::{opaque, user_code};
use crate::log::RecordedRequest;
use crate::login::Login;
use crate::page;
use crate::params::Params;
use crate::response::MockResponse;
use crate::world::World;

/// A device that waits, under its device code.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    client_id: String,
    user_code: String,
    decision: Option<Decision>,
    expires_at: Option<SystemTime>,
    /// Seconds between polls; every `slow_down` makes it longer.
    interval: u64,
    polled_at: Option<SystemTime>,
}

#[derive(Clone, Debug)]
enum Decision {
    /// The id of the user.
    Approved(String),
    Denied,
}

/// `POST /user_management/authorize/device`
pub(crate) fn start(
    world: &mut World,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let params = Params::from_body(request)?;
    let client_id = params.required("client_id")?;
    if !world
        .config
        .client_ids
        .iter()
        .any(|known| known == client_id)
    {
        return Err(MockResponse::oauth_error(
            400,
            "invalid_client",
            "That client is not known.",
        ));
    }
    let device = Device {
        client_id: client_id.to_owned(),
        user_code: user_code(),
        decision: None,
        expires_at: world.now().checked_add(world.config.device_code_lifetime),
        interval: world.config.polling_interval.unwrap_or(DEFAULT_INTERVAL),
        polled_at: None,
    };
    let device_code = opaque();
    let page = format!("{}/device", world.base_url);
    let mut body = json!({
        "device_code": device_code,
        "user_code": device.user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", device.user_code),
        "expires_in": world.config.device_code_lifetime.as_secs(),
    });
    if let Some(interval) = world.config.polling_interval {
        body["interval"] = interval.into();
    }
    world.devices.insert(device_code, device);
    Ok(MockResponse::value(200, &body))
}

/// The device grant.
pub(crate) fn poll(
    world: &mut World,
    params: &Params,
    client: Client,
) -> Result<MockResponse, MockResponse> {
    let name = params.required("device_code")?;
    let now = world.now();
    let strict = world.config.enforce_polling_interval;
    let device = world
        .devices
        .get_mut(name)
        .filter(|device| device.client_id == client.id)
        .ok_or_else(|| MockResponse::invalid_grant("This device code is not valid."))?;
    if device.expires_at.is_some_and(|end| now >= end) {
        return Err(MockResponse::oauth_error(
            400,
            "expired_token",
            "The device code is too old.",
        ));
    }
    let user_id = match device.decision.clone() {
        Some(Decision::Approved(user_id)) => user_id,
        Some(Decision::Denied) => {
            return Err(MockResponse::oauth_error(
                400,
                "access_denied",
                "The user refused.",
            ));
        }
        None => {
            let last = device.polled_at.replace(now);
            let waited = last.map(|last| now.duration_since(last).unwrap_or_default());
            if strict && waited.is_some_and(|waited| waited < Duration::from_secs(device.interval))
            {
                // RFC 8628 section 3.5: this and all later polls.
                device.interval = device.interval.saturating_add(5);
                return Err(MockResponse::oauth_error(
                    400,
                    "slow_down",
                    "Poll less often.",
                ));
            }
            return Err(MockResponse::oauth_error(
                400,
                "authorization_pending",
                "The user has not finished yet.",
            ));
        }
    };
    world.devices.remove(name);
    let challenges = world
        .config
        .user(&user_id)
        .map(|user| user.challenges.clone())
        .unwrap_or_default();
    let method = "Password".to_owned();
    Ok(world.proceed(Login {
        client_id: client.id,
        user_id,
        organization_id: None,
        method,
        challenges,
    }))
}

/// `GET /device`: where the owner enters the code.
pub(crate) fn show(
    world: &mut World,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let code = request.query_parameter("user_code");
    match (world.config.login_page.clone(), code) {
        (LoginPage::ApproveAs(email), Some(code)) => settle(world, &code, Some(&email)),
        (LoginPage::Deny, Some(code)) => settle(world, &code, None),
        (_, code) => Ok(page::device(&world.config.users, code.as_deref())),
    }
}

/// `POST /device`: the form of that page.
pub(crate) fn decide(
    world: &mut World,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let form = Params::from_body(request)?;
    let code = form.required("user_code")?;
    match form.required("decision")? {
        "approve" => settle(world, code, Some(form.required("user")?)),
        "deny" => settle(world, code, None),
        _ => Err(page::message(400, "Device", "There is no such button.")),
    }
}

fn settle(
    world: &mut World,
    code: &str,
    email: Option<&str>,
) -> Result<MockResponse, MockResponse> {
    let decision = match email {
        None => Decision::Denied,
        Some(email) => match world.config.user_by_email(email) {
            Some(user) => Decision::Approved(user.id.clone()),
            None => return Err(page::message(400, "Device", "There is no such user.")),
        },
    };
    let now = world.now();
    let device = world
        .devices
        .values_mut()
        .find(|device| plain(&device.user_code) == plain(code))
        .filter(|device| {
            device.decision.is_none() && device.expires_at.is_none_or(|end| now < end)
        });
    match device {
        None => Err(page::message(
            400,
            "Device",
            "This code is not known, or it was used, or it is too old.",
        )),
        Some(device) => {
            let text = match &decision {
                Decision::Approved(_) => "The device is signed in. You can close this window.",
                Decision::Denied => "The device was refused. You can close this window.",
            };
            device.decision = Some(decision);
            Ok(page::message(200, "Device", text))
        }
    }
}

/// A code as people type it: RFC 8628 section 6.1 ignores case and punctuation.
fn plain(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

/// RFC 8628 section 3.2.
const DEFAULT_INTERVAL: u64 = 5;
