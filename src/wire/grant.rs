//! The body of a token request.
//!
//! A [`Grant`] holds what its in-flight state knows, as secrets that are wiped. The fields of the client are added when the request is written.
//! The number of fields is limited at compile time, so that a request is an array of borrowed fields and no secret is copied on
//! the way to the body.

use std::{array, fmt};

use secrecy::{ExposeSecret, SecretString};

use crate::end_user::EndUser;
use crate::ids::ApiKey;
use crate::wire::request::Field;

/// A grant and its fields.
///
/// An in-flight state keeps it until there is a response. Its secrets are wiped; the body is written for each request.
pub(crate) struct Grant {
    grant_type: &'static str,
    names: &'static [&'static str],
    /// In the order of their names.
    values: [Option<SecretString>; MAX_FIELDS],
}

impl Grant {
    /// Only an authorization server takes `redirect_uri`.
    pub(crate) fn authorization_code(
        code: SecretString,
        code_verifier: SecretString,
        redirect_uri: Option<SecretString>,
    ) -> Self {
        Self::new(
            AUTHORIZATION_CODE,
            &["code", "code_verifier", "redirect_uri"],
            [Some(code), Some(code_verifier), redirect_uri],
        )
    }

    pub(crate) fn device_code(device_code: SecretString) -> Self {
        Self::new(DEVICE_CODE, &["device_code"], [Some(device_code)])
    }

    /// Without a refresh token, the service takes the one of its cookie.
    pub(crate) fn refresh_token(
        refresh_token: Option<SecretString>,
        organization_id: Option<SecretString>,
    ) -> Self {
        Self::new(
            "refresh_token",
            &["refresh_token", "organization_id"],
            [refresh_token, organization_id],
        )
    }

    pub(crate) fn email_verification(
        code: SecretString,
        pending_authentication_token: Option<SecretString>,
    ) -> Self {
        Self::new(
            "urn:workos:oauth:grant-type:email-verification:code",
            &["code", PENDING_TOKEN],
            [Some(code), pending_authentication_token],
        )
    }

    pub(crate) fn mfa_totp(
        code: SecretString,
        pending_authentication_token: Option<SecretString>,
        authentication_challenge_id: SecretString,
    ) -> Self {
        Self::new(
            "urn:workos:oauth:grant-type:mfa-totp",
            &["code", PENDING_TOKEN, "authentication_challenge_id"],
            [
                Some(code),
                pending_authentication_token,
                Some(authentication_challenge_id),
            ],
        )
    }

    pub(crate) fn organization_selection(
        pending_authentication_token: Option<SecretString>,
        organization_id: SecretString,
    ) -> Self {
        Self::new(
            "urn:workos:oauth:grant-type:organization-selection",
            &[PENDING_TOKEN, "organization_id"],
            [pending_authentication_token, Some(organization_id)],
        )
    }

    pub(crate) fn radar_email_challenge(
        code: SecretString,
        pending_authentication_token: Option<SecretString>,
        radar_challenge_id: Option<SecretString>,
    ) -> Self {
        Self::new(
            "urn:workos:oauth:grant-type:radar-email-challenge:code",
            &["code", PENDING_TOKEN, "radar_challenge_id"],
            [Some(code), pending_authentication_token, radar_challenge_id],
        )
    }

    pub(crate) fn radar_sms_challenge(
        code: SecretString,
        pending_authentication_token: Option<SecretString>,
        verification_id: Option<SecretString>,
        phone_number: Option<SecretString>,
    ) -> Self {
        Self::new(
            "urn:workos:oauth:grant-type:radar-sms-challenge:code",
            &["code", PENDING_TOKEN, "verification_id", "phone_number"],
            [
                Some(code),
                pending_authentication_token,
                verification_id,
                phone_number,
            ],
        )
    }

    fn new<const N: usize>(
        grant_type: &'static str,
        names: &'static [&'static str; N],
        values: [Option<SecretString>; N],
    ) -> Self {
        const { assert!(N <= MAX_FIELDS) };
        let mut values = values.into_iter();
        Self {
            grant_type,
            names,
            values: array::from_fn(|_| values.next().flatten()),
        }
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("grant_type", &self.grant_type)
            .finish_non_exhaustive()
    }
}

/// The parameters that only a confidential client sends.
#[derive(Clone)]
pub(crate) struct ConfidentialFields {
    pub(crate) key: ApiKey,
    pub(crate) end_user: EndUser,
}

/// The fields of a grant and of the client. A device code is polled without the client secret.
pub(crate) fn token_request<'a>(
    grant: &'a Grant,
    client_id: &'a str,
    confidential: Option<&'a ConfidentialFields>,
) -> [Field<'a>; MAX_FIELDS + 8] {
    let mut fields = [("", None); MAX_FIELDS + 8];
    let [
        grant_type,
        of_grant @ ..,
        id,
        secret,
        ip,
        agent,
        device,
        signals,
        invitation,
    ] = &mut fields;
    *grant_type = ("grant_type", Some(grant.grant_type));
    for (field, (name, value)) in of_grant
        .iter_mut()
        .zip(grant.names.iter().zip(&grant.values))
    {
        // Borrowed: the secret is copied once, into the body.
        *field = (*name, value.as_ref().map(|value| value.expose_secret()));
    }
    *id = ("client_id", Some(client_id));
    let Some(ConfidentialFields { key, end_user }) = confidential else {
        return fields;
    };
    // In the body (RFC 6749 section 2.3.1), where User Management expects it. The secret is sent beside the verifier: PKCE does
    // not replace the authentication of a confidential client (RFC 9700 section 2.1.1).
    if grant.grant_type != DEVICE_CODE {
        *secret = ("client_secret", Some(key.expose()));
    }
    *ip = ("ip_address", end_user.ip_address.as_deref());
    *agent = ("user_agent", end_user.user_agent.as_deref());
    *device = ("device_id", end_user.device_id.as_deref());
    // User Management does not define these two for any other grant of this crate.
    if grant.grant_type == AUTHORIZATION_CODE {
        let token = end_user.invitation_token.as_ref();
        *signals = ("signals_id", end_user.signals_id.as_deref());
        *invitation = ("invitation_token", token.map(|token| token.expose_secret()));
    }
    fields
}

const AUTHORIZATION_CODE: &str = "authorization_code";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const PENDING_TOKEN: &str = "pending_authentication_token";

const MAX_FIELDS: usize = 4;
