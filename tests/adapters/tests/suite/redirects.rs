//! A redirect is an answer like any other; nobody goes where it points.

use workos_login::Error;
use workos_login_test_server::Fault;

use crate::adapters::Adapter;
use crate::support::{authenticated, exchanging, refused, start};

fn a_redirect_is_not_followed<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let mut exchanging = exchanging(&server);
    for status in STATUSES {
        server.inject(Fault::redirect(status));
        server.clear();
        let (state, error) = refused(adapter.send(exchanging));
        assert!(is_redirect(&error, status), "{error:?}");
        assert_eq!(server.request_count(), 1);
        exchanging = state;
    }
    authenticated(adapter.send(exchanging));
}

fn a_redirect_to_another_host_is_not_followed<A: Adapter>() {
    let (server, elsewhere, adapter) = (start(), start(), A::new());
    let mut exchanging = exchanging(&server);
    for status in STATUSES {
        server.inject(Fault::Redirect {
            status,
            location: format!("{}/user_management/authenticate", elsewhere.base_url()),
        });
        let (state, error) = refused(adapter.send(exchanging));
        assert!(is_redirect(&error, status), "{error:?}");
        exchanging = state;
    }
    assert_eq!(elsewhere.connection_count(), 0);
    authenticated(adapter.send(exchanging));
}

fn is_redirect(error: &Error, status: u16) -> bool {
    matches!(error, Error::Malformed(flaw) if flaw.status().is_some_and(|own| own == status))
}

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

on_every_adapter!(
    a_redirect_is_not_followed,
    a_redirect_to_another_host_is_not_followed,
);
