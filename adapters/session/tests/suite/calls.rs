//! Calls with an access token, over real sockets, and their retry after a rejected token.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use workos_login::secrecy::ExposeSecret;
use workos_login::{BlockingHttpClient, ExchangeLimits, HttpClient};
use workos_login_mock_server::Server;
use workos_login_session::{
    BlockingSessionManager, CallError, MemoryStore, SessionError, SessionManager,
};

use crate::resource::{INVALID_TOKEN, Resource};
use crate::support::*;

fn request(resource: &Resource) -> Request<Vec<u8>> {
    Request::post(&resource.address)
        .header("authorization", "Basic replaced")
        .body(b"a thing".to_vec())
        .unwrap()
}

/// Makes the call over ureq.
fn call(manager: &BlockingSessionManager, resource: &Resource) -> StatusCode {
    let agent = workos_login_ureq::agent();
    let response = manager.call(request(resource), |request| {
        assert!(request.headers()["authorization"].is_sensitive());
        agent.execute(request, ExchangeLimits::default())
    });
    response.unwrap().status()
}

/// Checks that the call was retried once, with another token and without any other change.
#[track_caller]
fn assert_retried(resource: &Resource) {
    let [first, second] = &resource.seen()[..] else {
        panic!("{:?}", *resource.seen());
    };
    for seen in [first, second] {
        assert_eq!(seen.line, "POST /things HTTP/1.1");
        assert_eq!(seen.body, "a thing");
        assert_eq!(seen.authorization.len(), 1);
        assert!(seen.authorization[0].starts_with("Bearer eyJ"), "{seen:?}");
    }
    assert_ne!(first.authorization, second.authorization);
}

#[test]
fn a_call_has_the_token_in_a_sensitive_header() {
    let server = server(|_| ());
    let session = session(&server);
    let manager = manager(&server, holding(session.clone()));
    let resource = Resource::answering([(200, "")]);
    assert_eq!(call(&manager, &resource), StatusCode::OK);
    let bearer = format!("Bearer {}", session.access_token().expose_secret());
    assert_eq!(resource.seen()[0].authorization, [bearer]);
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn k12_a_rejected_token_causes_one_refresh_and_one_retry() {
    let server = server(|_| ());
    let manager = manager(&server, holding(session(&server)));
    let resource = Resource::answering([(401, INVALID_TOKEN), (200, "")]);
    assert_eq!(call(&manager, &resource), StatusCode::OK);
    assert_retried(&resource);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k12_a_second_rejection_is_returned_unchanged() {
    let server = server(|_| ());
    let manager = manager(&server, holding(session(&server)));
    let resource = Resource::answering([(401, INVALID_TOKEN), (401, INVALID_TOKEN)]);
    assert_eq!(call(&manager, &resource), StatusCode::UNAUTHORIZED);
    assert_retried(&resource);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k12_every_other_response_is_returned_unchanged() {
    let server = server(|_| ());
    let manager = manager(&server, holding(session(&server)));
    for (status, challenge) in [
        (401, "Bearer"),
        (401, r#"Bearer error="insufficient_scope""#),
        (401, r#"Basic realm="x""#),
        (403, INVALID_TOKEN),
        (503, INVALID_TOKEN),
    ] {
        // The server accepts no second connection.
        let resource = Resource::answering([(status, challenge)]);
        assert_eq!(call(&manager, &resource), status, "{challenge}");
        assert_eq!(resource.seen().len(), 1);
    }
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn k12_an_async_call_is_retried_over_reqwest_and_over_hyper() {
    fn retries<H: HttpClient>(over: fn(&Server, MemoryStore) -> SessionManager, http: &H) {
        let server = server(|_| ());
        let manager = over(&server, holding(session(&server)));
        for last in [200, 401] {
            let resource = Resource::answering([(401, INVALID_TOKEN), (last, INVALID_TOKEN)]);
            let called = manager.call(request(&resource), |request| {
                assert!(request.headers()["authorization"].is_sensitive());
                http.execute(request, ExchangeLimits::default())
            });
            assert_eq!(runtime().block_on(called).unwrap().status(), last);
            assert_retried(&resource);
        }
        assert_eq!(refreshes(&server).len(), 2);
    }
    retries(over_reqwest, &workos_login_reqwest::client().unwrap());
    retries(over_hyper, &workos_login_hyper::client().unwrap());
}

#[test]
fn threads_whose_token_is_rejected_share_one_refresh() {
    let server = server(|_| ());
    let manager = manager(&server, holding(session(&server)));
    let old = manager.access_token().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| manager.refresh_rejected(&old).unwrap());
        }
    });
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn a_token_is_sent_over_tls_or_to_a_loopback_address_only() {
    let server = server(|_| ());
    let manager = manager(&server, holding(session(&server)));
    let is_sent = |url: &str| {
        let request = Request::get(url).body("").unwrap();
        let sent = |_| Ok::<_, Infallible>(Response::new(()));
        match manager.call(request, sent) {
            Ok(_) => true,
            Err(CallError::Insecure) => false,
            Err(error) => panic!("{url}: {error}"),
        }
    };
    for url in [
        "https://api.example.com/x",
        "http://127.0.0.1:8080/",
        "http://127.9.9.9/",
        "http://[::1]:1/x",
        "http://localhost/",
    ] {
        assert!(is_sent(url), "{url}");
    }
    for url in [
        "http://api.example.com/",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://[2001:db8::1]/",
        "ftp://127.0.0.1/",
        "/things",
    ] {
        assert!(!is_sent(url), "{url}");
    }
}

#[test]
fn k12_only_a_bearer_challenge_with_invalid_token_causes_a_retry() {
    let server = server(|_| ());
    let manager = manager(&server, holding(session(&server)));
    let calls = |challenge: &str| {
        let mut calls = 0;
        let request = Request::get("https://api.example.com/").body("").unwrap();
        let called = manager.call(request, |_| {
            calls += 1;
            let response = Response::builder().status(401);
            let response = response.header("www-authenticate", challenge);
            Ok::<_, Infallible>(response.body(()).unwrap())
        });
        called.unwrap();
        calls
    };
    for challenge in [
        r#"Bearer error="invalid_token""#,
        "Bearer error=invalid_token",
        r#"bearer realm="a, b", ERROR="invalid_token", error_description="it has \"expired\"""#,
        r#"Basic realm="x", Bearer realm="y", error="invalid_token""#,
    ] {
        assert_eq!(calls(challenge), 2, "{challenge}");
    }
    for challenge in [
        "",
        "Bearer",
        r#"Bearer realm="x""#,
        r#"Bearer error="insufficient_scope""#,
        r#"Bearer realm="error=\"invalid_token\"""#,
        r#"Digest error="invalid_token""#,
        r#"Bearer error="invalid_token"#,
    ] {
        assert_eq!(calls(challenge), 1, "{challenge}");
    }
}

#[test]
fn a_call_without_a_session_is_not_sent() {
    let server = server(|_| ());
    let manager = manager(&server, MemoryStore::new());
    let request = Request::get("https://api.example.com/").body("").unwrap();
    let called = manager.call(request, |_| -> Result<Response<()>, Infallible> {
        panic!("there is no token");
    });
    let error = called.unwrap_err();
    assert!(matches!(error, CallError::Session(SessionError::Ended(_))));
    assert_eq!(error.to_string(), "no user is logged in; log in");
}
