//! `oauth2` 5.0, without its HTTP client.
//!
//! The crate sends a request and reads the response in one call of an HTTP client function. For a request alone, this function returns
//! the request as its error; for a response alone, that is subtracted from a whole exchange.

use std::cell::RefCell;
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

use crate::floor::{Claims, Impersonator, ProviderTokens, User, token};
use crate::work::{Offer, Work};
use crate::{Row, scene};

pub(crate) fn offer(row: Row) -> Offer {
    match row {
        Row::BeginSeeded => {
            let client = login_client();
            Offer::Helped(
                Work::new(|| (), move |()| begin(&client)),
                "uses rand's thread generator, byte by byte; no other can be passed",
            )
        }
        Row::BeginSystem => {
            let client = login_client();
            Offer::Helped(
                Work::new(|| (), move |()| begin_with_system(&client)),
                "the benchmark generates and encodes `state` and code verifier, because no generator can be passed",
            )
        }
        Row::ReadCallback => {
            let callback_url = scene::callback_with(begin(&login_client()).1.state.secret());
            Offer::Helped(
                Work::new(|| (), move |()| Callback::parse(&callback_url)),
                "without a callback parser; its examples parse the whole URL",
            )
        }
        Row::BuildRequest => {
            let (client, beginner) = (login_client(), login_client());
            let input = move || callback(&beginner);
            Offer::Helped(
                Work::new(input, move |(pending, callback)| {
                    exchange(&client, pending, callback, None)
                }),
                "the benchmark compares `state`; the body is a form, which WorkOS does not document",
            )
        }
        Row::ReadSuccess => Offer::Helped(
            response_to(scene::success),
            "the benchmark defines the response type, because that of the crate requires `token_type`, and reads the claims `exp`, `iat` and `sid`",
        ),
        Row::WholeLogin => {
            let (client, mut callback_url) = (login_client(), String::with_capacity(256));
            Offer::Helped(
                Work::new(scene::success, move |response| {
                    let (url, pending) = begin(&client);
                    scene::redirect(&mut callback_url, url.as_str());
                    let callback = Callback::parse(&callback_url)?;
                    Some((exchange(&client, pending, callback, Some(response)), url))
                }),
                "with the help described above",
            )
        }
        Row::ReadErrorResponse => Offer::Does(response_to(scene::error_response)),
        Row::Store => {
            let pending = begin(&login_client()).1;
            Offer::Helped(
                Work::new(|| (), move |()| serde_json::to_string(&pending)),
                "a struct of its two values, without client binding or timestamp",
            )
        }
        Row::Load => {
            let stored = serde_json::to_string(&begin(&login_client()).1)
                .expect("strings can be serialized");
            Offer::Helped(
                Work::new(|| (), move |()| serde_json::from_str::<Pending>(&stored)),
                "a struct of its two values, which are not validated",
            )
        }
        Row::Fresh => {
            Offer::Cannot("has no session; reads `expires_in`, which WorkOS does not send")
        }
    }
}

/// Creates pending logins.
pub(crate) fn pending(count: usize) -> Vec<Pending> {
    let client = login_client();
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| begin(&client).1));
    all
}

/// A pending login.
#[derive(Deserialize, Serialize)]
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
    let verifier = PkceCodeVerifier::new(token(&random[33..]));
    let (url, state) = client
        .authorize_url(|| CsrfToken::new(token(&random[..33])))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .add_extra_param("provider", "authkit")
        .url();
    (url, Pending { state, verifier })
}

/// A callback, parsed as in the examples of the crate.
pub(crate) struct Callback {
    pub(crate) state: String,
    pub(crate) code: AuthorizationCode,
}

impl Callback {
    pub(crate) fn parse(callback_url: &str) -> Option<Self> {
        let url = Url::parse(callback_url).ok()?;
        let value = |wanted| {
            let (_, value) = url.query_pairs().find(|(name, _)| name == wanted)?;
            Some(value.into_owned())
        };
        Some(Self {
            state: value("state")?,
            code: AuthorizationCode::new(value("code")?),
        })
    }
}

fn callback(client: &LoginClient) -> (Pending, Callback) {
    let (_, pending) = begin(client);
    let callback = Callback::parse(&scene::callback_with(pending.state.secret()));
    (pending, callback.expect("a valid callback"))
}

/// An exchange with a response, less one without.
fn response_to(response: fn() -> Response<Vec<u8>>) -> Work {
    let [client, silent] = [login_client(), login_client()];
    let begun = || {
        let beginner = login_client();
        move || (callback(&beginner), response())
    };
    let whole = Work::new(begun(), move |((pending, callback), response)| {
        exchange(&client, pending, callback, Some(response))
    });
    whole.less(Work::new(
        begun(),
        move |((pending, callback), response)| {
            (exchange(&silent, pending, callback, None), response)
        },
    ))
}

type Exchanged = Result<Session, RequestTokenError<Sent, BasicErrorResponse>>;

#[expect(
    clippy::result_large_err,
    reason = "the error is the request that was built"
)]
fn exchange(
    client: &LoginClient,
    pending: Pending,
    callback: Callback,
    response: Option<Response<Vec<u8>>>,
) -> Option<Exchanged> {
    let expected = pending.state.secret().as_bytes();
    if !bool::from(callback.state.as_bytes().ct_eq(expected)) {
        return None;
    }
    let response = RefCell::new(response);
    let http_client = |request| response.take().ok_or(Sent(request));
    let result = client
        .exchange_code(callback.code)
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
        let claims = Claims::read(success.access_token.secret()).unwrap_or_default();
        Self {
            lifetime: claims.lifetime(),
            session_id: claims.sid,
            success,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct Success {
    user: User,
    organization_id: Option<String>,
    access_token: AccessToken,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
    refresh_token: RefreshToken,
    authentication_method: Option<String>,
    impersonator: Option<Impersonator>,
    oauth_tokens: Option<ProviderTokens>,
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
        let (pending, callback) = callback(&login_client());
        let session = exchange(&login_client(), pending, callback, Some(scene::success()));
        let session = session.unwrap().unwrap();
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
        let (pending, callback) = callback(&login_client());
        let error = exchange(
            &login_client(),
            pending,
            callback,
            Some(scene::error_response()),
        );
        assert!(matches!(
            error,
            Some(Err(RequestTokenError::ServerResponse(_)))
        ));
    }
}
