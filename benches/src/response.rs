//! The members of a token response and of its access token, as serde structs over any type of text.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Texts that borrow from the body. List and map are left as JSON.
pub(crate) type BorrowedBody<'a> = Success<&'a str, &'a str, &'a RawValue, &'a RawValue>;

/// Texts of their own, with tokens that are wiped when they are dropped.
pub(crate) type OwnedBody =
    Success<Box<str>, SecretString, Vec<Box<str>>, BTreeMap<Box<str>, Box<str>>>;

pub(crate) trait Body {
    fn access_token(&self) -> &str;
}

impl Body for BorrowedBody<'_> {
    fn access_token(&self) -> &str {
        self.access_token
    }
}

impl Body for OwnedBody {
    fn access_token(&self) -> &str {
        self.access_token.expose_secret()
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the members are read for the measurement")]
pub(crate) struct Success<S, T, L, M> {
    pub(crate) user: User<S, M>,
    organization_id: Option<S>,
    pub(crate) access_token: T,
    refresh_token: T,
    authentication_method: Option<S>,
    impersonator: Option<Impersonator<S>>,
    oauth_tokens: Option<ProviderTokens<S, T, L>>,
    authkit_authorization_code: Option<T>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct User<S, M> {
    pub(crate) id: S,
    pub(crate) email: Option<S>,
    email_verified: Option<bool>,
    name: Option<S>,
    first_name: Option<S>,
    last_name: Option<S>,
    profile_picture_url: Option<S>,
    locale: Option<S>,
    external_id: Option<S>,
    metadata: Option<M>,
    last_sign_in_at: Option<S>,
    created_at: Option<S>,
    updated_at: Option<S>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Impersonator<S> {
    email: S,
    reason: Option<S>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ProviderTokens<S, T, L> {
    provider: Option<S>,
    access_token: T,
    refresh_token: Option<T>,
    expires_at: Option<u64>,
    scopes: Option<L>,
}

#[derive(Deserialize)]
pub(crate) struct Claims<'a> {
    pub(crate) exp: Option<u64>,
    pub(crate) iat: Option<u64>,
    pub(crate) sid: Option<&'a str>,
}
