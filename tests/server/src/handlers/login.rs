//! Continuation of a login whose user is authenticated.

use super::challenge;
use super::token_response::token_response;
use crate::ids::{id, opaque};
use crate::response::MockResponse;
use crate::state::{Login, RefreshToken, Session, State};
use crate::user::User;

/// Continues a login to its next authentication challenge, or else to its session.
pub(crate) fn proceed(state: &mut State, login: Login) -> MockResponse {
    let Some(user) = state.config.user(&login.user_id).cloned() else {
        return MockResponse::invalid_grant("The user was deleted.");
    };
    if let Some(next) = login.challenges.first() {
        return challenge::require(state, *next, login, &user);
    }
    // Challenges come first: the organization selection needs an authenticated user.
    let organization_id = match (&login.organization_id, &*user.memberships) {
        (Some(organization), _) => match check_membership(state, &user, organization) {
            Ok(()) => Some(organization.clone()),
            Err(error) => return error,
        },
        (None, []) => None,
        (None, [only]) => Some(only.organization.id.clone()),
        (None, _) => return challenge::require_organization(state, login, &user),
    };
    open_session(state, login, &user, organization_id)
}

/// Rejects an organization of which the user is not a member.
pub(crate) fn check_membership(
    state: &State,
    user: &User,
    organization: &str,
) -> Result<(), MockResponse> {
    let (code, description) = if !organization.starts_with("org_") {
        let message = "The organization id is not valid.";
        return Err(MockResponse::plain_error(
            400,
            "invalid_organization_id",
            message,
        ));
    } else if !state.config.has_organization(organization) {
        ("organization_not_found", "Unknown organization.")
    } else if user.membership(organization).is_none() {
        (
            "organization_membership_not_found",
            "The user is not a member of the organization.",
        )
    } else {
        return Ok(());
    };
    Err(MockResponse::oauth_error(400, code, description))
}

fn open_session(
    state: &mut State,
    login: Login,
    user: &User,
    organization_id: Option<String>,
) -> MockResponse {
    // One point in time for the ID, the login and the expiry.
    let now = state.now();
    let session = Session {
        id: id("session", now),
        user_id: user.id.clone(),
        client_id: login.client_id,
        organization_id,
        method: login.method,
        logged_in_at: now,
        expires_at: now.checked_add(state.config.session_lifetime),
        ended: false,
    };
    let refresh_token = opaque();
    let response = token_response(state, &session, user, &refresh_token);
    let unused = RefreshToken::unused(&session.id);
    state.refresh_tokens.insert(refresh_token, unused);
    state.sessions.insert(session.id.clone(), session);
    response
}
