//! `GET /user_management/sessions/logout` for browsers, and the call that revokes for servers.

use crate::authorize::is_harmless_address;
use crate::log::RecordedRequest;
use crate::page;
use crate::params::Params;
use crate::response::MockResponse;
use crate::world::World;

pub(crate) fn logout(
    world: &mut World,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let params = Params::from_form(request.query.as_deref().unwrap_or_default().as_bytes());
    let unprocessable = |message| MockResponse::message(422, message);
    let session_id = params
        .required("session_id")
        .map_err(|_| unprocessable("A session_id is needed, once."))?;
    let return_to = params
        .get("return_to")
        .map_err(|_| unprocessable("There are two return_to."))?;
    let allowed = |uri: &str| match &world.config.logout_redirect_uris {
        Some(registered) => registered.iter().any(|own| own == uri),
        None => is_harmless_address(uri),
    };
    match return_to.filter(|uri| !uri.is_empty()) {
        Some(uri) if !allowed(uri) => Err(unprocessable("That return_to is not allowed.")),
        Some(uri) => {
            world.end_session(session_id);
            Ok(MockResponse::redirect(uri))
        }
        None => {
            world.end_session(session_id);
            Ok(page::message(
                200,
                "Signed out",
                "The session has ended. You can close this window.",
            ))
        }
    }
}

pub(crate) fn revoke(
    world: &mut World,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    check_api_key(world, request)?;
    let params = Params::from_body(request)?;
    match world.end_session(params.required("session_id")?) {
        true => Ok(MockResponse::json(200, "{}")),
        false => Err(MockResponse::message(400, "There is no such session.")),
    }
}

/// Refuses a call of the management API that does not carry the API key.
pub(crate) fn check_api_key(world: &World, request: &RecordedRequest) -> Result<(), MockResponse> {
    let sent = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    match (sent, world.config.api_key.as_deref()) {
        (Some(sent), Some(own)) if sent == own => Ok(()),
        _ => Err(MockResponse::plain_error(
            401,
            "unauthorized",
            "Not authorised.",
        )),
    }
}
