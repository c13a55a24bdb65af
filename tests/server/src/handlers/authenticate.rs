//! `POST /user_management/authenticate`: the token endpoint.

use super::client::Client;
use super::{challenge_grant, code_grant, cross_origin, device, refresh_grant};
use crate::endpoint::grant_type;
use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::State;

pub(crate) fn handle(
    state: &mut State,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let params = request.body_params()?;
    let grant = params.required("grant_type")?;
    let client = Client::authenticate(state, &params)?;
    match grant {
        grant_type::AUTHORIZATION_CODE => code_grant::exchange(state, &params, client),
        grant_type::REFRESH_TOKEN => {
            let cookie = cross_origin::refresh_token(state, request);
            refresh_grant::refresh(state, &params, &client, cookie)
        }
        grant_type::DEVICE_CODE => device::poll(state, &params, client),
        grant if grant.starts_with(grant_type::WORKOS) => {
            challenge_grant::complete(state, &params, &client, grant)
        }
        // WorkOS does not use `unsupported_grant_type`.
        _ => Err(MockResponse::invalid_request("The grant type is unknown.")),
    }
}
