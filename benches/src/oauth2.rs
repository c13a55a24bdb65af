//! `oauth2` 5.0, without its HTTP client.
//!
//! The crate sends a request and reads the response in one call of an HTTP client function. For a request alone, this function returns
//! the request as its error.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::Response;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, Client, ClientId, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, TokenResponse, TokenUrl,
};
use rand::Rng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use url::Url;

use crate::floor::{claims, text, token};
use crate::response::{Impersonator, ProviderTokens, User};
use crate::work::Work;
use crate::{Row, scene};

pub(crate) fn work(row: Row) -> Option<Work> {
    let (client, mut text) = (login_client(), String::with_capacity(256));
    Some(match row {
        Row::Begin => Work::new(|| (), move |()| begin(&client)),
        Row::BeginSystem => Work::new(|| (), move |()| begin_with_system(&client)),
        Row::Callback => {
            let (url, pending) = begin(&client);
            scene::redirect(&mut text, url.as_str());
            Work::new(|| (), move |()| pending.code(&text))
        }
        Row::CallbackAndRequest => {
            let (url, pending) = begin(&client);
            scene::redirect(&mut text, url.as_str());
            let input = move || Pending {
                state: pending.state.clone(),
                verifier: PkceCodeVerifier::new(pending.verifier.secret().clone()),
            };
            Work::new(input, move |pending| {
                exchange(&client, pending, &text, None)
            })
        }
        Row::ToRequest => Work::new(|| (), move |()| login(&client, begin, &mut text, None)),
        Row::ToErrorResponse => Work::new(scene::error_response, move |response| {
            login(&client, begin, &mut text, Some(response))
        }),
        Row::WholeLogin => Work::new(scene::success, move |response| {
            login(&client, begin_with_system, &mut text, Some(response))
        }),
        Row::Response
        | Row::StorePending
        | Row::LoadPending
        | Row::StoreSession
        | Row::LoadSession => return None,
    })
}

/// Creates pending logins.
pub(crate) fn pending(count: usize) -> Vec<Pending> {
    let client = login_client();
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| begin(&client).1));
    all
}

/// A pending login.
pub(crate) struct Pending {
    state: CsrfToken,
    verifier: PkceCodeVerifier,
}

type LoginClient = Client<
    BasicErrorResponse,
    Success,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

fn login_client() -> LoginClient {
    let url = |path: &str| format!("https://api.workos.com/user_management/{path}");
    Client::new(ClientId::new(scene::CLIENT_ID.into()))
        .set_auth_uri(AuthUrl::new(url("authorize")).expect("a valid URL"))
        .set_token_uri(TokenUrl::new(url("authenticate")).expect("a valid URL"))
        .set_redirect_uri(RedirectUrl::new(scene::REDIRECT_URI.into()).expect("a valid URL"))
}

fn begin(client: &LoginClient) -> (Url, Pending) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .set_pkce_challenge(challenge)
        .add_extra_param("provider", "authkit")
        .url();
    (url, Pending { state, verifier })
}

fn begin_with_system(client: &LoginClient) -> (Url, Pending) {
    let mut random = [0; 66];
    UnwrapErr(SysRng).fill_bytes(&mut random);
    let verifier = PkceCodeVerifier::new(text(&token(&random[33..])).into());
    let (url, state) = client
        .authorize_url(|| CsrfToken::new(text(&token(&random[..33])).into()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .add_extra_param("provider", "authkit")
        .url();
    (url, Pending { state, verifier })
}

impl Pending {
    /// Parses a callback as in the examples of the crate, and compares its `state`.
    fn code(&self, callback: &str) -> Option<AuthorizationCode> {
        let url = Url::parse(callback).ok()?;
        let value = |wanted| {
            let (_, value) = url.query_pairs().find(|(name, _)| name == wanted)?;
            Some(value.into_owned())
        };
        let is_state = value("state")?
            .as_bytes()
            .ct_eq(self.state.secret().as_bytes());
        bool::from(is_state).then(|| value("code").map(AuthorizationCode::new))?
    }
}

fn login(
    client: &LoginClient,
    begin: fn(&LoginClient) -> (Url, Pending),
    callback: &mut String,
    response: Option<Response<Vec<u8>>>,
) -> (Url, Option<Exchanged>) {
    let (url, pending) = begin(client);
    scene::redirect(callback, url.as_str());
    (url, exchange(client, pending, callback, response))
}

type Exchanged = Result<Session, RequestTokenError<Sent, BasicErrorResponse>>;

#[expect(
    clippy::result_large_err,
    reason = "the error is the request that was built"
)]
fn exchange(
    client: &LoginClient,
    pending: Pending,
    callback: &str,
    response: Option<Response<Vec<u8>>>,
) -> Option<Exchanged> {
    let code = pending.code(callback)?;
    let response = RefCell::new(response);
    let http_client = |request| response.take().ok_or(Sent(request));
    let result = client
        .exchange_code(code)
        .set_pkce_verifier(pending.verifier)
        .request(&http_client);
    Some(result.map(Session::new))
}

/// The request, returned as the error of the HTTP client.
#[derive(Debug)]
#[expect(dead_code, reason = "the request is the result")]
struct Sent(HttpRequest);

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not sent")
    }
}

impl std::error::Error for Sent {}

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the fields are read for the measurement")
)]
struct Session {
    success: Success,
    session_id: Option<String>,
    lifetime: Option<Duration>,
}

impl Session {
    fn new(success: Success) -> Self {
        let (lifetime, session_id) = claims(success.access_token.secret());
        Self {
            success,
            session_id,
            lifetime,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct Success {
    user: User<String, BTreeMap<String, String>>,
    organization_id: Option<String>,
    access_token: AccessToken,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
    refresh_token: RefreshToken,
    authentication_method: Option<String>,
    impersonator: Option<Impersonator<String>>,
    oauth_tokens: Option<ProviderTokens<String, String, Vec<String>>>,
    authkit_authorization_code: Option<String>,
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

impl TokenResponse for Success {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        Some(&self.refresh_token)
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_session_with_help() {
        let (_, exchanged) = login(
            &login_client(),
            begin,
            &mut String::new(),
            Some(scene::success()),
        );
        let session = exchanged.unwrap().unwrap();
        assert_eq!(
            session.success.user.email.as_deref(),
            Some("nadia.okafor@example.org")
        );
        assert!(session.lifetime.is_some() && session.session_id.is_some());
    }

    #[test]
    fn rejects_the_response_of_workos_without_help() {
        let error =
            serde_json::from_str::<oauth2::basic::BasicTokenResponse>(scene::SUCCESS).unwrap_err();
        assert!(error.to_string().contains("token_type"), "{error}");
    }

    #[test]
    fn an_error_response_has_its_code() {
        let (_, error) = login(
            &login_client(),
            begin,
            &mut String::new(),
            Some(scene::error_response()),
        );
        assert!(matches!(
            error,
            Some(Err(RequestTokenError::ServerResponse(_)))
        ));
    }
}
