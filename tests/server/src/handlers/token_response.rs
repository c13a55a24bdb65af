//! The token response, and the user object in it.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::access_token::claims;
use crate::config::set_fields;
use crate::response::MockResponse;
use crate::state::{Session, State};
use crate::timestamp::iso8601;
use crate::user::User;

pub(crate) fn token_response(
    state: &State,
    session: &Session,
    user: &User,
    refresh_token: &str,
) -> MockResponse {
    let access_token = match &state.config.access_token {
        Some(token) => token.clone(),
        None => state
            .signer
            .sign(&claims(&state.config, session, state.now())),
    };
    let mut body = json!({
        "user": user_object(user, session.logged_in_at),
        "access_token": access_token,
        "refresh_token": refresh_token,
        "authentication_method": session.method,
    });
    if let Some(organization) = &session.organization_id {
        body["organization_id"] = organization.clone().into();
    }
    // Last, so that a test can change or remove every field.
    if let Value::Object(fields) = &mut body {
        set_fields(fields, &state.config.token_response_fields);
    }
    MockResponse::value(200, &body)
}

pub(crate) fn user_object(user: &User, last_sign_in_at: SystemTime) -> Value {
    let last_sign_in_at = iso8601(last_sign_in_at);
    json!({
        "object": "user",
        "id": user.id,
        "email": user.email,
        "email_verified": true,
        "name": user.full_name(),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "profile_picture_url": null,
        "locale": null,
        "external_id": user.external_id,
        "metadata": user.metadata,
        "last_sign_in_at": last_sign_in_at,
        "created_at": "2026-01-15T12:00:00.000Z",
        "updated_at": last_sign_in_at,
    })
}
