//! A hand-written login. The arguments are the callback and the body of the token response.

use std::env;
use std::error::Error;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, callback, token_response] = &arguments[..] else {
        return Err("usage: login CALLBACK RESPONSE".into());
    };
    let mut random = [0; 64];
    getrandom::fill(&mut random)?;
    let (state, verifier) = (encode(&random[..32]), encode(&random[32..]));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", "client_123")
        .append_pair("redirect_uri", "http://127.0.0.1:8080/callback")
        .append_pair("response_type", "code")
        .append_pair("code_challenge", &encode(&Sha256::digest(&verifier)))
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", &state)
        .append_pair("provider", "authkit")
        .finish();
    println!("https://api.workos.com/user_management/authorize?{query}");

    let (_, query) = callback
        .split_once('?')
        .ok_or("the callback has no query")?;
    let value = |wanted| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value)
    };
    if value("state").as_deref() != Some(&*state) {
        return Err("state mismatch".into());
    }
    let body = serde_json::json!({
        "grant_type": "authorization_code",
        "client_id": "client_123",
        "code": value("code").ok_or("the callback has no code")?,
        "code_verifier": verifier,
    });
    let request = Request::post("https://api.workos.com/user_management/authenticate")
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())?;
    println!("{request:?}");

    let session: Session = serde_json::from_str(token_response)?;
    let payload = session.access_token.split('.').nth(1);
    let payload = URL_SAFE_NO_PAD.decode(payload.ok_or("the access token has no payload")?)?;
    let claims: Claims = serde_json::from_slice(&payload)?;
    println!("{session:?} {claims:?}");
    Ok(())
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "all fields are printed")]
struct Session {
    user: User,
    access_token: String,
    refresh_token: String,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "all fields are printed")]
struct User {
    id: String,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "all fields are printed")]
struct Claims {
    exp: Option<u64>,
    iat: Option<u64>,
    sid: Option<String>,
}
