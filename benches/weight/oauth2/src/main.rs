//! The part of a login that `oauth2` has. The arguments are the code and the body of a token response that its types accept.

use std::env;
use std::error::Error;

use oauth2::basic::BasicClient;
use oauth2::http::Response;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, HttpRequest, PkceCodeChallenge, RedirectUrl,
    TokenResponse, TokenUrl,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, code, body] = &arguments[..] else {
        return Err("usage: login CODE RESPONSE".into());
    };
    let url = |path: &str| format!("https://api.workos.com/user_management/{path}");
    let client = BasicClient::new(ClientId::new("client_123".into()))
        .set_auth_uri(AuthUrl::new(url("authorize"))?)
        .set_token_uri(TokenUrl::new(url("authenticate"))?)
        .set_redirect_uri(RedirectUrl::new("http://127.0.0.1:8080/callback".into())?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, _state) = client
        .authorize_url(CsrfToken::new_random)
        .set_pkce_challenge(challenge)
        .add_extra_param("provider", "authkit")
        .url();
    println!("{url}");
    let http_client = |request: HttpRequest| {
        println!("{request:?}");
        Response::builder()
            .header("content-type", "application/json")
            .body(body.as_bytes().to_vec())
    };
    let tokens = client
        .exchange_code(AuthorizationCode::new(code.clone()))
        .set_pkce_verifier(verifier)
        .request(&http_client)?;
    println!("{:?} {:?}", tokens.access_token(), tokens.expires_in());
    Ok(())
}
