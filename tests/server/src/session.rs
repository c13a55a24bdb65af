//! A session, and the long answer that begins or continues one.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::config::Config;
use crate::ids::{id, opaque};
use crate::refresh_grant::RefreshToken;
use crate::response::MockResponse;
use crate::token::claims;
use crate::user::User;
use crate::world::World;

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) client_id: String,
    pub(crate) organization_id: Option<String>,
    /// The `authentication_method` that opened the session; refreshes repeat it.
    pub(crate) method: String,
    pub(crate) signed_in_at: SystemTime,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) ended: bool,
}

impl World {
    /// Begins a session and answers with its first tokens.
    pub(crate) fn open_session(
        &mut self,
        client_id: String,
        user: &User,
        organization_id: Option<String>,
        method: String,
    ) -> MockResponse {
        let now = self.now();
        let session = Session {
            id: id("session", now),
            user_id: user.id.clone(),
            client_id,
            organization_id,
            method,
            signed_in_at: now,
            expires_at: now.checked_add(self.config.session_lifetime),
            ended: false,
        };
        let refresh_token = opaque();
        self.refresh_tokens
            .insert(refresh_token.clone(), RefreshToken::fresh(&session.id));
        let answer = self.success(&session, user, &refresh_token);
        self.sessions.insert(session.id.clone(), session);
        answer
    }

    /// The answer that hands out tokens.
    pub(crate) fn success(
        &self,
        session: &Session,
        user: &User,
        refresh_token: &str,
    ) -> MockResponse {
        let access_token = match &self.config.access_token {
            Some(token) => token.clone(),
            None => self.signer.sign(&claims(&self.config, session, self.now())),
        };
        let mut body = json!({
            "user": user_object(user, session.signed_in_at),
            "access_token": access_token,
            "refresh_token": refresh_token,
            "authentication_method": session.method,
        });
        if let Some(organization) = &session.organization_id {
            body["organization_id"] = organization.clone().into();
        }
        set_fields(&self.config, &mut body);
        MockResponse::value(200, &body)
    }

    /// Ends one session; says whether it was there and alive.
    pub(crate) fn end_session(&mut self, id: &str) -> bool {
        self.sessions
            .get_mut(id)
            .is_some_and(|session| !std::mem::replace(&mut session.ended, true))
    }
}

/// The user as the service writes one.
pub(crate) fn user_object(user: &User, last_sign_in_at: SystemTime) -> Value {
    let signed_in = timestamp(last_sign_in_at);
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
        "last_sign_in_at": signed_in,
        "created_at": "2026-01-15T12:00:00.000Z",
        "updated_at": signed_in,
    })
}

fn set_fields(config: &Config, body: &mut Value) {
    let Value::Object(body) = body else { return };
    for (name, value) in &config.token_response_fields {
        match value {
            Some(value) => body.insert(name.clone(), value.clone()),
            None => body.remove(name),
        };
    }
}
