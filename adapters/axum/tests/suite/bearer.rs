//! The extractor `Bearer`: a resource server (RFC 6750).

use axum::Router;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::routing::get;
use workos_login_axum::{Bearer, LoggedIn};
use workos_login_mock_server::{Fault, User};

use crate::world::{ALICE, Browser, CAROL, Page, World};

async fn api(app: &Router, authorization: &[&str]) -> Page {
    let headers: Vec<_> = authorization
        .iter()
        .map(|value| (AUTHORIZATION.as_str(), *value))
        .collect();
    let mut program = Browser::default();
    program.send(app, Method::GET, "/api", "", &headers).await
}

async fn access_token(world: &World, email: &str) -> String {
    let mut browser = Browser::default();
    browser.log_in(world, "/login", email).await;
    browser.get(&world.app, "/token").await.text
}

#[tokio::test]
async fn a_valid_token_has_the_claims_of_its_user() {
    let world = World::new();
    for user in [User::alice(), User::carol()] {
        let token = access_token(&world, &user.email).await;
        let page = api(&world.app, &[&format!("Bearer {token}")]).await;
        assert_eq!((page.status, &*page.text), (StatusCode::OK, &*user.id));
        assert!(page.cookies().is_empty());
    }
}

#[tokio::test]
async fn a_request_without_a_valid_token_gets_the_response_of_rfc_6750() {
    let world = World::new();
    let alice = access_token(&world, ALICE).await;
    let carol = access_token(&world, CAROL).await;
    let (signed, _) = alice.rsplit_once('.').unwrap();
    let (_, signature) = carol.rsplit_once('.').unwrap();
    let forged = format!("Bearer {signed}.{signature}");
    let unsigned = format!("Bearer {signed}.");
    let valid = format!("Bearer {alice}");

    let (unauthorized, invalid) = (StatusCode::UNAUTHORIZED, r#"Bearer error="invalid_token""#);
    for (authorization, status, challenge) in [
        (&[][..], unauthorized, "Bearer"),
        (&["Basic dXNlcjpwYXNz"], unauthorized, "Bearer"),
        (&["Bearer abc"], unauthorized, invalid),
        (&[&*forged], unauthorized, invalid),
        (&[&*unsigned], unauthorized, invalid),
        (
            &[&*valid, &*valid],
            StatusCode::BAD_REQUEST,
            r#"Bearer error="invalid_request""#,
        ),
    ] {
        let page = api(&world.app, authorization).await;
        assert_eq!(page.status, status, "{authorization:?}");
        let value = page.headers[WWW_AUTHENTICATE].to_str().unwrap();
        match challenge {
            "Bearer" => assert_eq!(value, challenge, "{authorization:?}"),
            _ => assert!(value.starts_with(challenge), "{authorization:?}: {value}"),
        }
    }
}

#[tokio::test]
async fn a_session_cookie_is_no_bearer_token() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let page = browser.get(&world.app, "/api").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_reject_no_token() {
    let world = World::new();
    let token = access_token(&world, ALICE).await;
    world.server.inject(Fault::Html502.always());
    let page = api(&world.app, &[&format!("Bearer {token}")]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_router_without_the_layer_is_a_defect() {
    let app = Router::new()
        .route("/api", get(async |_: Bearer| ()))
        .route("/admin", get(async |_: LoggedIn| ()))
        .route("/", get(async |_: Option<LoggedIn>| ()));
    for path in ["/api", "/admin", "/"] {
        let page = Browser::default().get(&app, path).await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}
