//! Pending logins, found by their pending authentication token.

use crate::response::MockResponse;
use crate::state::{PendingLogin, State, is_live};

pub(crate) fn find_pending<'a>(
    state: &'a mut State,
    token: &str,
) -> Result<&'a mut PendingLogin, MockResponse> {
    let now = state.now();
    state
        .pending_logins
        .get_mut(token)
        .filter(|pending| is_live(pending.expires_at, now))
        .ok_or_else(invalid_pending_token)
}

pub(crate) fn invalid_pending_token() -> MockResponse {
    MockResponse::plain_error(
        400,
        "invalid_pending_authentication_token",
        "The pending authentication token is invalid.",
    )
}
