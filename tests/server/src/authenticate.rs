//! `POST /user_management/authenticate`: who the client is, and which grant it means.

use crate::log::RecordedRequest;
use crate::params::Params;
use crate::response::MockResponse;
use crate::world::World;
use crate::{code_grant, device, refresh_grant, step_up};

/// The client of one request, as far as it proved itself.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// The right secret was sent.
    pub(crate) proved: bool,
}

pub(crate) fn authenticate(
    world: &mut World,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let params = Params::from_body(request)?;
    let grant = params.required("grant_type")?;
    let client = client(world, &params)?;
    match grant {
        AUTHORIZATION_CODE => code_grant::exchange(world, &params, client),
        REFRESH_TOKEN => refresh_grant::refresh(world, &params, &client),
        DEVICE_CODE => device::poll(world, &params, client),
        grant if grant.starts_with(step_up::STEP_UP_GRANTS) => {
            step_up::complete(world, &params, &client, grant)
        }
        // The service has no `unsupported_grant_type`.
        _ => Err(MockResponse::invalid_request(
            "The grant type is not known.",
        )),
    }
}

fn client(world: &World, params: &Params) -> Result<Client, MockResponse> {
    let id = params.required("client_id")?;
    let refused = || {
        MockResponse::oauth_error(
            400,
            "invalid_client",
            "The client id or secret was not recognised.",
        )
    };
    if !world.config.client_ids.iter().any(|known| known == id) {
        return Err(refused());
    }
    let proved = match params.get("client_secret")? {
        None => false,
        // An empty secret is a wrong one, also when no secret is needed.
        Some(secret) if world.config.api_key.as_deref() == Some(secret) && !secret.is_empty() => {
            true
        }
        Some(_) => return Err(refused()),
    };
    Ok(Client {
        id: id.to_owned(),
        proved,
    })
}

pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
