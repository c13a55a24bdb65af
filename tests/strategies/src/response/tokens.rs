//! Successful responses.

use serde_json::{Value, json};
use workos_login::{Client, ClientKind};

use crate::choices::{Choices, values};
use crate::claims::Claims;
use crate::json::{merged, user};

/// The members that a successful response of the token endpoint has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokensShape {
    /// Those of User Management: a user, an access token and a refresh token.
    UserManagement,
    /// Those of an authorization server (RFC 6749 section 5.1).
    OAuth,
    /// All of them. Either kind of client accepts them, because each ignores the members of the other.
    Both,
}

/// The tokens of a successful response.
///
/// ```
/// use workos_login::Client;
/// use workos_login_strategies::{TokenContent, TokenResponse, Tokens, TokensShape};
///
/// let client = Client::public("client_123".parse()?);
/// let tokens = Tokens::new(TokensShape::UserManagement).organization("org_1");
/// let response = TokenResponse::new(TokenContent::Tokens(tokens)).to_http(&client);
/// assert_eq!(response.status(), 200);
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    shape: TokensShape,
    user: String,
    organization: Option<String>,
    claims: Claims,
    nonce: Option<String>,
    number: u16,
    is_opaque: bool,
    has_optional_members: bool,
}

impl Tokens {
    /// Makes the tokens of the user `user_1` without an organization.
    #[must_use]
    pub fn new(shape: TokensShape) -> Self {
        Self {
            shape,
            user: "user_1".to_owned(),
            organization: None,
            claims: Claims::new(),
            nonce: None,
            number: 0,
            is_opaque: false,
            has_optional_members: false,
        }
    }

    /// Sets the user ID.
    #[must_use]
    pub fn user(self, id: &str) -> Self {
        let user = id.to_owned();
        Self { user, ..self }
    }

    /// Sets the organization, also in the claims.
    #[must_use]
    pub fn organization(self, id: &str) -> Self {
        Self {
            claims: self.claims.with("org_id", id),
            organization: Some(id.to_owned()),
            ..self
        }
    }

    /// Sets the number at the end of the refresh token, so that each response can have another one.
    #[must_use]
    pub fn number(self, number: u16) -> Self {
        Self { number, ..self }
    }

    /// Sets the claims of the access token.
    #[must_use]
    pub fn claims(self, claims: Claims) -> Self {
        Self { claims, ..self }
    }

    pub(crate) fn nonce(&mut self, nonce: Option<String>) {
        self.nonce = nonce;
    }

    /// Sets the shape.
    pub(crate) fn shaped(self, shape: TokensShape) -> Self {
        Self { shape, ..self }
    }

    /// Returns the shape.
    #[must_use]
    pub fn shape(&self) -> TokensShape {
        self.shape
    }

    pub(crate) fn body<K: ClientKind>(&self, client: &Client<K>) -> Value {
        let access_token = match self.is_opaque {
            true => format!("access_token_{}", self.number),
            false => self.claims.to_jwt(),
        };
        let tokens = json!({
            "access_token": access_token,
            "refresh_token": format!("refresh_token_{}", self.number),
        });
        let more = match self.shape {
            TokensShape::UserManagement => self.user_management(),
            TokensShape::OAuth => self.oauth(client),
            TokensShape::Both => merged(self.user_management(), self.oauth(client)),
        };
        merged(tokens, more)
    }

    fn user_management(&self) -> Value {
        let mut body = json!({"user": user(&self.user)});
        if let Some(organization) = &self.organization {
            body["organization_id"] = json!(organization);
        }
        if !self.has_optional_members {
            return body;
        }
        let optional = json!({
            "authentication_method": "GoogleOAuth",
            "impersonator": {"email": "support@example.org", "reason": null},
            "oauth_tokens": {
                "provider": "GoogleOAuth",
                "access_token": "provider_access_token",
                "refresh_token": "provider_refresh_token",
                "expires_at": 1_780_003_600,
                "scopes": ["openid", "email"],
            },
            "authkit_authorization_code": "authkit_code_1",
            "sealed_session": null,
        });
        merged(body, optional)
    }

    fn oauth<K: ClientKind>(&self, client: &Client<K>) -> Value {
        let body = json!({"token_type": "Bearer", "expires_in": 300});
        if !self.has_optional_members {
            return body;
        }
        let mut id_token = Claims::new()
            .with("iss", client.issuer())
            .with("sub", self.user.as_str())
            .with("aud", client.id().as_str())
            .with("email", "nadia@example.org")
            // No test runs later than 2100.
            .with("exp", 4_102_444_800_u64);
        if let Some(nonce) = &self.nonce {
            id_token = id_token.with("nonce", nonce.as_str());
        }
        merged(
            body,
            json!({"id_token": id_token.to_jwt(), "scope": "openid email"}),
        )
    }

    /// Returns the same user and organization most of the time, so that refreshes succeed.
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let shape = choices.one_of(&[
            TokensShape::UserManagement,
            TokensShape::Both,
            TokensShape::Both,
            TokensShape::OAuth,
        ]);
        let mut tokens = Self::new(shape)
            .number(choices.number())
            .claims(Claims::generate(choices));
        match choices.below(16) {
            0..=12 => {}
            13 => tokens = tokens.organization("org_1"),
            14 => tokens = tokens.organization("org_2"),
            _ => tokens = tokens.user("user_2"),
        }
        tokens.is_opaque = choices.once_in(8);
        tokens.has_optional_members = choices.once_in(2);
        tokens
    }
}

values!(Tokens);
