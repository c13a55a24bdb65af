//! No more of a body is read than the core takes, whatever the wire or a compression makes of it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use workos_login::Error;
use workos_login::limits::MAX_RESPONSE_BYTES;
use workos_login_mock_server::{Endpoint, MockResponse};

use crate::adapters::Adapter;
use crate::raw_server::Wire;
use crate::support::{authenticated, exchanging, exchanging_at, lost, malformed, refused, start};

fn a_body_at_the_limit_is_read_whole<A: Adapter>() {
    let server = start();
    let exchanging = exchanging(&server);
    let full = MockResponse::new(503).body(vec![b' '; MAX_RESPONSE_BYTES]);
    server.respond_with(Endpoint::CodeExchange, [full]);
    let (exchanging, error) = refused(A::new().send(exchanging));
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    authenticated(A::new().send(exchanging));
}

fn a_body_beyond_the_limit_is_refused<A: Adapter>() {
    let server = start();
    let exchanging = exchanging(&server);
    let fuller = MockResponse::new(503).body(vec![b' '; MAX_RESPONSE_BYTES + 1]);
    server.respond_with(Endpoint::CodeExchange, [fuller]);
    let (exchanging, flaw) = malformed(A::new().send(exchanging));
    assert!(flaw.contains("longer than 262144 bytes"), "{flaw}");
    authenticated(A::new().send(exchanging));
}

/// Whether a client stops at the limit shows by the connection breaking behind it: who reads on has no answer.
fn the_limit_holds_after_decompression<A: Adapter>() {
    let wire = Wire::start(|mut stream| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&[b' '; 16 * MAX_RESPONSE_BYTES]).unwrap();
        packed.flush().unwrap();
        let packed = packed.get_ref();
        assert!(packed.len() < MAX_RESPONSE_BYTES);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\
             content-length: {}\r\n\r\n",
            packed.len() + 100
        );
        // The client may be gone before the end.
        let _ = stream.write_all(&[head.as_bytes(), packed].concat());
    });
    let result = A::decompressing().send(exchanging_at(&wire.base_url()));
    if A::DECOMPRESSES {
        let (_, flaw) = malformed(result);
        assert!(flaw.contains("longer than 262144 bytes"), "{flaw}");
    } else {
        let _state = lost(result);
    }
}

on_every_adapter!(
    a_body_at_the_limit_is_read_whole,
    a_body_beyond_the_limit_is_refused,
    the_limit_holds_after_decompression,
);
