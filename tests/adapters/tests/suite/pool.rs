//! One exchange is one request, whatever the state of a pooled connection.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use workos_login::SendError;
use workos_login_mock_server::Fault;

use crate::adapters::Adapter;
use crate::raw_server::RawServer;
use crate::support::{authenticated, exchanging, exchanging_at, public, start};

fn reuses_no_connection<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    // A second request on the first connection is reset.
    server.inject(Fault::StaleConnection);
    let exchanging = exchanging(&server);
    let connections = server.connection_count();
    server.clear_requests();
    let session = authenticated(adapter.send(exchanging));
    let client = public(server.base_url());
    adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_eq!(server.request_count(), 2);
    assert_eq!(server.connection_count() - connections, 2);
}

/// Whether a client notices that an idle connection is closed is a race. It sends one request in either case.
fn does_not_retry_on_a_stale_connection<A: Adapter>() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counting = seen.clone();
    let server = RawServer::start(move |mut stream| {
        counting.fetch_add(1, Ordering::SeqCst);
        let answer = b"HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).unwrap();
    });
    let adapter = A::pooled();
    let mut exchanging = exchanging_at(&server.base_url());
    let mut answered = 0;
    for _ in 0..5 {
        let error = adapter.send(exchanging).unwrap_err();
        answered += usize::from(matches!(error, SendError::Refused(_)));
        exchanging = error.into_state();
    }
    assert!(answered > 0);
    assert_eq!(seen.load(Ordering::SeqCst), answered);
}

on_every_adapter!(does_not_retry_on_a_stale_connection, reuses_no_connection,);
