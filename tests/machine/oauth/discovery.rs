//! Discovery (OpenID Connect Discovery section 4, RFC 8414 section 3).

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::http::{Method, Response};
use workos_login::{Client, Discovering, Discovery, Error, Exchange, Refused, Server};
use workos_login_strategies::{MetadataContent, MetadataResponse};

use super::{ISSUER, begin, client_of, discovered_server};
use crate::scenario::{CLIENT_ID, kind, now, response, stored};

fn discovering() -> Discovering {
    Server::discover(ISSUER).unwrap()
}

/// A discovery for which there is no other document than this one.
fn last() -> Discovering {
    next(discovering().response(response(404, ""), now()))
}

#[track_caller]
fn next(result: Result<Discovery, Refused<Discovering>>) -> Discovering {
    match result.unwrap() {
        Discovery::Next(next) => next,
        Discovery::Found(server) => panic!("{server:?}"),
    }
}

#[track_caller]
fn found(result: Result<Discovery, Refused<Discovering>>) -> Server {
    match result.unwrap() {
        Discovery::Found(server) => server,
        Discovery::Next(next) => panic!("{next:?}"),
    }
}

fn html(status: u16) -> Response<Vec<u8>> {
    let response = Response::builder()
        .status(status)
        .header("content-type", "text/html");
    response.body(b"<!doctype html>".to_vec()).unwrap()
}

/// Metadata with every member that is read, and others.
fn metadata(edit: impl FnOnce(&mut Value)) -> String {
    let endpoint = |path: &str| format!("{ISSUER}/oauth2/{path}");
    let mut metadata = json!({
        "issuer": ISSUER,
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "device_authorization_endpoint": endpoint("device_authorization"),
        "jwks_uri": endpoint("jwks"),
        "userinfo_endpoint": endpoint("userinfo"),
        "revocation_endpoint": endpoint("revoke?tenant=a"),
        "end_session_endpoint": endpoint("logout?tenant=a"),
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "response_types_supported": ["code"],
        "of_tomorrow": { "a": [1, null] },
    });
    edit(&mut metadata);
    metadata.to_string()
}

fn discover(edit: impl FnOnce(&mut Value)) -> Result<Server, Error> {
    match discovering().response(response(200, metadata(edit)), now())? {
        Discovery::Found(server) => Ok(server),
        Discovery::Next(next) => panic!("{next:?}"),
    }
}

#[test]
fn requests_the_documents_of_both_specifications() {
    const OPENID: &str = "/.well-known/openid-configuration";
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    for (issuer, host, path) in [
        ("https://server.example", "https://server.example", ""),
        ("https://server.example/", "https://server.example", ""),
        (
            "https://server.example:8443",
            "https://server.example:8443",
            "",
        ),
        ("http://127.0.0.1:9", "http://127.0.0.1:9", ""),
        ("https://server.example/t", "https://server.example", "/t"),
        (
            "https://server.example/a/b/",
            "https://server.example",
            "/a/b",
        ),
        (
            "https://server.example/a%20b",
            "https://server.example",
            "/a%20b",
        ),
    ] {
        let expected = if path.is_empty() {
            vec![format!("{host}{OPENID}"), format!("{host}{OAUTH}")]
        } else {
            vec![
                format!("{host}{path}{OPENID}"),
                format!("{host}{OPENID}{path}"),
                format!("{host}{OAUTH}{path}"),
                format!("{host}{path}{OAUTH}"),
            ]
        };
        let mut discovering = Server::discover(issuer).unwrap();
        let mut requested = Vec::new();
        loop {
            requested.push(discovering.request().uri().to_string());
            match discovering.response(response(404, ""), now()) {
                Ok(outcome) => discovering = next(Ok(outcome)),
                Err(refused) => break assert_eq!(kind(refused.error()), "Rejected"),
            }
        }
        assert_eq!(requested, expected, "{issuer}");
    }
}

#[test]
fn a_request_is_a_get_without_credentials() {
    let request = discovering().request();
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.headers()["accept"], "application/json");
    assert!(!request.headers().contains_key("authorization"));
    assert!(request.body().is_empty());
}

