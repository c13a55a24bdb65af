//! A connection that breaks, or that speaks something else, gives the state back, ready to be sent again.

use std::collections::HashMap;
use std::error::Error as _;
use std::net::TcpListener;

use workos_login::{Error, Exchange};
use workos_login_test_server::Fault;

use crate::adapters::Adapter;
use crate::support::{
    authenticated, exchanging, exchanging_at, log_in, lost, public, refused, start,
};

fn a_connection_that_breaks_before_the_service_acts_loses_nothing<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let mut exchanging = exchanging(&server);
    for fault in [
        Fault::AnswerLostBefore,
        Fault::CloseBefore,
        Fault::Garbage,
        Fault::ResetBefore,
    ] {
        server.inject(fault);
        server.clear();
        exchanging = lost(adapter.send(exchanging));
        assert_eq!(server.request_count(), 1);
    }
    authenticated(adapter.send(exchanging));
}

/// The service has spent the code by then, and says so when it is asked again.
fn a_connection_that_breaks_after_the_service_acted_gives_the_state_back<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    for fault in [
        Fault::AnswerLostAfter,
        Fault::BadChunk,
        Fault::Cut,
        Fault::ResetDuring,
    ] {
        let exchanging = exchanging(&server);
        server.inject(fault);
        server.clear();
        let exchanging = lost(adapter.send(exchanging));
        assert_eq!(server.request_count(), 1);
        let (_, error) = refused(adapter.send(exchanging));
        assert!(matches!(error, Error::Grant(_)), "{error:?}");
    }
}

/// A reset may overtake the answer before it, so both ends are right; in neither of them is anything lost.
fn a_reset_behind_the_answer_is_an_answer_or_none<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let exchanging = exchanging(&server);
    server.inject(Fault::ResetAfter);
    server.clear();
    match adapter.send(exchanging) {
        Ok(outcome) => drop(outcome.authenticated().unwrap()),
        Err(error) => {
            let (_, error) = refused(adapter.send(lost::<_, A::Error>(Err(error))));
            assert!(matches!(error, Error::Grant(_)), "{error:?}");
        }
    }
}

fn a_lost_refresh_keeps_the_session<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let session = log_in(&adapter, &server);
    server.inject(Fault::AnswerLostBefore);
    let refreshing = lost(adapter.send(session.refresh(&client).unwrap()));
    let session = refreshing.into_session();
    adapter.send(session.refresh(&client).unwrap()).unwrap();
}

fn a_service_that_is_not_there_gives_the_state_back<A: Adapter>() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let exchanging = lost(A::new().send(exchanging_at(&format!("http://{address}"))));
    let _again = lost(A::new().send(exchanging));
}

fn an_error_shows_no_secret<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    for fault in [
        Fault::CloseBefore,
        Fault::Cut,
        Fault::EndlessHeaders,
        Fault::Garbage,
        Fault::redirect(307),
        Fault::status(403),
    ] {
        let exchanging = exchanging(&server);
        let body: HashMap<String, String> =
            serde_json::from_slice(exchanging.request().body()).unwrap();
        server.inject(fault);
        let error = adapter.send(exchanging).unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(error) = source {
            shown += &format!(" {error} {error:?}");
            source = error.source();
        }
        for secret in ["code", "code_verifier"] {
            assert!(!shown.contains(&body[secret]), "{secret}: {shown}");
        }
    }
}

on_every_adapter!(
    a_connection_that_breaks_after_the_service_acted_gives_the_state_back,
    a_connection_that_breaks_before_the_service_acts_loses_nothing,
    a_lost_refresh_keeps_the_session,
    a_reset_behind_the_answer_is_an_answer_or_none,
    a_service_that_is_not_there_gives_the_state_back,
    an_error_shows_no_secret,
);
