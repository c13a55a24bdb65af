//! A second reference for W4: serde_json with borrowed strings, which are dropped.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::work::{Offer, Work};
use crate::{Row, scene};

pub(crate) fn offer(row: Row) -> Offer {
    match row {
        Row::ReadSuccess => Offer::Helped(
            Work::new(scene::success, |response| {
                let body: Body<'_> = serde_json::from_slice(response.body()).ok()?;
                let payload = body.access_token.split('.').nth(1)?;
                let json = URL_SAFE_NO_PAD.decode(payload).ok()?;
                let claims: Claims<'_> = serde_json::from_slice(&json).ok()?;
                Some((
                    body.user.id.len(),
                    claims.exp? - claims.iat?,
                    claims.sid?.len(),
                ))
            }),
            "body and claims of the access token, parsed as borrowed strings and dropped",
        ),
        _ => Offer::Absent,
    }
}

pub(crate) fn offer_body(row: Row) -> Offer {
    match row {
        Row::ReadSuccess => Offer::Helped(
            Work::new(scene::success, |response| {
                let body: Body<'_> = serde_json::from_slice(response.body()).ok()?;
                Some(body.user.id.len())
            }),
            "the body without the claims of the access token, parsed as borrowed strings and dropped",
        ),
        _ => Offer::Absent,
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are parsed for the measurement")]
struct Body<'a> {
    #[serde(borrow)]
    user: User<'a>,
    organization_id: Option<&'a str>,
    access_token: &'a str,
    refresh_token: &'a str,
    authentication_method: Option<&'a str>,
    #[serde(borrow)]
    impersonator: Option<Impersonator<'a>>,
    #[serde(borrow)]
    oauth_tokens: Option<ProviderTokens<'a>>,
    authkit_authorization_code: Option<&'a str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are parsed for the measurement")]
struct User<'a> {
    id: &'a str,
    email: Option<&'a str>,
    email_verified: Option<bool>,
    name: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    profile_picture_url: Option<&'a str>,
    locale: Option<&'a str>,
    external_id: Option<&'a str>,
    #[serde(borrow)]
    metadata: Option<BTreeMap<&'a str, &'a str>>,
    last_sign_in_at: Option<&'a str>,
    created_at: Option<&'a str>,
    updated_at: Option<&'a str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are parsed for the measurement")]
struct Impersonator<'a> {
    email: &'a str,
    reason: Option<&'a str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are parsed for the measurement")]
struct ProviderTokens<'a> {
    provider: Option<&'a str>,
    access_token: &'a str,
    refresh_token: Option<&'a str>,
    expires_at: Option<u64>,
    #[serde(borrow)]
    scopes: Option<Vec<&'a str>>,
}

#[derive(Deserialize)]
struct Claims<'a> {
    exp: Option<u64>,
    iat: Option<u64>,
    sid: Option<&'a str>,
}
