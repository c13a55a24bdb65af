//! The verification of the access token at each request.
//!
//! A token that is not valid is replaced once: its key may have been withdrawn, and a forged one has no refresh token that the service accepts. A
//! refresh helps neither against keys that cannot be fetched nor against a wrong clock.

use std::sync::Arc;
use std::time::Duration;

use workos_login::Authenticated;
use workos_login::keys::{InvalidToken, VerifyError};
use workos_login::secrecy::ExposeSecret as _;
use workos_login_session::{SessionError, SessionManager, Token};

use crate::sessions::{Found, Handle, found, on_a_task};
use crate::web_auth::WebAuth;

/// Returns what was found if its access token is valid, and else its replacement.
pub(crate) async fn verified(auth: &WebAuth, found: Found) -> Found {
    let Err(error) = check(auth, &found).await else {
        return found;
    };
    let Found::Session {
        handle, session, ..
    } = found
    else {
        return found;
    };
    if !is_replaceable(error) {
        return unavailable(handle, error);
    }
    tracing::warn!("the session is refreshed because of its access token: {error}");
    let replaced = replace(auth, handle, session).await;
    match (check(auth, &replaced).await, replaced) {
        (Err(error), Found::Session { handle, .. }) => unavailable(handle, error),
        (_, replaced) => replaced,
    }
}

async fn check(auth: &WebAuth, found: &Found) -> Result<(), VerifyError> {
    let Found::Session { session, .. } = found else {
        return Ok(());
    };
    let token = session.access_token().expose_secret();
    let claims = auth.verifier().verify_access_token(token).await?;
    // The token is verified, but not the user beside it.
    match session.user() {
        Some(user) if user.id() != claims.subject() => Err(InvalidToken::MissingSubject.into()),
        _ => Ok(()),
    }
}

fn is_replaceable(error: VerifyError) -> bool {
    match error {
        VerifyError::Invalid(invalid) => {
            !matches!(invalid, InvalidToken::Expired | InvalidToken::NotYetValid)
        }
        VerifyError::KeysRequired { .. } => false,
    }
}

async fn replace(auth: &WebAuth, handle: Handle, session: Arc<Authenticated>) -> Found {
    let manager = auth.sessions().manager(auth.settings(), &handle).await;
    let result = on_a_task(async move { other_token(&manager, &session).await }).await;
    let cookie = auth.sessions().cookie(auth.settings(), &handle).await;
    found(handle, result, cookie)
}

/// Returns another token than that of a session, which a parallel request may have replaced already.
async fn other_token(
    manager: &SessionManager,
    session: &Authenticated,
) -> Result<Token, SessionError> {
    let token = manager.access_token().await?;
    if token.secret().expose_secret() != session.access_token().expose_secret() {
        return Ok(token);
    }
    manager.refresh_rejected(&token).await
}

fn unavailable(handle: Handle, error: VerifyError) -> Found {
    tracing::error!("the access token of a session cannot be verified: {error}");
    let retry_in = match error {
        VerifyError::KeysRequired { fetch_in } => fetch_in,
        VerifyError::Invalid(_) => Duration::from_secs(1),
    };
    Found::Unavailable(handle, retry_in)
}