#[test]
fn an_issuer_is_a_url_without_query_and_fragment() {
    for (issuer, why) in [
        ("", "not a URL"),
        ("server.example", "not a URL"),
        ("http://server.example", "exposes tokens"),
        ("myapp://server", "neither https nor http"),
        ("https://server.example?tenant=a", "must not have a query"),
        ("https://server.example#a", "must not have a fragment"),
        ("https://user@server.example", "has a user"),
    ] {
        let error = Server::discover(issuer).unwrap_err();
        assert!(error.to_string().contains(why), "{issuer}: {error}");
    }
}

#[test]
fn finds_every_endpoint() {
    let server = discover(|_| {}).unwrap();
    assert_eq!(stored(&server), stored(&discovered_server()));
    let (url, _) = begin(&client_of(server));
    assert!(
        url.as_str()
            .starts_with(&format!("{ISSUER}/oauth2/authorize?")),
        "{url}"
    );
}

#[test]
fn two_endpoints_are_enough() {
    let body = metadata(|metadata| {
        let members = metadata.as_object_mut().unwrap();
        members.retain(|name, _| {
            ["issuer", "authorization_endpoint", "token_endpoint"].contains(&&**name)
        });
    });
    let client: Client<_> = client_of(found(last().response(response(200, body), now())));
    assert!(client.device(&super::scope()).is_err());
    for required in ["issuer", "authorization_endpoint", "token_endpoint"] {
        let error = discover(|metadata| drop(metadata.as_object_mut().unwrap().remove(required)));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(&format!("no valid {required}")), "{error}");
    }
}

#[test]
fn every_endpoint_is_https_or_loopback() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "device_authorization_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ] {
        for bad in [
            "http://server.example/x",
            "ftp://server.example/x",
            "javascript:alert(1)",
            "https://server.example/x#y",
            "https://user@server.example/x",
            "/x",
            "",
        ] {
            let error = discover(|metadata| metadata[name] = bad.into()).unwrap_err();
            assert_eq!(kind(&error), "Malformed");
            assert!(
                error.to_string().contains(&format!("no valid {name}")),
                "{error}"
            );
        }
        discover(|metadata| metadata[name] = "http://[::1]:9/x?y=z".into()).unwrap();
    }
}

#[test]
fn members_of_another_type_are_absent() {
    for odd in [
        json!(null),
        json!(7),
        json!(["https://server.example"]),
        json!({}),
    ] {
        let server = discover(|metadata| {
            metadata["userinfo_endpoint"] = odd.clone();
            metadata["scopes_supported"] = odd.clone();
            metadata["authorization_response_iss_parameter_supported"] = odd.clone();
        });
        let server = server.unwrap();
        let form: Value = serde_json::from_str(&stored(&server)).unwrap();
        assert!(form.get("userinfo_endpoint").is_none(), "{odd}");
        assert_eq!(form["advertises_iss"], false);
    }
}

#[test]
fn rejects_the_metadata_of_another_issuer() {
    for other in [
        "https://evil.example",
        "https://lagoon-77.authkit.app/",
        "https://LAGOON-77.authkit.app",
        "https://lagoon-77.authkit.app:443",
        "http://lagoon-77.authkit.app",
        "",
    ] {
        let error = discover(|metadata| metadata["issuer"] = other.into()).unwrap_err();
        assert_eq!(kind(&error), "Malformed");
        let message = error.to_string();
        let expected = format!("is of the issuer {other}, expected {ISSUER}");
        assert!(message.contains(&expected), "{message}");
        assert_eq!(error.request_id(), Some("req_fixture"));
    }
    let slash = Server::discover("https://server.example/").unwrap();
    let body = metadata(|metadata| metadata["issuer"] = "https://server.example/".into());
    let server = found(slash.response(response(200, body), now()));
    assert_eq!(server.issuer(), "https://server.example/");
}

