//! The part of a login that `workos` has. The arguments are the code and the body of the token response.

use std::env;
use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use http::{HeaderMap, StatusCode};
use workos::Client;
use workos::helpers::AuthKitAuthorizationUrlParams;
use workos::transport::{HttpRequest, HttpResponse, HttpTransport, TransportError};
use workos::user_management::AuthenticateWithCodeParams;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, code, body] = &arguments[..] else {
        return Err("usage: login CODE RESPONSE".into());
    };
    let client = Client::builder()
        .client_id("client_123")
        .transport(Arc::new(Canned(body.clone())))
        .build();
    let begun = client
        .authkit()
        .pkce_authorization_url(AuthKitAuthorizationUrlParams {
            redirect_uri: "http://127.0.0.1:8080/callback".into(),
            provider: Some("authkit".into()),
            ..Default::default()
        })?;
    println!("{}", begun.url);
    let params = AuthenticateWithCodeParams {
        code_verifier: Some(begun.code_verifier.into()),
        ..AuthenticateWithCodeParams::new(code.as_str())
    };
    let response = client
        .user_management()
        .authenticate_with_code(params)
        .now_or_never()
        .ok_or("the transport is not ready")??;
    println!("{} {:?}", response.user.id, response.organization_id);
    Ok(())
}

struct Canned(String);

#[async_trait]
impl HttpTransport for Canned {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        println!("{request:?}");
        Ok(HttpResponse {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: self.0.clone().into(),
        })
    }
}
