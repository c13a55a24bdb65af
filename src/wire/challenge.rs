//! What an answer carries that asks for one more step.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;

use crate::challenge::{
    AllowedMethodsChallenge, AuthenticationChallenge, ChallengeContext, EmailCompletionChallenge,
    EmailVerificationChallenge, MfaEnrollmentChallenge, Organization,
    OrganizationSelectionChallenge, OtherChallenge, RadarEmailChallenge, RadarSmsChallenge,
    SsoChallenge, TotpChallenge, UnknownChallenge,
};
use crate::error::ErrorResponse;
use crate::ids::{ConnectionId, OrganizationId};
use crate::user::User;
use crate::wire::lenient::{lenient, lenient_list, lenient_map, lenient_secret};
use crate::wire::user::WireUser;

/// Every field of every step; a step takes its own.
#[derive(Default, Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "lenient_map")]
    auth_methods: BTreeMap<Box<str>, bool>,
    #[serde(default, deserialize_with = "lenient")]
    authentication_challenge: Option<WithId>,
    #[serde(default, deserialize_with = "lenient_list")]
    authentication_factors: Vec<WithId>,
    #[serde(default, deserialize_with = "lenient_list")]
    connection_ids: Vec<ConnectionId>,
    #[serde(default, deserialize_with = "lenient")]
    email: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_secret")]
    email_completion_token: Option<SecretString>,
    #[serde(default, deserialize_with = "lenient")]
    email_verification_id: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_list")]
    organizations: Vec<WireOrganization>,
    #[serde(default, deserialize_with = "lenient")]
    radar_challenge_id: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_list")]
    sso_connection_ids: Vec<ConnectionId>,
    #[serde(default, deserialize_with = "lenient")]
    user: Option<WireUser>,
}

#[derive(Deserialize)]
struct WireOrganization {
    id: OrganizationId,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<Box<str>>,
}

#[derive(Deserialize)]
struct WithId {
    id: Box<str>,
}

/// Reads the step that `body` asks for; `answer` and `token` are what was read of it before.
pub(crate) fn read(
    answer: ErrorResponse,
    token: Option<SecretString>,
    body: &[u8],
) -> AuthenticationChallenge {
    let fields: Fields = super::object(body).unwrap_or_default();
    let code = answer.code.unwrap_or_default();
    let user = fields.user.and_then(WireUser::into_user);
    let email = fields.email;
    let hint = email
        .clone()
        .or_else(|| user.as_ref().and_then(User::email).map(Into::into));
    let step = ChallengeContext::new(code.clone(), token, hint, answer.request_id);
    match &*code {
        "application_consent_required" => {
            AuthenticationChallenge::ApplicationConsent(OtherChallenge { step })
        }
        "authentication_method_not_allowed"
        | "email_password_auth_disabled"
        | "mfa_verification" => AuthenticationChallenge::SignInAnotherWay(OtherChallenge { step }),
        "email_completion_required" => {
            AuthenticationChallenge::EmailCompletion(EmailCompletionChallenge {
                step,
                email_completion_token: fields.email_completion_token,
            })
        }
        "email_verification_required" => {
            AuthenticationChallenge::EmailVerification(EmailVerificationChallenge {
                step,
                email,
                email_verification_id: fields.email_verification_id,
            })
        }
        "mfa_challenge" => AuthenticationChallenge::Totp(TotpChallenge {
            step,
            user,
            challenge_id: fields
                .authentication_challenge
                .map(|challenge| challenge.id),
            factor_ids: fields
                .authentication_factors
                .into_iter()
                .map(|factor| factor.id)
                .collect(),
        }),
        "mfa_enrollment" => {
            AuthenticationChallenge::MfaEnrollment(MfaEnrollmentChallenge { step, user })
        }
        "organization_authentication_methods_required" => {
            AuthenticationChallenge::AllowedMethods(AllowedMethodsChallenge {
                step,
                email,
                connection_ids: fields.sso_connection_ids,
                methods: fields.auth_methods,
            })
        }
        "organization_selection_required" => {
            AuthenticationChallenge::OrganizationSelection(OrganizationSelectionChallenge {
                step,
                user,
                organizations: fields
                    .organizations
                    .into_iter()
                    .map(|WireOrganization { id, name }| Organization { id, name })
                    .collect(),
            })
        }
        "passkey_progressive_enrollment" => {
            AuthenticationChallenge::PasskeyEnrollment(OtherChallenge { step })
        }
        "radar_email_challenge" => radar_email(step, user, fields.radar_challenge_id),
        "radar_sms_challenge" => {
            AuthenticationChallenge::RadarSms(RadarSmsChallenge { step, user })
        }
        // The older names do not say how the code is sent. Only the challenge by e-mail has an id.
        "radar_challenge" | "radar_sign_up_challenge" => match fields.radar_challenge_id {
            Some(id) => radar_email(step, user, Some(id)),
            None => AuthenticationChallenge::RadarSms(RadarSmsChallenge { step, user }),
        },
        "sso_required" => AuthenticationChallenge::Sso(SsoChallenge {
            step,
            email,
            connection_ids: fields.connection_ids,
        }),
        _ => AuthenticationChallenge::Unknown(UnknownChallenge {
            step,
            body: std::str::from_utf8(body).unwrap_or_default().into(),
        }),
    }
}

fn radar_email(
    step: ChallengeContext,
    user: Option<User>,
    radar_challenge_id: Option<Box<str>>,
) -> AuthenticationChallenge {
    AuthenticationChallenge::RadarEmail(RadarEmailChallenge {
        step,
        user,
        radar_challenge_id,
    })
}