#[test]
fn the_next_document_is_requested_if_there_is_none() {
    let redirect = Response::builder().status(302).header("location", "/login");
    for invalid in [
        response(400, r#"{"error":"invalid_request"}"#),
        response(401, "{}"),
        response(403, "{}"),
        response(404, ""),
        response(405, ""),
        html(200),
        html(404),
        redirect.body(Vec::new()).unwrap(),
    ] {
        let next = next(discovering().response(invalid, now()));
        let uri = next.request().uri().to_string();
        assert_eq!(
            uri,
            format!("{ISSUER}/.well-known/oauth-authorization-server")
        );
        found(next.response(response(200, metadata(|_| {})), now()));
    }
}

#[test]
fn a_transient_error_is_not_a_missing_document() {
    for status in [408, 429, 500, 503] {
        let refused = discovering()
            .response(response(status, "{}"), now())
            .unwrap_err();
        assert_eq!(kind(refused.error()), "Unavailable");
        assert!(refused.retry_in(now()).is_some());
        let (same, _) = refused.into_parts();
        assert_eq!(same.request().uri(), discovering().request().uri());
        found(same.response(response(200, metadata(|_| {})), now()));
    }
}

#[test]
fn the_last_missing_document_is_an_error() {
    for (response, expected) in [
        (
            response(404, ""),
            "authorization server publishes no metadata (status 404); check the issuer, or set the endpoints",
        ),
        (html(200), "content type text/html"),
    ] {
        let error = last().response(response, now()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.retry_in(now()).is_none());
    }
}

#[test]
fn an_invalid_document_is_an_error_and_not_a_missing_one() {
    for body in ["", "[]", "{", "7", "null", "{}"] {
        let refused = discovering()
            .response(response(200, body), now())
            .unwrap_err();
        assert_eq!(kind(refused.error()), "Malformed", "{body}");
    }
}

fn without_revocation(metadata: &mut Value) {
    let members = metadata.as_object_mut().unwrap();
    members.remove("revocation_endpoint");
    members.remove("device_authorization_endpoint");
}

/// A discovery whose document of OpenID Connect has no revocation endpoint.
fn incomplete(issuer: &str) -> Discovering {
    let body = metadata(|metadata| {
        metadata["issuer"] = issuer.into();
        metadata["authorization_response_iss_parameter_supported"] = false.into();
        without_revocation(metadata);
    });
    let discovering = Server::discover(issuer).unwrap();
    next(discovering.response(response(200, body), now()))
}

#[test]
fn the_document_of_oauth_adds_the_revocation_endpoint() {
    let next = incomplete(ISSUER);
    let uri = next.request().uri().to_string();
    assert_eq!(
        uri,
        format!("{ISSUER}/.well-known/oauth-authorization-server")
    );
    let body = metadata(|metadata| {
        // Only what the first document lacks is added.
        metadata["token_endpoint"] = format!("{ISSUER}/other").into();
        metadata["jwks_uri"] = format!("{ISSUER}/other").into();
        metadata["scopes_supported"] = json!(["openid"]);
    });
    let server = found(next.response(response(200, body), now()));
    assert_eq!(stored(&server), stored(&discovered_server()));
}

#[test]
fn an_endpoint_of_the_first_document_is_kept() {
    let body = metadata(|metadata| {
        metadata
            .as_object_mut()
            .unwrap()
            .remove("revocation_endpoint");
    });
    let next = next(discovering().response(response(200, body), now()));
    let body = metadata(|metadata| {
        metadata["device_authorization_endpoint"] = format!("{ISSUER}/other").into();
        metadata["authorization_response_iss_parameter_supported"] = false.into();
    });
    let server = found(next.response(response(200, body), now()));
    assert_eq!(stored(&server), stored(&discovered_server()));
}

#[test]
fn a_failure_of_the_second_document_is_no_failure_of_the_discovery() {
    let other_issuer = metadata(|metadata| metadata["issuer"] = "https://evil.example".into());
    let no_token = metadata(|metadata| metadata["token_endpoint"] = json!(null));
    for response in [
        response(404, ""),
        response(429, "{}"),
        response(503, "{}"),
        html(200),
        response(200, "{"),
        response(200, other_issuer),
        response(200, no_token),
        response(200, metadata(without_revocation)),
    ] {
        let description = format!("{response:?}");
        let server = found(incomplete(ISSUER).response(response, now()));
        let form: Value = serde_json::from_str(&stored(&server)).unwrap();
        assert!(form.get("revocation_endpoint").is_none(), "{description}");
        assert_eq!(
            form["token_endpoint"],
            format!("{ISSUER}/oauth2/token"),
            "{description}"
        );
    }
}

#[test]
fn both_places_of_the_second_document_are_requested() {
    let issuer = "https://server.example/t";
    let mut discovering = incomplete(issuer);
    let mut requested = vec![discovering.request().uri().path().to_owned()];
    loop {
        match discovering.response(response(404, ""), now()).unwrap() {
            Discovery::Next(next) => discovering = next,
            Discovery::Found(server) => break assert_eq!(server.issuer(), issuer),
        }
        requested.push(discovering.request().uri().path().to_owned());
    }
    assert_eq!(
        requested,
        [
            "/.well-known/oauth-authorization-server/t",
            "/t/.well-known/oauth-authorization-server"
        ]
    );
}

#[test]
fn a_document_of_oauth_is_not_completed() {
    let server = found(last().response(response(200, metadata(without_revocation)), now()));
    assert!(client_of(server).device(&super::scope()).is_err());
}

#[test]
fn requests_the_scopes_that_the_server_supports() {
    let all = "openid profile email offline_access";
    for (listed, expected) in [
        (json!(null), all),
        (
            json!(["email", "offline_access", "openid", "profile", "x"]),
            all,
        ),
        (json!(["openid", "email"]), "openid email"),
        (json!(["offline_access"]), "openid offline_access"),
        (json!([]), "openid"),
    ] {
        let server = discover(|metadata| metadata["scopes_supported"] = listed.clone()).unwrap();
        assert_eq!(server.scope().as_str(), expected, "{listed}");
    }
}

#[test]
fn an_explicit_endpoint_overrides_the_discovered_one() {
    let url = |path: &str| format!("https://other.example/{path}").parse().unwrap();
    let server = discover(|_| {}).unwrap();
    let server = server.authorization_endpoint(&url("a")).unwrap();
    let server = server.token_endpoint(&url("t")).unwrap();
    let form: Value = serde_json::from_str(&stored(&server)).unwrap();
    assert_eq!(form["authorization_endpoint"], "https://other.example/a");
    assert_eq!(form["token_endpoint"], "https://other.example/t");
    assert!(
        server
            .token_endpoint(&"http://other.example".parse().unwrap())
            .is_err()
    );
}

#[test]
fn a_discovered_server_is_stored_and_read_back() {
    let server = discover(|_| {}).unwrap();
    let read: Server = serde_json::from_str(&stored(&server)).unwrap();
    let client = Client::oauth(CLIENT_ID.parse().unwrap(), read);
    assert_eq!(client.issuer(), ISSUER);
    assert_eq!(begin(&client).0, begin(&client_of(server)).0);
}

proptest! {
    #[test]
    fn any_responses_lead_to_the_server_of_the_issuer_or_keep_the_request(responses in vec(any::<MetadataResponse>(), 0..8)) {
        let mut state = Server::discover("https://auth.example.com/tenant").unwrap();
        let mut requested = vec![state.request().uri().clone()];
        // After a document that describes the server, another one can complete it, and nothing is an error.
        let (mut is_described, mut can_be_described) = (false, false);
        for response in responses {
            let has_metadata = matches!(response.content(), MetadataContent::Required | MetadataContent::Complete);
            match state.response(response.to_http("https://auth.example.com/tenant"), now()) {
                Ok(Discovery::Found(server)) => {
                    prop_assert_eq!(server.issuer(), "https://auth.example.com/tenant");
                    let read: Server = serde_json::from_str(&stored(&server)).unwrap();
                    prop_assert_eq!(stored(&read), stored(&server));
                    return Ok(());
                }
                Ok(Discovery::Next(next)) => {
                    can_be_described |= has_metadata || !response.is_intact();
                    if response.is_intact() {
                        is_described |= response.content() == MetadataContent::Required;
                        prop_assert!(response.content() != MetadataContent::Complete);
                        prop_assert!(can_be_described || response.content() == MetadataContent::Missing);
                    }
                    prop_assert!(!requested.contains(next.request().uri()));
                    requested.push(next.request().uri().clone());
                    state = next;
                }
                Err(refused) => {
                    prop_assert!(!response.is_intact() || !has_metadata);
                    prop_assert!(!is_described);
                    state = refused.into_parts().0;
                    let request = state.request();
                    prop_assert_eq!(Some(request.uri()), requested.last());
                }
            }
        }
        prop_assert!(requested.len() <= 4);
    }

    #[test]
    fn any_value_can_be_in_any_member(
        name in prop::sample::select(vec![
            "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "scopes_supported", "end_session_endpoint",
        ]),
        text in any::<String>(),
        in_list in any::<bool>(),
    ) {
        let value = if in_list { json!([text]) } else { json!(text) };
        if let Ok(server) = discover(|metadata| metadata[name] = value) {
            let read: Server = serde_json::from_str(&stored(&server)).unwrap();
            prop_assert_eq!(stored(&read), stored(&server));
        }
    }
}
