//! Logging out of an authorization server: revocation (RFC 7009) and RP-initiated logout.

use serde_json::json;
use workos_login::http::{Method, Response};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Client, Exchange, Revoking, Server};

use super::{ISSUER, client, client_of, discovered_server, server, session_from, tokens};
use crate::scenario::{CLIENT_ID, form, kind, now, pairs, refusal, refused, response, stored};

fn session() -> Authenticated {
    session_from(&tokens(|body| body["refresh_token"] = json!("refresh")))
}

fn revoking(session: Authenticated) -> Revoking {
    session.revoke(&client_of(discovered_server())).unwrap()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter().copied();
    pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

#[test]
fn revokes_the_refresh_token() {
    let request = revoking(session()).request();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.uri(),
        "https://lagoon-77.authkit.app/oauth2/revoke?tenant=a"
    );
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        form(&request),
        owned(&[
            ("token", "refresh"),
            ("token_type_hint", "refresh_token"),
            ("client_id", CLIENT_ID)
        ])
    );
    assert!(!format!("{:?}", revoking(session())).contains("\"refresh\""));
}

#[test]
fn revokes_the_access_token_of_a_session_without_a_refresh_token() {
    let request = revoking(session_from(&tokens(|_| {}))).request();
    assert_eq!(
        form(&request)[..2],
        owned(&[("token", "opaque"), ("token_type_hint", "access_token")])
    );
}

#[test]
fn the_body_of_a_success_is_ignored() {
    let empty = Response::builder().status(200).body(Vec::new()).unwrap();
    let html = Response::builder().header("content-type", "text/html");
    for response in [
        empty,
        html.body(b"<p>revoked".to_vec()).unwrap(),
        response(200, "{}"),
        response(204, ""),
    ] {
        revoking(session()).response(response, now()).unwrap();
    }
}

#[test]
fn a_failed_revocation_returns_the_session() {
    for (status, body, expected) in [
        (400, r#"{"error":"unsupported_token_type"}"#, "Client"),
        (401, r#"{"error":"invalid_client"}"#, "Client"),
        (400, r#"{"error":"invalid_request"}"#, "Client"),
        (400, r#"{"error":"unauthorized_client"}"#, "Client"),
        (400, r#"{"error":"invalid_grant"}"#, "Rejected"),
        (404, "", "Rejected"),
        (503, "", "Unavailable"),
        (302, "", "Malformed"),
    ] {
        let (exchange, error) = refusal(revoking(session()), response(status, body));
        assert_eq!(kind(&error), expected, "{status} {body}");
        assert_eq!(
            exchange.request().body(),
            revoking(session()).request().body()
        );
        assert_eq!(stored(&exchange.into_session()), stored(&session()));
    }
}

#[test]
fn a_server_without_a_revocation_endpoint_and_another_client_are_refused() {
    let (same, error) = refused(session().revoke(&client()));
    assert_eq!(kind(&error), "Client");
    assert!(
        error.to_string().contains("no revocation endpoint"),
        "{error}"
    );
    assert_eq!(stored(&same), stored(&session()));
    let other = Client::oauth("other".parse().unwrap(), discovered_server());
    let (_, error) = refused(session().revoke(&other));
    assert!(error.to_string().contains("is bound to"), "{error}");
}

#[test]
fn the_end_session_url_has_the_id_token_and_the_redirect_uri() {
    let session = session();
    let client = client_of(discovered_server());
    let redirect_uri = "http://127.0.0.1:9/bye?a=b".parse().unwrap();
    let url = session
        .end_session_url(&client, Some(&redirect_uri), Some("s t"))
        .unwrap();
    let id_token = session.id_token().unwrap().expose_secret();
    assert!(
        url.as_str()
            .starts_with(&format!("{ISSUER}/oauth2/logout?tenant=a&")),
        "{url}"
    );
    assert_eq!(
        pairs(&url),
        owned(&[
            ("tenant", "a"),
            ("id_token_hint", id_token),
            ("client_id", CLIENT_ID),
            ("post_logout_redirect_uri", "http://127.0.0.1:9/bye?a=b"),
            ("state", "s t"),
        ])
    );
}

#[test]
fn the_end_session_url_has_the_client_id_without_an_id_token() {
    let session = session_from(&tokens(|body| body["id_token"] = json!(null)));
    let endpoint = "https://server.example/logout".parse().unwrap();
    let client = client_of(server().end_session_endpoint(&endpoint).unwrap());
    let url = session.end_session_url(&client, None, None).unwrap();
    assert_eq!(
        url.as_str(),
        format!("https://server.example/logout?client_id={CLIENT_ID}")
    );
}

#[test]
fn there_is_no_end_session_url_without_an_endpoint_or_with_another_client() {
    assert_eq!(session().end_session_url(&client(), None, None), None);
    let other = Client::oauth("other".parse().unwrap(), discovered_server());
    assert_eq!(session().end_session_url(&other, None, None), None);
    let endpoint = |path: &str| format!("https://other.example/{path}").parse().unwrap();
    let elsewhere = Server::new("https://other.example", &endpoint("a"), &endpoint("t"));
    let elsewhere = elsewhere.and_then(|server| server.end_session_endpoint(&endpoint("l")));
    let elsewhere = client_of(elsewhere.unwrap());
    assert_eq!(session().end_session_url(&elsewhere, None, None), None);
}
