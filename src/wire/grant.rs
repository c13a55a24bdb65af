//! The body of a token request.

use serde::Serialize;

/// A grant, with exactly the fields that it has.
#[derive(Serialize)]
#[serde(tag = "grant_type")]
pub(crate) enum Grant<'a> {
    #[serde(rename = "authorization_code")]
    AuthorizationCode {
        code: &'a str,
        code_verifier: &'a str,
        /// Only a standard OAuth endpoint takes it.
        #[serde(skip_serializing_if = "Option::is_none")]
        redirect_uri: Option<&'a str>,
    },
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode { device_code: &'a str },
    #[serde(rename = "urn:workos:oauth:grant-type:email-verification:code")]
    EmailVerification {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        pending_authentication_token: Option<&'a str>,
    },
    #[serde(rename = "urn:workos:oauth:grant-type:mfa-totp")]
    MfaTotp {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        pending_authentication_token: Option<&'a str>,
        authentication_challenge_id: &'a str,
    },
    #[serde(rename = "urn:workos:oauth:grant-type:organization-selection")]
    OrganizationSelection {
        #[serde(skip_serializing_if = "Option::is_none")]
        pending_authentication_token: Option<&'a str>,
        organization_id: &'a str,
    },
    #[serde(rename = "urn:workos:oauth:grant-type:radar-email-challenge:code")]
    RadarEmailChallenge {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        pending_authentication_token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        radar_challenge_id: Option<&'a str>,
    },
    #[serde(rename = "urn:workos:oauth:grant-type:radar-sms-challenge:code")]
    RadarSmsChallenge {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        pending_authentication_token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        verification_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        phone_number: Option<&'a str>,
    },
    #[serde(rename = "refresh_token")]
    RefreshToken {
        refresh_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        organization_id: Option<&'a str>,
    },
}

impl Grant<'_> {
    /// Whether a client that has a secret sends it with this grant.
    pub(crate) fn takes_secret(&self) -> bool {
        !matches!(self, Self::DeviceCode { .. })
    }

    /// The bytes of its values: what decides how large the body becomes.
    fn len(&self) -> usize {
        let sum = |values: &[Option<&str>]| values.iter().flatten().map(|value| value.len()).sum();
        match *self {
            Self::AuthorizationCode {
                code,
                code_verifier,
                redirect_uri,
            } => sum(&[Some(code), Some(code_verifier), redirect_uri]),
            Self::DeviceCode { device_code } => device_code.len(),
            Self::EmailVerification {
                code,
                pending_authentication_token,
            } => sum(&[Some(code), pending_authentication_token]),
            Self::MfaTotp {
                code,
                pending_authentication_token,
                authentication_challenge_id,
            } => sum(&[
                Some(code),
                pending_authentication_token,
                Some(authentication_challenge_id),
            ]),
            Self::OrganizationSelection {
                pending_authentication_token,
                organization_id,
            } => sum(&[pending_authentication_token, Some(organization_id)]),
            Self::RadarEmailChallenge {
                code,
                pending_authentication_token,
                radar_challenge_id,
            } => sum(&[Some(code), pending_authentication_token, radar_challenge_id]),
            Self::RadarSmsChallenge {
                code,
                pending_authentication_token,
                verification_id,
                phone_number,
            } => sum(&[
                Some(code),
                pending_authentication_token,
                verification_id,
                phone_number,
            ]),
            Self::RefreshToken {
                refresh_token,
                organization_id,
            } => sum(&[Some(refresh_token), organization_id]),
        }
    }
}

/// A grant and who asks for it.
#[derive(Serialize)]
pub(crate) struct TokenRequest<'a> {
    #[serde(flatten)]
    pub(crate) grant: &'a Grant<'a>,
    pub(crate) client_id: &'a str,
    /// Absent for a public client: not `null`, not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret: Option<&'a str>,
}

impl TokenRequest<'_> {
    /// An upper bound of the encoded size, as long as nothing in it needs escaping.
    pub(crate) fn size_hint(&self) -> usize {
        const NAMES: usize = 256;
        NAMES + self.grant.len() + self.client_id.len() + self.client_secret.map_or(0, str::len)
    }
}
