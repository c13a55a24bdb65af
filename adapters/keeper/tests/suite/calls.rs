//! Calls with a token, and what is done when it is refused.

use std::cell::RefCell;
use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use workos_login::secrecy::ExposeSecret;
use workos_login_keeper::{CallError, Error, MemoryStore};

use crate::support::*;

const INVALID_TOKEN: &str = r#"Bearer realm="api", error="invalid_token""#;

fn request() -> Request<&'static str> {
    Request::post("https://api.example.com/things")
        .header("authorization", "Basic of-an-earlier-time")
        .body("a thing")
        .unwrap()
}

fn refusal(challenge: &str) -> Response<()> {
    Response::builder()
        .status(StatusCode::UNAUTHORIZED)
        .header("www-authenticate", challenge)
        .body(())
        .unwrap()
}

/// A resource server that answers one after the other, and what it saw.
#[derive(Default)]
struct Resource {
    answers: RefCell<Vec<Response<()>>>,
    seen: RefCell<Vec<String>>,
}

impl Resource {
    fn answering(answers: impl IntoIterator<Item = Response<()>>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self {
            answers: answers.into(),
            ..Self::default()
        }
    }

    fn answer(&self, request: &Request<&'static str>) -> Result<Response<()>, Infallible> {
        assert_eq!(*request.body(), "a thing");
        let value = &request.headers()["authorization"];
        assert!(value.is_sensitive());
        self.seen
            .borrow_mut()
            .push(value.to_str().unwrap().to_owned());
        Ok(self.answers.borrow_mut().pop().unwrap_or_default())
    }
}

#[test]
fn a_call_carries_the_token_in_a_sensitive_header() {
    let server = server(|_| ());
    let session = session(&server);
    let keeper = keeper(&server, holding(session.clone()));
    let resource = Resource::default();
    let response = keeper
        .call(request(), |request| resource.answer(&request))
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let bearer = format!("Bearer {}", session.access_token().expose_secret());
    assert_eq!(*resource.seen.borrow(), [bearer]);
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn k12_a_refused_token_leads_to_one_refresh_and_one_repetition() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    let resource = Resource::answering([refusal(INVALID_TOKEN)]);
    let response = keeper
        .call(request(), |request| resource.answer(&request))
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let seen = resource.seen.borrow();
    assert_eq!(seen.len(), 2);
    assert_ne!(seen[0], seen[1]);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k12_a_second_refusal_is_returned_as_it_is() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    let resource = Resource::answering([refusal(INVALID_TOKEN), refusal(INVALID_TOKEN)]);
    let response = keeper
        .call(request(), |request| resource.answer(&request))
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(resource.seen.borrow().len(), 2);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k12_every_other_answer_is_returned_as_it_is() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(session(&server)));
    let forbidden = Response::builder()
        .status(StatusCode::FORBIDDEN)
        .header("www-authenticate", INVALID_TOKEN)
        .body(())
        .unwrap();
    for answer in [
        refusal("Bearer"),
        refusal(r#"Bearer error="insufficient_scope""#),
        refusal(r#"Basic realm="x""#),
        forbidden,
    ] {
        let status = answer.status();
        let resource = Resource::answering([answer]);
        let response = keeper
            .call(request(), |request| resource.answer(&request))
            .unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(resource.seen.borrow().len(), 1);
    }
    assert_eq!(refreshes(&server).len(), 0);
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
    let called = keeper.call(request(), |_| -> Result<Response<()>, Infallible> {
        panic!("there is no token");
    });
    let error = called.unwrap_err();
    assert!(matches!(error, CallError::NoToken(Error::SignedOut(_))));
    assert_eq!(error.to_string(), "nobody is signed in: sign in");
}
