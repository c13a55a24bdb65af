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
    #[serde(rename = "refresh_token")]
    RefreshToken {
        refresh_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        organization_id: Option<&'a str>,
    },
}

impl Grant<'_> {
    /// The bytes of its values: what decides how large the body becomes.
    fn len(&self) -> usize {
        let len = |value: &Option<&str>| value.map_or(0, str::len);
        match self {
            Self::AuthorizationCode {
                code,
                code_verifier,
                redirect_uri,
            } => code.len() + code_verifier.len() + len(redirect_uri),
            Self::RefreshToken {
                refresh_token,
                organization_id,
            } => refresh_token.len() + len(organization_id),
        }
    }
}

/// A grant and who asks for it.
#[derive(Serialize)]
pub(crate) struct TokenRequest<'a> {
    #[serde(flatten)]
    pub(crate) grant: Grant<'a>,
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
