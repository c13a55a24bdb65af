//! The grant `refresh_token`: rotation, reuse detection and organization switch.

use super::client::Client;
use super::login::check_membership;
use super::token_response::token_response;
use crate::ids::opaque;
use crate::params::Params;
use crate::response::MockResponse;
use crate::state::{RefreshToken, Replay, Session, State, is_live};
use crate::user::User;

pub(crate) fn refresh(
    state: &mut State,
    params: &Params,
    client: &Client,
    cookie: Option<&str>,
) -> Result<MockResponse, MockResponse> {
    // A page with the cookie sends no refresh token in the body.
    let name = match (params.get("refresh_token")?, cookie) {
        (None, Some(cookie)) => cookie,
        _ => params.required("refresh_token")?,
    };
    let organization = params.get("organization_id")?;
    let token = state
        .refresh_tokens
        .get(name)
        .cloned()
        .ok_or_else(invalid)?;
    let mut session = live_session(state, &token, client)?;
    if let Some(replay) = token.replay {
        return reuse(state, &session, replay, organization);
    }
    let user = user(state, &session)?;
    if let Some(organization) = organization {
        check_membership(state, &user, organization)?;
        session.organization_id = Some(organization.to_owned());
    }
    // All checks precede the rotation: a rejected refresh leaves the token unused.
    let rotate = state.config.rotate_refresh_tokens;
    let next = if rotate { opaque() } else { name.to_owned() };
    let response = token_response(state, &session, &user, &next);
    if rotate {
        // The used token is kept, because its reuse must be detected (RFC 9700 section 4.14.2).
        let used = RefreshToken {
            replay: Some(Replay {
                used_at: state.now(),
                organization_id: organization.map(str::to_owned),
                response: response.clone(),
            }),
            ..token
        };
        state.refresh_tokens.insert(name.to_owned(), used);
        let unused = RefreshToken::unused(&session.id);
        state.refresh_tokens.insert(next, unused);
    }
    // The organization may have changed.
    state.sessions.insert(session.id.clone(), session);
    Ok(response)
}

/// Responds to a used refresh token: with the first response if the request is identical and
/// within the replay window, and with an error otherwise.
fn reuse(
    state: &mut State,
    session: &Session,
    replay: Replay,
    organization: Option<&str>,
) -> Result<MockResponse, MockResponse> {
    let age = state.now().duration_since(replay.used_at);
    let in_window = age.unwrap_or_default() < state.config.replay_window;
    if in_window && replay.organization_id.as_deref() == organization {
        return Ok(replay.response);
    }
    if state.config.reuse_ends_session {
        state.end_session(&session.id);
    }
    Err(invalid())
}

fn live_session(
    state: &State,
    token: &RefreshToken,
    client: &Client,
) -> Result<Session, MockResponse> {
    let session = state
        .sessions
        .get(&token.session_id)
        .filter(|session| {
            session.client_id == client.id && is_live(session.expires_at, state.now())
        })
        .ok_or_else(invalid)?;
    match session.ended {
        true => Err(MockResponse::invalid_grant("The session has ended.")),
        false => Ok(session.clone()),
    }
}

fn user(state: &State, session: &Session) -> Result<User, MockResponse> {
    let user = state.config.user(&session.user_id);
    user.cloned().ok_or_else(invalid)
}

fn invalid() -> MockResponse {
    MockResponse::invalid_grant("The refresh token is invalid, used or expired.")
}
