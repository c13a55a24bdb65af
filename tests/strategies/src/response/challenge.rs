//! Authentication challenges.

use serde_json::{Value, json};

use crate::choices::{Choices, values};
use crate::json::{merged, user};
use crate::response::with_code;

/// An authentication challenge, as a response of the token endpoint.
///
/// ```
/// use proptest::prelude::*;
/// use workos_login::Client;
/// use workos_login_strategies::{Challenge, Machine, Move, State, TokenContent, TokenResponse};
///
/// let client = Client::public("client_123".parse()?);
/// proptest!(|(challenge: Challenge)| {
///     let mut machine = Machine::new(client.clone());
///     let code = challenge.code();
///     machine.log_in_with(TokenResponse::new(TokenContent::Challenge(challenge)));
///     let State::Challenge(challenge) = machine.into_state() else { unreachable!() };
///     prop_assert_eq!(challenge.code(), code);
/// });
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    code: &'static str,
    /// `true` if the response has only its code, as the service sends some with the shape of OAuth.
    is_bare: bool,
}

/// The codes that make a response an authentication challenge.
const CODES: &[&str] = &[
    "email_verification_required",
    "mfa_challenge",
    "mfa_verification",
    "mfa_enrollment",
    "organization_selection_required",
    "radar_email_challenge",
    "radar_sms_challenge",
    "radar_challenge",
    "radar_sign_up_challenge",
    "sso_required",
    "organization_authentication_methods_required",
    "authentication_method_not_allowed",
    "email_completion_required",
    "email_password_auth_disabled",
    "passkey_progressive_enrollment",
    "application_consent_required",
    // Unknown, but with a pending authentication token.
    "x_unknown_challenge",
];

impl Challenge {
    /// Returns the code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code
    }

    pub(crate) fn status(self) -> u16 {
        if self.is_bare { 400 } else { 403 }
    }

    pub(crate) fn body(self) -> Value {
        let body = with_code(self.is_bare, self.code, "The user must do more.");
        if self.is_bare {
            return body;
        }
        let token = json!({"pending_authentication_token": "pending_authentication_token_1"});
        let details = match self.code {
            "email_verification_required" => json!({
                "email": "nadia@example.org",
                "email_verification_id": "email_verification_1",
            }),
            "mfa_challenge" => json!({
                "user": user("user_1"),
                "authentication_factors": [{"id": "auth_factor_1", "type": "totp"}],
                "authentication_challenge": {"id": "auth_challenge_1"},
            }),
            "mfa_enrollment" | "radar_sms_challenge" => json!({"user": user("user_1")}),
            "organization_selection_required" => json!({
                "user": user("user_1"),
                "organizations": [{"id": "org_1", "name": "One"}, {"id": "org_2", "name": "Two"}],
            }),
            "radar_email_challenge" => json!({
                "user": user("user_1"),
                "radar_challenge_id": "radar_challenge_1",
            }),
            "sso_required" => json!({
                "email": "nadia@example.org",
                "connection_ids": ["conn_1", "conn_2"],
            }),
            "organization_authentication_methods_required" => json!({
                "email": "nadia@example.org",
                "sso_connection_ids": ["conn_1"],
                "auth_methods": {"google_oauth": true, "password": false},
            }),
            "email_completion_required" => {
                json!({"email_completion_token": "email_completion_token_1"})
            }
            _ => json!({}),
        };
        merged(merged(body, token), details)
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let code = choices.one_of(CODES);
        let is_known = code != "x_unknown_challenge";
        Self {
            code,
            is_bare: is_known && choices.once_in(8),
        }
    }
}

values!(Challenge);
