//! Calls with a token, over real sockets, and what is done when it is refused.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use workos_login::secrecy::ExposeSecret;
use workos_login::{BlockingHttpClient, ExchangeLimits, HttpClient};
use workos_login_session::{BlockingSessionManager, CallError, Error, MemoryStore};

use crate::resource::{INVALID_TOKEN, Resource};
use crate::support::*;

fn request(resource: &Resource) -> Request<Vec<u8>> {
    Request::post(&resource.address)
        .header("authorization", "Basic of-an-earlier-time")
        .body(b"a thing".to_vec())
        .unwrap()
}

/// Makes the call over ureq.
fn call(keeper: &BlockingSessionManager<MemoryStore>, resource: &Resource) -> StatusCode {
    let agent = workos_login_ureq::agent();
    let response = keeper.call(request(resource), |request| {
        assert!(request.headers()["authorization"].is_sensitive());
        agent.execute(request, ExchangeLimits::default())
    });
    response.unwrap().status()
}

/// Says that the call was made once, and repeated with another token and nothing else that is new.
#[track_caller]
fn assert_repeated(resource: &Resource) {
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
fn a_call_carries_the_token_in_a_sensitive_header() {
    let server = server(|_| ());
    let session = session(&server);
    let keeper = keeper(&server, holding(session.clone()));
    let resource = Resource::answering([(200, "")]);
    assert_eq!(call(&keeper, &resource), StatusCode::OK);
    let bearer = format!("Bearer {}", session.access_token().expose_secret());
    assert_eq!(resource.seen()[0].authorization, [bearer]);
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn k12_a_refused_token_leads_to_one_refresh_and_one_repetition() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    let resource = Resource::answering([(401, INVALID_TOKEN), (200, "")]);
    assert_eq!(call(&keeper, &resource), StatusCode::OK);
    assert_repeated(&resource);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k12_a_second_refusal_is_returned_as_it_is() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    let resource = Resource::answering([(401, INVALID_TOKEN), (401, INVALID_TOKEN)]);
    assert_eq!(call(&keeper, &resource), StatusCode::UNAUTHORIZED);
    assert_repeated(&resource);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k12_every_other_answer_is_returned_as_it_is() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    for (status, challenge) in [
        (401, "Bearer"),
        (401, r#"Bearer error="insufficient_scope""#),
        (401, r#"Basic realm="x""#),
        (403, INVALID_TOKEN),
        (503, INVALID_TOKEN),
    ] {
        // A repetition would find nobody.
        let resource = Resource::answering([(status, challenge)]);
        assert_eq!(call(&keeper, &resource), status, "{challenge}");
        assert_eq!(resource.seen().len(), 1);
    }
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn k12_the_same_over_reqwest() {
    let server = server(|_| ());
    let http = workos_login_reqwest::client().unwrap();
    let keeper = over_reqwest(&server, holding(session(&server)));
    for last in [200, 401] {
        let resource = Resource::answering([(401, INVALID_TOKEN), (last, INVALID_TOKEN)]);
        let called = keeper.call(request(&resource), |request| {
            assert!(request.headers()["authorization"].is_sensitive());
            http.execute(request, ExchangeLimits::default())
        });
        assert_eq!(runtime().block_on(called).unwrap().status(), last);
        assert_repeated(&resource);
    }
    assert_eq!(refreshes(&server).len(), 2);
}

#[test]
fn k12_the_same_over_hyper() {
    let server = server(|_| ());
    let http = workos_login_hyper::client().unwrap();
    let keeper = over_hyper(&server, holding(session(&server)));
    for last in [200, 401] {
        let resource = Resource::answering([(401, INVALID_TOKEN), (last, INVALID_TOKEN)]);
        let called = keeper.call(request(&resource), |request| {
            assert!(request.headers()["authorization"].is_sensitive());
            http.execute(request, ExchangeLimits::default())
        });
        assert_eq!(runtime().block_on(called).unwrap().status(), last);
        assert_repeated(&resource);
    }
    assert_eq!(refreshes(&server).len(), 2);
}

#[test]
fn two_threads_whose_token_is_refused_share_one_refresh() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    let old = keeper.token().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| keeper.refused(&old).unwrap());
        }
    });
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn a_token_is_never_sent_in_the_clear() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    for address in ["http://api.example.com/", "http://10.0.0.1/", "/things"] {
        let request = Request::get(address).body("").unwrap();
        let called = keeper.call(request, |_| -> Result<Response<()>, Infallible> {
            panic!("{address}");
        });
        assert!(matches!(called, Err(CallError::Insecure)));
    }
}

#[test]
fn a_call_without_a_session_is_not_made() {
    let server = server(|_| ());
    let keeper = keeper(&server, MemoryStore::new());
    let request = Request::get("https://api.example.com/").body("").unwrap();
    let called = keeper.call(request, |_| -> Result<Response<()>, Infallible> {
        panic!("there is no token");
    });
    let error = called.unwrap_err();
    assert!(matches!(error, CallError::NoToken(Error::SessionEnded(_))));
    assert_eq!(error.to_string(), "nobody is signed in: sign in");
}
