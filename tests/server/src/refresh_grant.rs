//! The grant `refresh_token`: rotation, replay within a window, and what a late replay does.

use std::time::SystemTime;

use crate::authenticate::Client;
use crate::ids::opaque;
use crate::login::check_membership;
use crate::params::Params;
use crate::response::MockResponse;
use crate::world::World;

#[derive(Clone, Debug)]
pub(crate) struct RefreshToken {
    session_id: String,
    spent: Option<Spent>,
}

/// How a token was spent, kept so that the same question gets the same answer.
#[derive(Clone, Debug)]
struct Spent {
    at: SystemTime,
    organization_id: Option<String>,
    answer: MockResponse,
}

impl RefreshToken {
    pub(crate) fn fresh(session_id: &str) -> Self {
        Self {
            session_id: session_id.to_owned(),
            spent: None,
        }
    }
}

pub(crate) fn refresh(
    world: &mut World,
    params: &Params,
    client: &Client,
) -> Result<MockResponse, MockResponse> {
    let name = params.required("refresh_token")?;
    let wanted = params.get("organization_id")?;
    let now = world.now();
    let refused = || MockResponse::invalid_grant("This refresh token can no longer be used.");

    let token = world
        .refresh_tokens
        .get(name)
        .cloned()
        .ok_or_else(refused)?;
    let mut session = world
        .sessions
        .get(&token.session_id)
        .filter(|session| {
            session.client_id == client.id && session.expires_at.is_none_or(|end| now < end)
        })
        .cloned()
        .ok_or_else(refused)?;
    if session.ended {
        return Err(MockResponse::invalid_grant("The session was ended."));
    }
    if let Some(spent) = token.spent {
        let age = now.duration_since(spent.at).unwrap_or_default();
        if age < world.config.replay_window {
            return if spent.organization_id.as_deref() == wanted {
                Ok(spent.answer)
            } else {
                Err(refused())
            };
        }
        if world.config.reuse_ends_session {
            world.end_session(&session.id);
        }
        return Err(refused());
    }

    let user = world
        .config
        .user(&session.user_id)
        .cloned()
        .ok_or_else(refused)?;
    if let Some(organization) = wanted {
        check_membership(world, &user, organization)?;
        session.organization_id = Some(organization.to_owned());
    }
    let next = if world.config.rotate_refresh_tokens {
        opaque()
    } else {
        name.to_owned()
    };
    let answer = world.success(&session, &user, &next);
    if world.config.rotate_refresh_tokens {
        let spent = Spent {
            at: now,
            organization_id: wanted.map(str::to_owned),
            answer: answer.clone(),
        };
        world.refresh_tokens.insert(
            name.to_owned(),
            RefreshToken {
                spent: Some(spent),
                ..token
            },
        );
        world
            .refresh_tokens
            .insert(next, RefreshToken::fresh(&session.id));
    }
    world.sessions.insert(session.id.clone(), session);
    Ok(answer)
}
