//! The stored form of an authentication challenge.
//!
//! The kind of a challenge follows from its code, as on the wire, so it is not stored. Only an unknown challenge has a `body`, which
//! keeps it unknown for a later release that knows its code.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::challenge::{
    AllowedMethodsChallenge, AuthenticationChallenge, ChallengeContext, EmailCompletionChallenge,
    EmailVerificationChallenge, MfaEnrollmentChallenge, Organization,
    OrganizationSelectionChallenge, OtherChallenge, RadarEmailChallenge, RadarSmsChallenge,
    SsoChallenge, TotpChallenge, UnknownChallenge,
};
use crate::ids::ConnectionId;
use crate::stored::{self, Invalid, NO_PENDING_LOGIN, Stored, VERSION, required, secret};
use crate::timestamp::Timestamp;
use crate::user::User;

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    version: Option<u64>,
    client_id: Option<Box<str>>,
    issuer: Option<Box<str>>,
    code: Option<Box<str>>,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    pending_authentication_token: Option<SecretString>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_hint: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated_since: Option<Timestamp>,
    details: Details,
}

/// The members that only some challenges have, named as on the wire.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Details {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) auth_methods: BTreeMap<Box<str>, bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authentication_challenge_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) authentication_factor_ids: Vec<Box<str>>,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<SecretString>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) connection_ids: Vec<ConnectionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<Box<str>>,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    pub(crate) email_completion_token: Option<SecretString>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email_verification_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) organizations: Vec<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) radar_challenge_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<User>,
}

impl AuthenticationChallenge {
    /// Makes the challenge of a code; returns the context if the code is unknown.
    pub(crate) fn of_code(
        context: ChallengeContext,
        details: Details,
    ) -> Result<Self, ChallengeContext> {
        let Details {
            email,
            user,
            connection_ids,
            radar_challenge_id,
            ..
        } = details;
        Ok(match &*context.code {
            "application_consent_required"
            | "authentication_method_not_allowed"
            | "email_password_auth_disabled"
            | "mfa_verification"
            | "passkey_progressive_enrollment" => Self::Other(OtherChallenge { context }),
            "email_completion_required" => Self::EmailCompletion(EmailCompletionChallenge {
                context,
                email_completion_token: details.email_completion_token,
            }),
            "email_verification_required" => Self::EmailVerification(EmailVerificationChallenge {
                context,
                email,
                email_verification_id: details.email_verification_id,
            }),
            "mfa_challenge" => Self::Totp(TotpChallenge {
                context,
                user,
                challenge_id: details.authentication_challenge_id,
                factor_ids: details.authentication_factor_ids,
            }),
            "mfa_enrollment" => Self::MfaEnrollment(MfaEnrollmentChallenge { context, user }),
            "organization_authentication_methods_required" => {
                Self::AllowedMethods(AllowedMethodsChallenge {
                    context,
                    email,
                    connection_ids,
                    methods: details.auth_methods,
                })
            }
            "organization_selection_required" => {
                Self::OrganizationSelection(OrganizationSelectionChallenge {
                    context,
                    user,
                    organizations: details.organizations,
                })
            }
            // The older codes do not tell how the one-time code is sent. Only a challenge by e-mail has an ID.
            "radar_challenge" | "radar_sign_up_challenge" if radar_challenge_id.is_none() => {
                Self::RadarSms(RadarSmsChallenge { context, user })
            }
            "radar_sms_challenge" => Self::RadarSms(RadarSmsChallenge { context, user }),
            "radar_challenge" | "radar_email_challenge" | "radar_sign_up_challenge" => {
                Self::RadarEmail(RadarEmailChallenge {
                    context,
                    user,
                    radar_challenge_id,
                })
            }
            "sso_required" => Self::Sso(SsoChallenge {
                context,
                email,
                connection_ids,
            }),
            _ => return Err(context),
        })
    }

    fn details(&self) -> Details {
        let mut details = Details::default();
        match self.clone() {
            Self::EmailVerification(challenge) => {
                details.email = challenge.email;
                details.email_verification_id = challenge.email_verification_id;
            }
            Self::Totp(challenge) => {
                details.user = challenge.user;
                details.authentication_challenge_id = challenge.challenge_id;
                details.authentication_factor_ids = challenge.factor_ids;
            }
            Self::MfaEnrollment(challenge) => details.user = challenge.user,
            Self::OrganizationSelection(challenge) => {
                details.user = challenge.user;
                details.organizations = challenge.organizations;
            }
            Self::Sso(challenge) => {
                details.email = challenge.email;
                details.connection_ids = challenge.connection_ids;
            }
            Self::RadarEmail(challenge) => {
                details.user = challenge.user;
                details.radar_challenge_id = challenge.radar_challenge_id;
            }
            Self::RadarSms(challenge) => details.user = challenge.user,
            Self::EmailCompletion(challenge) => {
                details.email_completion_token = challenge.email_completion_token;
            }
            Self::AllowedMethods(challenge) => {
                details.email = challenge.email;
                details.connection_ids = challenge.connection_ids;
                details.auth_methods = challenge.methods;
            }
            Self::Other(_) => {}
            Self::Unknown(challenge) => details.body = Some(challenge.body),
        }
        details
    }
}

impl Stored for AuthenticationChallenge {
    type Form = Form;

    const NOTHING: &'static str = NO_PENDING_LOGIN;

    fn version(form: &Form) -> Option<u64> {
        form.version
    }

    fn parse(form: Form) -> Result<Self, Invalid> {
        let context = ChallengeContext {
            binding: stored::binding(form.client_id, form.issuer)?,
            code: required(form.code, "code")?,
            pending_authentication_token: form.pending_authentication_token,
            login_hint: form.login_hint,
            organization_id: stored::parsed(form.organization_id, "organization_id")?,
            request_id: form.request_id,
            authenticated_since: form.authenticated_since,
        };
        let mut details = form.details;
        match details.body.take() {
            Some(body) => Ok(Self::Unknown(UnknownChallenge { context, body })),
            // A later release knew this code, so it stored the members that it read and no body.
            None => Self::of_code(context, details).map_err(|_| Invalid("body")),
        }
    }
}

impl Serialize for AuthenticationChallenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let context = self.context();
        let form = Form {
            version: Some(VERSION),
            client_id: Some(context.binding.client_id.as_str().into()),
            issuer: Some(context.binding.issuer.clone()),
            code: Some(context.code.clone()),
            pending_authentication_token: context.pending_authentication_token.clone(),
            login_hint: context.login_hint.clone(),
            organization_id: context
                .organization_id
                .as_ref()
                .map(|id| id.as_str().into()),
            request_id: context.request_id.clone(),
            authenticated_since: context.authenticated_since,
            details: self.details(),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AuthenticationChallenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stored::read(deserializer)
    }
}
