//! From a method and a path to the part of the service that answers.

use crate::authenticate::authenticate;
use crate::authorize;
use crate::device;
use crate::factors;
use crate::ids::id;
use crate::log::RecordedRequest;
use crate::logout::{logout, revoke};
use crate::response::MockResponse;
use crate::world::World;

/// Answers a request. Every answer has a request id, as the service's have.
pub(crate) fn answer(world: &mut World, request: &RecordedRequest) -> MockResponse {
    let segments: Vec<_> = request.path.split('/').skip(1).collect();
    let answer = match (&*request.method, &*segments) {
        ("GET", ["user_management", "authorize"]) => authorize::show(world, request),
        ("POST", ["user_management", "authorize"]) => authorize::decide(world, request),
        ("POST", ["user_management", "authenticate"]) => authenticate(world, request),
        ("GET", ["user_management", "sessions", "logout"]) => logout(world, request),
        ("POST", ["user_management", "sessions", "revoke"]) => revoke(world, request),
        ("POST", ["user_management", "authorize", "device"]) => device::start(world, request),
        ("GET", ["device"]) => device::show(world, request),
        ("POST", ["device"]) => device::decide(world, request),
        ("POST", ["user_management", "users", user, "auth_factors"]) => {
            factors::enroll(world, request, user)
        }
        ("POST", ["auth", "factors", factor, "challenge"]) => {
            factors::create_challenge(world, request, factor)
        }
        ("POST", ["user_management", "radar_challenges"]) => factors::send_message(world, request),
        ("GET", ["sso", "jwks", client_id]) => key_set(world, client_id),
        _ => Err(MockResponse::message(
            404,
            "There is nothing at this address.",
        )),
    };
    let answer = answer.unwrap_or_else(|refusal| refusal);
    answer.header("x-request-id", &id("req", world.now()))
}

fn key_set(world: &World, client_id: &str) -> Result<MockResponse, MockResponse> {
    match world
        .config
        .client_ids
        .iter()
        .any(|known| known == client_id)
    {
        true => Ok(MockResponse::value(200, &world.signer.key_set())),
        false => Err(MockResponse::message(404, "There is no such client.")),
    }
}
